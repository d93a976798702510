import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreadBytes } from './socket-queue.ts';

const TABLE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:0035 00000000:0000 07 00000010:00000300 00:00000000 00000000     0        0 1 2 0000000000000000 0
  101: 0100007F:0035 00000000:0000 07 00000000:00000001 00:00000000 00000000     0        0 2 2 0000000000000000 0
  102: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 3 2 0000000000000000 0
`;

test('unreadBytes() adds what all sockets of a port have not read', () => {
  assert.equal(unreadBytes(TABLE, 53), 0x301);
  assert.equal(unreadBytes(TABLE, 8080), 0);
  assert.equal(unreadBytes(TABLE, 300), 0);
});
