/** Which of the upstreams a server prefers. */
import type { UpstreamCounts } from './faulty-upstreams.ts';

/** Gives the index of the one that was asked more: its trouble is what a server notices. */
export function busierOf([one, other]: readonly UpstreamCounts[]): 0 | 1 {
  return other.queries > one.queries ? 1 : 0;
}
