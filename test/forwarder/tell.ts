import type { StreamFailure, StreamOutcome } from '../../src/forwarder/stream-failure.ts';
import { printResponse } from '../support/records.ts';

/** First answer, or the RCODE where there is none, or what went wrong. */
export type Told = string | StreamFailure;

export function tell(outcome: StreamOutcome): Told {
  if (!(outcome instanceof Uint8Array)) return outcome;
  const { answer, status } = printResponse(outcome);
  return answer[0] ?? status;
}
