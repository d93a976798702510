import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Libc } from '../../src/socket/libc.ts';
import { testBatches } from '../../src/socket/self-test.ts';
import { noBatches, testLibc } from '../support/libc.ts';

const ENOSYS = 38;

suite('testBatches()', { skip: noBatches }, () => {
  test('passes on this machine', () => testBatches(testLibc()));

  test('rejects where a call is missing or forbidden', async () => {
    const without: Libc = { ...testLibc(), recvmmsg: () => -1, errno: () => ENOSYS };
    await assert.rejects(testBatches(without), {
      message: `recvmmsg failed: error number ${ENOSYS}`,
    });
  });

  test('rejects where the kernel fills the structs otherwise', async () => {
    const libc = testLibc();
    // A msghdr of another size: the kernel finds the second header where there is none.
    const shifted: Libc = {
      ...libc,
      sendmmsg: (fd, headers, count, flags) => libc.sendmmsg(fd, headers + 64, count, flags),
    };
    await assert.rejects(testBatches(shifted), Error);
    const fewer: Libc = {
      ...libc,
      recvmmsg: (fd, headers, _count, flags, timeout) =>
        libc.recvmmsg(fd, headers, 2, flags, timeout),
    };
    await assert.rejects(testBatches(fewer), { message: 'recvmmsg gave 2 datagrams of 4' });
  });

  test('rejects where epoll does not tell of datagrams', async () => {
    const deaf: Libc = { ...testLibc(), epoll_wait: () => 0 };
    await assert.rejects(testBatches(deaf), /epoll does not tell/);
  });
});
