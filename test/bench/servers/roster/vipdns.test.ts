import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servingLine, usedIo } from './vipdns.ts';

const OUTPUT = `a line for people
{"level":"info","io":"dgram","msg":"listening"}
{"level":"info","services":1120,"msg":"serving"}
{"level":"in`;

test('servingLine() finds the line of the log, and nothing before it is whole', () => {
  assert.equal(servingLine(OUTPUT)?.services, 1120);
  assert.equal(servingLine(OUTPUT.slice(0, 90)), undefined);
});

test('usedIo() gives what the log tells, and nothing where it does not', () => {
  assert.equal(usedIo(OUTPUT), 'dgram');
  assert.equal(usedIo('{"msg":"serving"}\n'), undefined);
});
