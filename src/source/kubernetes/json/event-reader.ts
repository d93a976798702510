/** A watch in JSON: one event a line. */

import { isMapping } from '../../manifests/field.ts';
import { ApiFormatError } from '../api-format-error.ts';
import { ByteQueue } from '../byte-queue.ts';
import { type EventReader, MAX_OBJECT_BYTES } from '../codec.ts';
import { parseResourceVersion } from '../resource-version.ts';
import { type ApiObject, INITIAL_EVENTS_END, type WatchEvent } from '../watch-event.ts';
import { decodeIdentity, decodeStatus, metadataOf, parseMapping, textOf } from './decode.ts';

const LINE_FEED = 0x0a;

export class JsonEventReader implements EventReader {
  readonly #decodeObject: (object: unknown) => ApiObject;
  readonly #queue = new ByteQueue(MAX_OBJECT_BYTES);

  constructor(decodeObject: (object: unknown) => ApiObject) {
    this.#decodeObject = decodeObject;
  }

  read(chunk: Buffer, take: (event: WatchEvent) => void): void {
    const queue = this.#queue;
    // What was there before has no line feed.
    let searched = queue.length;
    queue.push(chunk);
    for (;;) {
      const lineEnd = queue.bytes.indexOf(LINE_FEED, queue.start + searched);
      if (lineEnd < 0 || lineEnd >= queue.end) return;
      const line = queue.bytes.subarray(queue.start, lineEnd);
      queue.take(line.length + 1);
      searched = 0;
      if (line.length > 0) take(decodeEvent(line, this.#decodeObject));
    }
  }
}

function decodeEvent(line: Buffer, decodeObject: (object: unknown) => ApiObject): WatchEvent {
  const { type, object } = parseMapping(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type, object: decodeObject(object) };
    case 'DELETED':
      return { type, object: decodeIdentity(object) };
    case 'BOOKMARK': {
      const { resourceVersion, annotations } = metadataOf(object);
      const endsInitialEvents =
        isMapping(annotations) && annotations[INITIAL_EVENTS_END] === 'true';
      return {
        type,
        resourceVersion: parseResourceVersion(textOf(resourceVersion)),
        endsInitialEvents,
      };
    }
    case 'ERROR':
      return { type, status: decodeStatus(object) };
    default:
      throw new ApiFormatError(`Cannot decode watch event: its type is "${type}"`);
  }
}
