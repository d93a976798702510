import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kilobytesOf, parseStat } from './process-usage.ts';

test('parseStat() reads behind a name with blanks and brackets, and adds children that have ended', () => {
  const stat = '42 (a (b) c) S 1 40 40 0 -1 4194560 1 2 3 4 100 200 10 20 20 0 1 0 99 1 2';
  assert.deepEqual(parseStat(stat), { pid: 42, group: 40, userTicks: 110, systemTicks: 220 });
});

test('parseStat() gives nothing for a process that is gone', () => {
  assert.equal(parseStat(''), undefined);
});

test('kilobytesOf() reads one line of a status', () => {
  const status = 'Name:\tserver\nVmHWM:\t    5678 kB\nVmRSS:\t    1234 kB\n';
  assert.equal(kilobytesOf(status, 'VmRSS'), 1234);
  assert.equal(kilobytesOf(status, 'VmSwap'), 0);
});
