/** What is counted of one upstream. Plain numbers of the main thread, which has them and shows them. */
import {
  DURATION_HISTOGRAM,
  histogramSlots,
  RESPONSE_CODES,
} from '../monitoring/counter-layout.ts';
import { observe, responseCodeIndex } from '../monitoring/counters.ts';

/**
 * Why a query to an upstream came to nothing. `silence`: no answer within the time of a question; `refused`: nobody is
 * there, or nobody to be trusted; `connection`: it ended, or brought no message; `busy`: too many queries wait for a
 * connection; `noSocket`: the system gave none; `edns`: not understood, and asked again without.
 */
export const UPSTREAM_FAILURES = [
  'silence',
  'refused',
  'connection',
  'busy',
  'no_socket',
  'edns',
] as const;
export type UpstreamFailure = (typeof UPSTREAM_FAILURES)[number];

export class UpstreamStats {
  readonly queries = { udp: 0, tcp: 0, tls: 0 };
  /** By place in RESPONSE_CODES. */
  readonly responses = new Float64Array(RESPONSE_CODES.length);
  /** In microseconds, from the query to its response. */
  readonly durations = new Float64Array(histogramSlots(DURATION_HISTOGRAM));
  readonly failures = Object.fromEntries(UPSTREAM_FAILURES.map((name) => [name, 0])) as Record<
    UpstreamFailure,
    number
  >;
  /** Responses that were cut, and asked for once more by TCP. */
  truncated = 0;
  /** Messages that answer nothing that was asked: forged, or broken. */
  ignored = 0;

  countResponse(rcode: number, durationMs: number): void {
    this.responses[responseCodeIndex(rcode)] += 1;
    observe(this.durations, 0, DURATION_HISTOGRAM, durationMs * 1000);
  }
}
