/**
 * What the main thread hands to the others, and what they tell it: the only messages between threads.
 * Everything that is asked for on the way of a query is in shared memory instead.
 */
import type { AnswerSettings } from './answer-settings.ts';
import type { CacheMemory } from './cache/cache-reader.ts';
import type { Configuration } from './config/configuration.ts';
import type { ThreadOptions } from './early-thread.ts';
import type { LogEvent } from './monitoring/log-event.ts';
import type { Reply } from './responder/listener.ts';
import type { VipMemory } from './source/manifests/vip-allocator.ts';
import type { ResponderSockets } from './udp-sockets.ts';
import type { ServedZone } from './zone/zone-set.ts';

/** The zone's shared memory; a zone thread that is replaced starts with a new one. */
export interface ZoneMemory {
  readonly table: SharedArrayBuffer;
  readonly status: SharedArrayBuffer;
}

/** The answer cache, and how many threads read it; each is the reader of its own number. */
export interface SharedCache {
  readonly memory: CacheMemory;
  readonly readers: number;
}

export const ZONE_THREAD: ThreadOptions = {
  name: 'zone',
  entry: 'zone-thread',
  // A cluster leaves much behind when it is taken in; with more room, that is memory which is never given back.
  youngGenerationMb: 12,
};

export interface ZoneThreadData {
  readonly configuration: Configuration;
  readonly zones: readonly ServedZone[];
  readonly memory: ZoneMemory;
  readonly gauges: SharedArrayBuffer;
  /** Virtual IPs that a predecessor gave out. */
  readonly vips: VipMemory | undefined;
  /** Whether responders answer from what a predecessor has filled, until this thread has everything. */
  readonly isSuccessor: boolean;
  /** This server's own addresses, for `ns.dns.<domain>`. */
  readonly addresses: readonly Uint8Array[];
}

export type ZoneThreadMessage =
  | { readonly kind: 'log'; readonly event: LogEvent }
  /** Every object has been taken in: the table is the whole zone. */
  | { readonly kind: 'ready'; readonly summary: ZoneSummary }
  /** What that has left behind is collected. */
  | { readonly kind: 'settled' }
  /** Virtual IPs that were given out: a successor gives them again. */
  | { readonly kind: 'vips'; readonly vips: VipMemory }
  /** Nothing can be taken in, for a reason that whoever started the server has to mend. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string };

/** What a person is told at the start. */
export interface ZoneSummary {
  readonly services: number;
  readonly namespaces: number;
  readonly problems: number;
  /** Questions worth asking, as `dig` takes them: `web.shop.svc.cluster.local A`. */
  readonly examples: readonly string[];
}

export type ZoneThreadCommand = { readonly kind: 'stop' };

export interface ResponderThreadData extends AnswerSettings {
  /** Number of the responder, of its word in the table, its block of counters, its rows. */
  readonly index: number;
  readonly zones: readonly ServedZone[];
  readonly memory: ZoneMemory;
  readonly counters: SharedArrayBuffer;
  readonly pulses: SharedArrayBuffer;
  readonly tcpCensus: SharedArrayBuffer;
  /** Where to write what no zone answers; absent where nobody reads it. */
  readonly missRing: SharedArrayBuffer | undefined;
  /** What came from outside is kept there; absent where nobody is asked. */
  readonly cache: SharedCache | undefined;
  /** Ports are those that were chosen where the configuration says 0. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** UDP sockets for batches, one for each address; absent where datagrams move one by one. */
  readonly sockets: ResponderSockets | undefined;
}

export type ResponderThreadMessage =
  | { readonly kind: 'log'; readonly event: LogEvent }
  /** It has its sockets; `selfPort` takes queries of the main thread alone, on loopback, 0 for none. */
  | { readonly kind: 'listening'; readonly selfPort: number }
  /** Its TCP connections are closed. */
  | { readonly kind: 'finished' }
  /** It cannot have its sockets. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string };

export type ResponderThreadCommand =
  /** Answer from this memory from now on. */
  | { readonly kind: 'zone'; readonly memory: ZoneMemory }
  /** Send the answer to a query that was handed on. */
  | { readonly kind: 'answer'; readonly listener: number; readonly reply: Reply }
  /** Close TCP, and go on with UDP. */
  | { readonly kind: 'finish' }
  /** Answer what has come, and end. */
  | { readonly kind: 'stop' };
