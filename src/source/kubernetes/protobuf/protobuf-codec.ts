/** Everything that comes in as `application/vnd.kubernetes.protobuf`. */
import type { Codec, EventReader, ListReader, WatchedKind } from '../codec.ts';
import { ALL_FIELDS, type NeededFields } from '../needed-fields.ts';
import { SharedPorts } from '../shared-ports.ts';
import {
  type ApiObject,
  type ApiStatus,
  type Identity,
  type IsHeld,
  NOTHING_HELD,
} from '../watch-event.ts';
import { decodeEnvelope, decodeStatus } from './decode-envelope.ts';
import { type Decoding, decodeIdentity, decodeObject } from './decode-object.ts';
import { ProtobufEventReader } from './event-reader.ts';
import { InternedStrings } from './interned-strings.ts';
import { ProtobufListReader } from './list-reader.ts';
import { WireReader } from './wire-reader.ts';

/** Nothing of a message outlives the call that reads it, so one reader does for all streams. */
export class ProtobufCodec implements Codec {
  readonly #reader = new WireReader(new InternedStrings());
  readonly #sharedPorts = new SharedPorts();
  readonly #needed: NeededFields;

  constructor(needed: NeededFields = ALL_FIELDS) {
    this.#needed = needed;
  }

  createEventReader(kind: WatchedKind, isHeld?: IsHeld): EventReader {
    return new ProtobufEventReader(this.#reader, this.#decoding(kind, isHeld));
  }

  createListReader(kind: WatchedKind, isHeld?: IsHeld): ListReader<ApiObject> {
    const decoding = this.#decoding(kind, isHeld);
    return new ProtobufListReader(this.#reader, (reader, span) =>
      decodeObject(reader, span, decoding),
    );
  }

  createIdentityListReader(): ListReader<Identity> {
    return new ProtobufListReader(this.#reader, decodeIdentity);
  }

  #decoding(kind: WatchedKind, isHeld = NOTHING_HELD): Decoding {
    return { kind, isHeld, needed: this.#needed, sharedPorts: this.#sharedPorts };
  }

  decodeStatus(body: Buffer): ApiStatus {
    const envelope = { bytes: body, start: 0, end: body.length };
    return decodeStatus(this.#reader, decodeEnvelope(this.#reader, envelope));
  }
}
