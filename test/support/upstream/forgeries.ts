/** Responses that somebody else would send to be believed, or that answer something else. */
import type { Delivery, Fault } from './faults.ts';
import type { ReceivedQuery } from './query.ts';
import { buildResponse, type Reply } from './response.ts';

export type Forgery =
  | 'other ID'
  | 'other port'
  | 'other address'
  | 'other name'
  | 'other type'
  | 'no question'
  | 'a query';

/** Sends forgeries of `reply` before each response. */
export function forge(forgeries: readonly Forgery[], reply: Reply): Fault {
  return (deliveries, query) => [
    ...forgeries.map((forgery) => buildForgery(forgery, reply, query)),
    ...deliveries,
  ];
}

/** Answers with forgeries alone. */
export function forgeOnly(forgeries: readonly Forgery[], reply: Reply): Fault {
  return (_, query) => forgeries.map((forgery) => buildForgery(forgery, reply, query));
}

function buildForgery(forgery: Forgery, reply: Reply, query: ReceivedQuery): Delivery {
  const delivery: Delivery = {
    message: buildResponse(query, reply),
    delayMs: 0,
    source: 'upstream',
    connection: 'open',
  };
  switch (forgery) {
    case 'other ID':
      return { ...delivery, message: buildResponse({ ...query, id: query.id ^ 1 }, reply) };
    case 'other name':
      return {
        ...delivery,
        message: buildResponse({ ...query, name: `not-${query.name}` }, reply),
      };
    case 'other type':
      return {
        ...delivery,
        message: buildResponse({ ...query, type: query.type === 'MX' ? 'TXT' : 'MX' }, reply),
      };
    case 'no question':
      return { ...delivery, message: withoutQuestion(delivery.message, query) };
    case 'a query': {
      // QR is the first bit after the ID.
      delivery.message[2] &= 0x7f;
      return delivery;
    }
    case 'other port':
    case 'other address':
      return { ...delivery, source: forgery };
  }
}

/** Cuts the question out; there is no compression in what is built here, so nothing refers to it. */
function withoutQuestion(message: Buffer, query: ReceivedQuery): Buffer {
  const headerBytes = 12;
  // A length for each label, the root, type and class.
  const questionBytes = Buffer.byteLength(query.name) + 2 + 4;
  const header = Buffer.from(message.subarray(0, headerBytes));
  header.writeUInt16BE(0, 4);
  return Buffer.concat([header, message.subarray(headerBytes + questionBytes)]);
}
