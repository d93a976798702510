import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { findCleanMappings, releaseProgramPages } from '../src/program-pages.ts';
import { noBatches } from './support/libc.ts';

test('what the program file has is not resident any more, and all that it does goes on', {
  skip: noBatches,
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

suite('findCleanMappings() tells by smaps', () => {
  const clean = 'Rss: 8 kB\nAnonymous: 0 kB\nSwap: 0 kB';
  const program = '/opt/jörg/node 26';
  const file = `fd:01 42                      ${program}`;

  /** Where the mappings begin that are found, of a program whose relocations have these sizes. */
  function startsOf(relocations: string, path = program): string[] {
    const smaps = [
      [`00400000-00800000 r--p 00000000 ${file}`, clean],
      [`00800000-00a00000 r-xp 00400000 ${file}`, clean],
      [`00a00000-00b00000 r--p 00600000 ${file}`, relocations],
      [`00b00000-00c00000 rw-p 00700000 ${file}`, clean],
      [`00c00000-00d00000 r-xp 00400000 ${file}`, clean],
      ['00d00000-00e00000 rw-p 00000000 00:00 0                      [heap]', clean],
    ];
    const text = smaps.map(([row, sizes]) => `${row}\n${sizes}\nVmFlags: rd mr\n`).join('');
    return findCleanMappings(text, path).map(({ start }) => start.toString(16));
  }

  test('what is before the variables of the program, and of no other', () => {
    assert.deepEqual(startsOf(clean), ['400000', '800000', 'a00000']);
    assert.deepEqual(startsOf(clean, '/opt/node'), []);
  });

  test('without what was written, be that resident, swapped out or unknown', () => {
    for (const sizes of [
      'Rss: 8 kB\nAnonymous: 4 kB\nSwap: 0 kB',
      'Rss: 0 kB\nAnonymous: 0 kB\nSwap: 4 kB',
      'Rss: 8 kB\nAnonymous: 0 kB',
      'Rss: 8 kB',
    ]) {
      assert.deepEqual(startsOf(sizes), ['400000', '800000'], sizes);
    }
  });
});

function residentFileBytes(): number {
  const [, kilobytes] =
    /^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
