/** Everything that comes in as `application/vnd.kubernetes.protobuf`. */
import type { Codec, EventReader, ListReader, WatchedKind } from '../codec.ts';
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

export interface ProtobufCodecOptions {
  /** Whether the names of the Pods behind endpoints are kept; default true. */
  readonly keepsPodNames?: boolean;
}

/** Nothing of a message outlives the call that reads it, so one reader does for all streams. */
export class ProtobufCodec implements Codec {
  readonly #reader = new WireReader(new InternedStrings());
  readonly #keepsPodNames: boolean;

  constructor({ keepsPodNames = true }: ProtobufCodecOptions = {}) {
    this.#keepsPodNames = keepsPodNames;
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
    return { kind, isHeld, keepsPodNames: this.#keepsPodNames };
  }

  decodeStatus(body: Buffer): ApiStatus {
    const envelope = { bytes: body, start: 0, end: body.length };
    return decodeStatus(this.#reader, decodeEnvelope(this.#reader, envelope));
  }
}
