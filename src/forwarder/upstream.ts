/** An upstream: where it is, how it has done, what it understands, and its connections. */

import { formatUpstream } from '../config/upstream.ts';
import type { StreamUpstream } from './stream-upstream.ts';
import type { UpstreamAddress } from './upstream-address.ts';
import { UpstreamHealth } from './upstream-health.ts';
import type { UpstreamStats } from './upstream-stats.ts';

/** How long one that does not understand EDNS is asked without, in milliseconds. */
const PLAIN_MS = 600_000;

export interface UpstreamOptions {
  /** Opens connections for the transports that have them, and for what is cut over UDP. */
  readonly stream: StreamUpstream;
  readonly stats: UpstreamStats;
}

export class Upstream {
  readonly address: UpstreamAddress;
  /** Its name in logs and metrics, and no other's: `10.0.0.53:53`, or `tls://10.0.0.54:853#dns.corp.example`. */
  readonly label: string;
  readonly health = new UpstreamHealth();
  readonly stream: StreamUpstream;
  readonly stats: UpstreamStats;
  /** Why it could not be asked, the last time that it could not. */
  lastFailure = '';
  #users = 1;
  #plainUntil = Number.NEGATIVE_INFINITY;

  constructor(address: UpstreamAddress, { stream, stats }: UpstreamOptions) {
    this.address = address;
    this.label = formatUpstream({ kind: 'server', ...address }).replace(/^udp:\/\//, '');
    this.stream = stream;
    this.stats = stats;
  }

  /** RFC 6891 section 7: one that has answered FORMERR to EDNS is asked without. */
  hasEdns(now: number): boolean {
    return now >= this.#plainUntil;
  }

  noteNoEdns(now: number): void {
    this.#plainUntil = now + PLAIN_MS;
  }

  /** Is another forward's, too: what one learns of it, all know. */
  share(): this {
    this.#users++;
    return this;
  }

  /** Nobody has it any more. */
  get isClosed(): boolean {
    return this.#users === 0;
  }

  /** Ends its connections when the last of its users is done with it. */
  close(): void {
    this.#users--;
    if (this.isClosed) this.stream.close();
  }
}
