import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListenError } from '../../src/responder/listen-error.ts';

test('ListenError says where, by what and why, and keeps its cause', () => {
  const cause = Object.assign(new Error('bind EACCES ::1:53'), { code: 'EACCES', errno: -13 });
  const error = new ListenError({ address: '::1', port: 53, protocol: 'UDP' }, { cause });
  assert.equal(error.message, 'Cannot listen on "[::1]:53" (UDP): permission denied');
  assert.equal(error.code, 'ERR_LISTEN');
  assert.equal(error.cause, cause);
});

test('ListenError uses the words of an error that is not the system’s', () => {
  const cause = new RangeError('port out of range');
  const error = new ListenError({ address: '192.0.2.1', port: 70_000, protocol: 'TCP' }, { cause });
  assert.equal(error.message, 'Cannot listen on "192.0.2.1:70000" (TCP): port out of range');
});
