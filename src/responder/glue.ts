/**
 * Collects the names that SRV and NS records of a response point to, and puts their addresses into the
 * additional section, each name once, as far as they fit: RFC 2782, RFC 1034 section 4.3.2 step 6.
 * Glue that does not fit is left out without TC: RFC 2181 section 9.
 */
import { IPV4_BYTES, IPV6_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import { type MessageWriter, RECORD_BYTES } from '../dns/message-writer.ts';

/** More targets than fit into 65,535 bytes of SRV records. */
const MAX_TARGETS = 4096;
/** NS records with glue; nobody has as many. */
const MAX_NAMES = 16;
const MAX_TARGET_INDEX = 0x10000;

export class Glue {
  readonly #bytes: Uint8Array;
  readonly #writer: MessageWriter;

  /** For each target of this response: where its entry is in the table, and its name in the message. */
  readonly #entries = new Uint32Array(MAX_TARGETS);
  readonly #offsets = new Uint16Array(MAX_TARGETS);
  #count = 0;
  #ttl = 0;
  /** Number of the response that a target was last noted for, so that nothing needs to be cleared. */
  readonly #notedFor = new Uint32Array(MAX_TARGET_INDEX);
  #response = 0;

  /** NS targets of this response: where each is in the table, how long, and where in the message. */
  readonly nameStarts = new Uint32Array(MAX_NAMES);
  readonly nameLengths = new Uint8Array(MAX_NAMES);
  readonly nameOffsets = new Uint16Array(MAX_NAMES);
  nameCount = 0;

  constructor(bytes: Uint8Array, writer: MessageWriter) {
    this.#bytes = bytes;
    this.#writer = writer;
  }

  clear(): void {
    this.#count = 0;
    this.nameCount = 0;
    this.#response = (this.#response + 1) >>> 0;
    if (this.#response > 0) return;
    this.#notedFor.fill(0);
    this.#response = 1;
  }

  /** Notes the target of an SRV record, which is written next. */
  noteTarget(entry: number, target: number, ttl: number): void {
    const { at } = this.#writer;
    if (this.#notedFor[target] === this.#response || this.#count === MAX_TARGETS) return;
    if (!this.#writer.canPointTo(at)) return;
    this.#notedFor[target] = this.#response;
    this.#entries[this.#count] = entry;
    this.#offsets[this.#count++] = at;
    this.#ttl = ttl;
  }

  /** Notes the target of an NS record, whose addresses stand in a node of their own. */
  noteName(start: number, length: number, at: number): void {
    if (this.nameCount === MAX_NAMES || !this.#writer.canPointTo(at)) return;
    this.nameStarts[this.nameCount] = start;
    this.nameLengths[this.nameCount] = length;
    this.nameOffsets[this.nameCount++] = at;
  }

  /** Puts the addresses of every SRV target that was noted. */
  putTargets(): void {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i];
      const counts = entry + 1 + this.#bytes[entry];
      const ipv4 = this.#bytes[counts];
      const ipv6 = this.#bytes[counts + 1];
      const first = counts + 2;
      this.#putAddresses(i, TYPE.A, first, ipv4);
      this.#putAddresses(i, TYPE.AAAA, first + ipv4 * IPV4_BYTES, ipv6);
    }
  }

  #putAddresses(target: number, type: number, start: number, count: number): void {
    const writer = this.#writer;
    const length = type === TYPE.A ? IPV4_BYTES : IPV6_BYTES;
    // RFC 2181 section 9: an RRset is left out whole.
    if (!writer.fits(count * (RECORD_BYTES + length))) return;
    for (let i = 0; i < count; i++) {
      writer.putRecordHead(this.#offsets[target], type, this.#ttl);
      writer.putUint16(length);
      writer.putBytes(this.#bytes, start + i * length, start + (i + 1) * length);
      writer.additionals++;
    }
  }
}
