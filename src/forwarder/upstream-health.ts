/**
 * What is known of an upstream by how it has answered: its round-trip time, and whether it is there. In: answers and
 * silences; out: how long to wait before another is asked, and which one first. RFC 6298 section 2 for the estimate,
 * section 3 for what is not measured. Times are in milliseconds on one monotonic clock.
 *
 * A question that takes long says little, since it may be the question: an upstream that falls silent is probed with
 * one that each can answer at once. Only who is silent to that as well is down.
 */

/** Where nothing is known yet. */
const FIRST_PATIENCE_MS = 100;
const MIN_PATIENCE_MS = 30;
/** Some answers that took long are no reason to wait for those that are lost: at most this, or twice the usual time. */
const MAX_PATIENCE_MS = 150;
/** Whatever is usual: another one has to be asked well within the time of a question, and silence to be noticed. */
const LONGEST_PATIENCE_MS = 800;
/** Queries in a row without an answer after which it is probed. */
const PROBE_SILENCES = 2;
/** How often, and how long each probe has. */
export const PROBE_MS = 400;
/** Probes in a row without an answer after which it is down. */
const DOWN_PROBES = 2;
/** One that is not asked is probed so often, for its time may have changed. */
const IDLE_PROBE_MS = 10_000;
const MAX_DOUBLINGS = 10;

export class UpstreamHealth {
  /** Smoothed round-trip time; undefined until there was an answer. */
  roundTripMs: number | undefined;
  #variationMs = 0;
  /** Answers in a row of which it is not known to which of several queries they are. */
  #unmeasured = 0;
  /** Queries in a row without an answer in the time that one takes. */
  #silences = 0;
  #silentProbes = 0;
  #isRefusing = false;
  #lastProbeAt = Number.NEGATIVE_INFINITY;
  #lastAskedAt = Number.NEGATIVE_INFINITY;

  noteAsked(now: number): void {
    this.#lastAskedAt = now;
  }

  /** It has answered, after so many milliseconds; undefined where it was asked several times. */
  noteAnswer(roundTripMs: number | undefined): void {
    this.#silences = 0;
    this.#silentProbes = 0;
    this.#isRefusing = false;
    if (roundTripMs === undefined) {
      this.#unmeasured++;
      return;
    }
    this.#unmeasured = 0;
    if (this.roundTripMs === undefined) {
      this.roundTripMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
      return;
    }
    this.#variationMs += (Math.abs(this.roundTripMs - roundTripMs) - this.#variationMs) / 4;
    this.roundTripMs += (roundTripMs - this.roundTripMs) / 8;
  }

  /** It has not answered in the time that it usually takes. */
  noteSilence(): void {
    this.#silences++;
  }

  /** Nobody is there: the system says so. */
  noteRefusal(): void {
    this.#silences = Math.max(this.#silences + 1, PROBE_SILENCES);
    this.#isRefusing = true;
  }

  noteProbe(now: number): void {
    this.#lastProbeAt = now;
  }

  noteSilentProbe(): void {
    this.#silentProbes++;
  }

  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  /** Nothing is to be expected of it. */
  get isDown(): boolean {
    return this.#isRefusing || this.#silentProbes >= DOWN_PROBES;
  }

  /** It has been silent, if only once. */
  get isSuspect(): boolean {
    return this.#silences > 0 || this.isDown;
  }

  /** How long an answer is waited for before somebody else is asked. */
  get patienceMs(): number {
    const { roundTripMs } = this;
    const usualMs =
      roundTripMs === undefined
        ? FIRST_PATIENCE_MS
        : Math.max(roundTripMs + 4 * this.#variationMs, MIN_PATIENCE_MS);
    const mostMs = Math.min(Math.max(MAX_PATIENCE_MS, 2 * (roundTripMs ?? 0)), LONGEST_PATIENCE_MS);
    return Math.min(usualMs * 2 ** Math.min(this.#unmeasured, MAX_DOUBLINGS), mostMs);
  }

  /** What an answer may be expected to take; each silence doubles it. */
  get expectedMs(): number {
    const usual = Math.max(this.roundTripMs ?? FIRST_PATIENCE_MS / 2, 1);
    const silent = this.#silences > 0 ? MIN_PATIENCE_MS : 0;
    return (usual + silent) * 2 ** Math.min(this.#silences, MAX_DOUBLINGS);
  }

  /** Whether it is to be probed, to find out whether it is there, or how far away. */
  isProbeDue(now: number): boolean {
    const since = now - this.#lastProbeAt;
    if (this.#silences >= PROBE_SILENCES || this.isDown) return since >= PROBE_MS;
    // Of one that is better than it, nobody would ever notice.
    return Math.min(since, now - this.#lastAskedAt) >= IDLE_PROBE_MS;
  }
}
