/** A zone with its table and a responder, in this thread: objects in, responses as `dig` prints them out. */
import { MAX_MESSAGE_BYTES } from '../../src/dns/constants.ts';
import { createResponderCounters, responderCounters } from '../../src/monitoring/counters.ts';
import { RandomOrder } from '../../src/responder/random-order.ts';
import { Responder, type ResponderOptions } from '../../src/responder/respond.ts';
import type { Transport } from '../../src/responder/respond-function.ts';
import { createTable } from '../../src/table/table.ts';
import { TableReader } from '../../src/table/table-reader.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { createZoneStatus, ZoneStatus } from '../../src/zone/status.ts';
import { Zone, type ZoneOptions } from '../../src/zone/zone.ts';
import { buildZoneSet, type ZoneSetOptions } from '../../src/zone/zone-set.ts';
import { buildQuery, type Printed, printResponse, type QuestionOptions } from './records.ts';

export const UDP: Transport = { protocol: 'udp', family: 4 };
export const TCP: Transport = { protocol: 'tcp', family: 4 };

/** The first serial of a test's zone. */
export const NOW = 1_700_000_000;

export interface TestZoneOptions
  extends Partial<Omit<ZoneOptions, 'zones' | 'table' | 'status'>>,
    Partial<ZoneSetOptions>,
    Pick<ResponderOptions, 'forwarded' | 'filterAaaa' | 'outside' | 'rewrite'> {
  maxBytes?: number;
  buckets?: number;
  negativeTtl?: number;
  podsInsecure?: boolean;
  /** Leave the zone in the state `starting`. */
  isStarting?: boolean;
  seed?: number;
}

export class TestZone {
  readonly zone: Zone;
  readonly table: TableWriter;
  readonly status: ZoneStatus;
  readonly reader: TableReader;
  readonly responder: Responder;
  readonly response: Uint8Array<ArrayBuffer> = new Uint8Array(MAX_MESSAGE_BYTES);

  constructor(options: TestZoneOptions = {}) {
    const buffer = createTable({
      maxBytes: options.maxBytes ?? 64 << 20,
      buckets: options.buckets ?? 1 << 12,
    });
    const zones = buildZoneSet({
      zones: ['cluster.local'],
      serviceCidr: ['10.96.0.0/12'],
      reverseZones: [],
      ...options,
    });
    this.table = new TableWriter(buffer);
    this.status = new ZoneStatus(createZoneStatus());
    this.zone = new Zone({
      ttl: 5,
      endpointPodNames: false,
      ignoreEmptyService: false,
      noEndpoints: false,
      hasPodNames: true,
      addresses: [Uint8Array.of(192, 0, 2, 53)],
      now: () => NOW,
      ...options,
      table: this.table,
      status: this.status,
      zones,
    });
    if (!options.isStarting) this.status.state = 'ready';
    this.reader = new TableReader(buffer, 0);
    this.responder = new Responder({
      ...options,
      table: this.reader,
      zones,
      status: this.status,
      ttl: options.ttl ?? 5,
      negativeTtl: options.negativeTtl ?? 5,
      podsInsecure: options.podsInsecure ?? false,
      counters: responderCounters(createResponderCounters(1), 0),
      order: new RandomOrder(options.seed ?? 1),
    });
  }

  /** Answers a message; an empty array is silence. */
  send(message: Uint8Array, transport: Transport = UDP): Uint8Array {
    this.reader.enter();
    const length = this.responder.respond(message, message.length, this.response, transport);
    this.reader.leave();
    return this.response.slice(0, length);
  }

  /** Asks `name TYPE` and prints the response. */
  ask(text: string, options: QuestionOptions & { transport?: Transport } = {}): Printed {
    return printResponse(this.send(buildQuery(text, options), options.transport));
  }
}
