import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { releaseProgramPages } from '../src/program-pages.ts';

const isLinux = process.platform === 'linux';

test('what the program file has is not resident any more, and all that it does goes on', {
  skip: isLinux ? false : 'only Linux says what is resident',
}, async () => {
  const before = residentFileBytes();
  const released = await releaseProgramPages();
  const after = residentFileBytes();
  assert.ok(released > 10 * 2 ** 20, `${released} bytes were released`);
  assert.ok(before - after > released / 2, `${before} bytes of files, then ${after}`);
  // Reads what only the file has: the code of a regular expression, ICU's data, an unused builtin.
  assert.match(new Intl.DateTimeFormat('de', { month: 'long' }).format(0), /Januar/);
  assert.equal(structuredClone(new Map([[1, 'a']])).get(1), 'a');
  assert.ok((await releaseProgramPages()) < released);
});

function residentFileBytes(): number {
  const [, kilobytes] =
    /^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
