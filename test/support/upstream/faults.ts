/**
 * What goes wrong between an upstream's answer and its client. A fault is given what is about to be sent for a
 * query, and gives what is sent instead; faults are applied one after the other.
 */
import { createRandom } from '../../table/seeded-random.ts';
import type { ReceivedQuery } from './query.ts';
import { buildResponse, rebuild, truncate } from './response.ts';

export interface Delivery {
  readonly message: Buffer;
  readonly delayMs: number;
  /** Where a datagram comes from: the upstream's own address and port, or one of them is another. */
  readonly source: 'upstream' | 'other port' | 'other address';
  /** What becomes of a connection: it stays open, or ends after the message, in the middle of it, or without it. */
  readonly connection: 'open' | 'closed' | 'cut' | 'closed without answer';
}

export type Fault = (deliveries: readonly Delivery[], query: ReceivedQuery) => readonly Delivery[];

/** Loses a share of all datagrams, 0 to 1, the same ones for the same seed. */
export function lose(share: number, seed = 1): Fault {
  const random = createRandom(seed);
  const resolution = 1 << 20;
  return (deliveries, { client }) =>
    deliveries.filter(() => client.transport !== 'udp' || random(resolution) >= share * resolution);
}

export function delay(ms: number): Fault {
  return each((delivery) => ({ ...delivery, delayMs: delivery.delayMs + ms }));
}

/** Answers over UDP without records and with TC; over TCP whole. */
export function truncateDatagrams(): Fault {
  return overUdp(each((delivery) => ({ ...delivery, message: truncate(delivery.message) })));
}

/** Answers a query that has an OPT record with an RCODE and no OPT, as servers do that know nothing of EDNS. */
export function refuseEdns(rcode: 'FORMERR' | 'NOTIMP'): Fault {
  return when(
    ({ edns }) => edns !== undefined,
    each((delivery, { edns: _, ...query }) => ({
      ...delivery,
      message: buildResponse(query, { rcode }),
    })),
  );
}

/** Answers without an OPT record, as servers do that ignore what they do not know. */
export function ignoreEdns(): Fault {
  return each((delivery) => ({
    ...delivery,
    message: rebuild(delivery.message, { additionals: [] }),
  }));
}

/** Sends bytes in place of the response. */
export function replaceBy(message: Uint8Array): Fault {
  return each((delivery) => ({ ...delivery, message: Buffer.from(message) }));
}

/** Ends a connection in place of, within or after each response. */
export function endConnections(connection: Delivery['connection']): Fault {
  return each((delivery) => ({ ...delivery, connection }));
}

/** Applies a fault to the queries for which `holds`. */
export function when(holds: (query: ReceivedQuery) => boolean, fault: Fault): Fault {
  return (deliveries, query) => (holds(query) ? fault(deliveries, query) : deliveries);
}

export function overUdp(fault: Fault): Fault {
  return when(({ client }) => client.transport === 'udp', fault);
}

/** Applies a fault to the first `count` queries. */
export function first(count: number, fault: Fault): Fault {
  let seen = 0;
  return when(() => seen++ < count, fault);
}

export function each(change: (delivery: Delivery, query: ReceivedQuery) => Delivery): Fault {
  return (deliveries, query) => deliveries.map((delivery) => change(delivery, query));
}
