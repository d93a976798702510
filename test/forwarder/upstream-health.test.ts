import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBE_MS, UpstreamHealth } from '../../src/forwarder/upstream-health.ts';

function after(...notes: ((health: UpstreamHealth) => void)[]): UpstreamHealth {
  const health = new UpstreamHealth();
  for (const note of notes) note(health);
  return health;
}

const answer = (ms: number | undefined) => (health: UpstreamHealth) => health.noteAnswer(ms);
const silence = (health: UpstreamHealth) => health.noteSilence();
const silentProbe = (health: UpstreamHealth) => health.noteSilentProbe();
const refusal = (health: UpstreamHealth) => health.noteRefusal();

test('UpstreamHealth waits for four times the variation above the round-trip time, within limits', () => {
  assert.equal(after().patienceMs, 100);
  // RFC 6298 section 2.2: the first measurement's variation is half of it.
  assert.equal(after(answer(40)).patienceMs, 40 + 4 * 20);
  assert.equal(after(answer(0.1)).patienceMs, 30);
  // Not for longer than twice the time that it usually takes, once that is a long one.
  assert.equal(after(answer(100)).patienceMs, 200);
  assert.equal(after(answer(60)).patienceMs, 150);
  // In the time of a question, 2 s, another one is to be asked.
  assert.equal(after(answer(1900)).patienceMs, 800);
  const steady = after(...Array.from({ length: 50 }, () => answer(30)));
  assert.ok(steady.patienceMs >= 30 && steady.patienceMs < 31, `${steady.patienceMs}`);
});

test('UpstreamHealth follows a round-trip time that changes', () => {
  const health = after(...Array.from({ length: 30 }, () => answer(5)));
  for (let i = 0; i < 40; i++) health.noteAnswer(200);
  assert.ok((health.roundTripMs ?? 0) > 195);
  for (let i = 0; i < 40; i++) health.noteAnswer(5);
  assert.ok((health.roundTripMs ?? 0) < 10);
});

test('UpstreamHealth measures nothing where it is not known which query was answered', () => {
  const health = after(answer(20), answer(undefined));
  assert.equal(health.roundTripMs, 20);
  // RFC 6298 section 5.5: the backed-off time stays until there is a measurement again.
  assert.equal(health.patienceMs, 2 * 60);
  health.noteAnswer(20);
  assert.ok(health.patienceMs < 60);
});

test('UpstreamHealth expects twice as much after each silence, and forgets all by one answer', () => {
  const health = after(answer(10));
  assert.equal(health.expectedMs, 10);
  health.noteSilence();
  const once = health.expectedMs;
  health.noteSilence();
  assert.equal(health.expectedMs, 2 * once);
  assert.equal(health.isSuspect, true);
  for (let i = 0; i < 2000; i++) health.noteSilence();
  assert.ok(Number.isFinite(health.expectedMs));
  health.noteAnswer(10);
  assert.equal(health.expectedMs, 10);
  assert.equal(health.isSuspect, false);
});

test('UpstreamHealth takes an upstream as down by probes alone, or by refusal', () => {
  const silent = after(...new Array(100).fill(silence));
  assert.equal(silent.isDown, false);
  silent.noteSilentProbe();
  assert.equal(silent.isDown, false);
  silent.noteSilentProbe();
  assert.deepEqual([silent.isDown, silent.isRefusing], [true, false]);
  silent.noteAnswer(undefined);
  assert.equal(silent.isDown, false);
  const refusing = after(refusal);
  assert.deepEqual([refusing.isDown, refusing.isRefusing], [true, true]);
  refusing.noteAnswer(1);
  assert.deepEqual([refusing.isDown, refusing.isRefusing], [false, false]);
  assert.equal(after(silentProbe, answer(1), silentProbe).isDown, false);
});

test('UpstreamHealth is to be probed at once when it is silent, and now and then when not asked', () => {
  const health = after(answer(1));
  health.noteAsked(1000);
  health.noteProbe(1000);
  assert.equal(health.isProbeDue(1001), false);
  health.noteSilence();
  health.noteSilence();
  assert.equal(health.isProbeDue(1000 + PROBE_MS - 1), false);
  assert.equal(health.isProbeDue(1000 + PROBE_MS), true);
  health.noteAnswer(1);
  assert.equal(health.isProbeDue(10_999), false);
  assert.equal(health.isProbeDue(11_000), true);
  health.noteAsked(10_500);
  assert.equal(health.isProbeDue(11_000), false);
});
