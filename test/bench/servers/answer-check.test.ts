import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAnswer } from './answer-check.ts';

const KIND = { expected: { rcode: 'NOERROR', answers: 2 } };

test('judgeAnswer() takes the right rcode with the right number of answers', () => {
  assert.deepEqual(judgeAnswer({ status: 'NOERROR', answer: ['one', 'two'] }, KIND), {
    rcode: 'NOERROR',
    answers: 2,
  });
});

test('judgeAnswer() tells what is wrong', () => {
  const { problem } = judgeAnswer({ status: 'NXDOMAIN', answer: [] }, KIND);
  assert.equal(problem, 'NXDOMAIN with 0 answers, not NOERROR with 2');
  assert.ok(judgeAnswer({ status: 'NOERROR', answer: ['one'] }, KIND).problem);
});
