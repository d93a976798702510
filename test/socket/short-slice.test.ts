import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { readSlice, SHORT_SLICE_NS } from '../../src/socket/short-slice.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { startTestApp } from '../support/running-app.ts';

test('responders have short slices, and nobody else', { skip: noBatches }, async (t) => {
  const libc = testLibc();
  const usual = readSlice(libc, 0);
  if (!usual) {
    t.skip('this kernel does not tell the slice of a thread');
    return;
  }
  const priority = getPriority();
  const { app } = await startTestApp(t, { overrides: { responders: 2 } });
  assert.equal(app.io, 'batch');
  const slices = readdirSync('/proc/self/task').map((id) => ({
    name: readFileSync(`/proc/self/task/${id}/comm`, 'latin1').trim(),
    slice: readSlice(libc, Number(id)),
  }));
  const short = slices.filter(({ slice }) => slice === SHORT_SLICE_NS).map(({ name }) => name);
  assert.deepEqual(short.sort(), ['responder-0', 'responder-1']);
  assert.equal(readSlice(libc, 0), usual);
  assert.equal(getPriority(), priority);
});
