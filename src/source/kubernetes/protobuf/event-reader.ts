/**
 * A watch in protobuf: frames of four bytes of length and a WatchEvent (meta/v1/generated.proto), whose object is
 * in an envelope of its own.
 */
import { ApiFormatError } from '../api-format-error.ts';
import { ByteQueue } from '../byte-queue.ts';
import { type EventReader, MAX_OBJECT_BYTES } from '../codec.ts';
import type { WatchEvent } from '../watch-event.ts';
import { decodeEnvelope, decodeStatus } from './decode-envelope.ts';
import { decodeMetadataAlone } from './decode-metadata.ts';
import { type Decoding, decodeIdentity, decodeObject } from './decode-object.ts';
import type { Span, WireReader } from './wire-reader.ts';

const LENGTH_BYTES = 4;

export class ProtobufEventReader implements EventReader {
  readonly #reader: WireReader;
  readonly #decoding: Decoding;
  readonly #queue = new ByteQueue(MAX_OBJECT_BYTES);

  constructor(reader: WireReader, decoding: Decoding) {
    this.#reader = reader;
    this.#decoding = decoding;
  }

  read(chunk: Buffer, take: (event: WatchEvent) => void): void {
    const queue = this.#queue;
    queue.push(chunk);
    while (queue.length >= LENGTH_BYTES) {
      const length = queue.bytes.readUInt32BE(queue.start);
      if (length > MAX_OBJECT_BYTES) {
        throw new ApiFormatError(`Cannot decode watch event: it has ${length} bytes`);
      }
      if (queue.length < LENGTH_BYTES + length) return;
      const start = queue.start + LENGTH_BYTES;
      const event = this.#decodeEvent({ bytes: queue.bytes, start, end: start + length });
      queue.take(LENGTH_BYTES + length);
      take(event);
    }
  }

  #decodeEvent(frame: Span): WatchEvent {
    const reader = this.#reader;
    let type = '';
    let extension: Span = { ...frame, start: frame.end };
    reader.reset(frame);
    while (reader.next()) {
      if (reader.field === 1) type = reader.repeatedText();
      else if (reader.field === 2) extension = decodeRawExtension(reader, extension);
      else reader.skip();
    }
    const object = decodeEnvelope(reader, extension);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        return { type, object: decodeObject(reader, object, this.#decoding) };
      case 'DELETED':
        return { type, object: decodeIdentity(reader, object) };
      case 'BOOKMARK': {
        reader.reset(object);
        const { resourceVersion, endsInitialEvents } = decodeMetadataAlone(reader, false);
        return { type, resourceVersion, endsInitialEvents };
      }
      case 'ERROR':
        return { type, status: decodeStatus(reader, object) };
      default:
        throw new ApiFormatError(`Cannot decode watch event: its type is "${type}"`);
    }
  }
}

function decodeRawExtension(reader: WireReader, absent: Span): Span {
  let raw = absent;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) raw = reader.span();
    else reader.skip();
  }
  reader.leave(outer);
  return raw;
}
