/**
 * A list in protobuf, object by object as its bytes come, so that a list of any length takes the memory of one
 * object. Every list has the same two fields, its metadata and its items.
 *
 *   magic | runtime.Unknown: typeMeta, raw = | list: metadata, items, items, ... | further fields
 *           ^ in the envelope                  ^ in the list                       ^ in the envelope
 */
import { ApiFormatError } from '../api-format-error.ts';
import { ByteQueue } from '../byte-queue.ts';
import { type ListReader, MAX_OBJECT_BYTES } from '../codec.ts';
import type { ListMetadata } from '../watch-event.ts';
import { MAGIC, MAGIC_BYTES } from './decode-envelope.ts';
import { decodeListMetadata } from './decode-metadata.ts';
import { type FieldHead, readFieldHead } from './field-head.ts';
import type { Span, WireReader } from './wire-reader.ts';

const RAW_FIELD = 2;
const METADATA_FIELD = 1;
const ITEMS_FIELD = 2;

export class ProtobufListReader<Item> implements ListReader<Item> {
  readonly #reader: WireReader;
  readonly #decodeItem: (reader: WireReader, span: Span) => Item;
  readonly #queue = new ByteQueue(MAX_OBJECT_BYTES);
  #hasMagic = false;
  #hasRaw = false;
  /** Bytes of the list that are still to come; 0 outside of it. */
  #listBytes = 0;
  #metadata: ListMetadata = {
    resourceVersion: 0,
    continueToken: '',
    remainingItemCount: undefined,
  };

  constructor(reader: WireReader, decodeItem: (reader: WireReader, span: Span) => Item) {
    this.#reader = reader;
    this.#decodeItem = decodeItem;
  }

  read(chunk: Buffer, take: (item: Item) => void): void {
    this.#queue.push(chunk);
    if (!this.#hasMagic && !this.#readMagic()) return;
    while (this.#readField(take));
  }

  end(): ListMetadata {
    if (!this.#hasRaw || this.#listBytes > 0 || this.#queue.length > 0) fail('it ends too early');
    return this.#metadata;
  }

  #readMagic(): boolean {
    const queue = this.#queue;
    if (queue.length < MAGIC_BYTES) return false;
    if (queue.bytes.readUInt32BE(queue.start) !== MAGIC) fail('it has no "k8s" at its start');
    queue.take(MAGIC_BYTES);
    this.#hasMagic = true;
    return true;
  }

  /** Reads a field; false where it has not come yet. */
  #readField(take: (item: Item) => void): boolean {
    const { bytes, start, end } = this.#queue;
    const head = readFieldHead(bytes, start, end);
    if (head === undefined) return false;
    if (this.#listBytes > 0) return this.#readListField(head, take);
    if (head.field === RAW_FIELD && !this.#hasRaw) {
      this.#hasRaw = true;
      this.#listBytes = head.valueBytes;
      this.#queue.take(head.headBytes);
      return true;
    }
    return this.#skipValue(head);
  }

  #readListField(head: FieldHead, take: (item: Item) => void): boolean {
    const { bytes, start } = this.#queue;
    const from = start + head.headBytes;
    const span = { bytes, start: from, end: from + head.valueBytes };
    if (head.headBytes + head.valueBytes > this.#listBytes) fail('an item is longer than the list');
    if (!this.#skipValue(head)) return false;
    this.#listBytes -= head.headBytes + head.valueBytes;
    if (head.field === METADATA_FIELD) {
      this.#reader.reset(span);
      this.#metadata = decodeListMetadata(this.#reader);
    } else if (head.field === ITEMS_FIELD) take(this.#decodeItem(this.#reader, span));
    return true;
  }

  /** Uses up a field; false where it has not come whole yet. */
  #skipValue({ headBytes, valueBytes }: FieldHead): boolean {
    if (valueBytes > MAX_OBJECT_BYTES) fail(`a field has ${valueBytes} bytes`);
    if (this.#queue.length < headBytes + valueBytes) return false;
    this.#queue.take(headBytes + valueBytes);
    return true;
  }
}

function fail(reason: string): never {
  throw new ApiFormatError(`Cannot decode list of the API server: ${reason}`);
}
