/** What is asked for, and what came: protobuf, or JSON where there is nothing else. */
import type { IncomingMessage } from 'node:http';
import { ApiFormatError } from './api-format-error.ts';
import type { Codec } from './codec.ts';
import type { ApiStatus } from './watch-event.ts';

export interface Codecs {
  readonly protobuf: Codec;
  readonly json: Codec;
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const JSON_TYPE = 'application/json';
const MAX_MESSAGE_LENGTH = 300;

/** Asks for objects whole. */
export const ACCEPT = `${PROTOBUF},${JSON_TYPE};q=0.9`;
/** Asks for the metadata of objects alone; servers that cannot do that give the whole. */
export const ACCEPT_METADATA = acceptAs('PartialObjectMetadata');
export const ACCEPT_METADATA_LIST = acceptAs('PartialObjectMetadataList');

/** Gives what reads a body; throws ApiFormatError where nothing does. */
export function codecFor(message: IncomingMessage, codecs: Codecs): Codec {
  const codec = findCodec(message, codecs);
  if (codec !== undefined) return codec;
  const type = message.headers['content-type'] ?? '';
  message.destroy();
  throw new ApiFormatError(`Cannot decode answer of the API server: its content type is "${type}"`);
}

/** Gives what an answer that is no good says; whatever stands between may have written it. */
export function statusOf(
  message: IncomingMessage,
  { codecs, body }: { codecs: Codecs; body: Buffer },
): ApiStatus {
  const retryAfterSeconds = parseRetryAfter(message.headers['retry-after']);
  const code = message.statusCode ?? 0;
  try {
    const status = findCodec(message, codecs)?.decodeStatus(body);
    if (status !== undefined) {
      return { ...status, code, retryAfterSeconds: retryAfterSeconds || status.retryAfterSeconds };
    }
  } catch (error) {
    if (!(error instanceof ApiFormatError)) throw error;
  }
  const text = body.toString('utf8').trim().slice(0, MAX_MESSAGE_LENGTH);
  return { code, reason: message.statusMessage ?? '', message: text, retryAfterSeconds };
}

function findCodec(message: IncomingMessage, codecs: Codecs): Codec | undefined {
  const type = message.headers['content-type'] ?? '';
  if (type.startsWith(PROTOBUF)) return codecs.protobuf;
  if (type.startsWith(JSON_TYPE)) return codecs.json;
  return undefined;
}

/** Seconds; the other form, a date, is not what the API server writes. */
function parseRetryAfter(value: string | undefined): number {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : 0;
}

function acceptAs(kind: string): string {
  const as = `;as=${kind};g=meta.k8s.io;v=v1`;
  return `${PROTOBUF}${as},${JSON_TYPE}${as};q=0.9,${ACCEPT}`;
}
