/** Everything that comes in as `application/json`, for servers and proxies that have nothing else. */
import { ApiFormatError } from '../api-format-error.ts';
import type { Codec, EventReader, ListReader, WatchedKind } from '../codec.ts';
import { ALL_FIELDS, type NeededFields, trimmed } from '../needed-fields.ts';
import { SharedPorts } from '../shared-ports.ts';
import type { ApiObject, ApiStatus, Identity } from '../watch-event.ts';
import { decodeIdentity, decodeObject, decodeStatus, parseMapping } from './decode.ts';
import { JsonEventReader } from './event-reader.ts';
import { JsonListReader } from './list-reader.ts';

export class JsonCodec implements Codec {
  readonly #sharedPorts = new SharedPorts();
  readonly #needed: NeededFields;

  constructor(needed: NeededFields = ALL_FIELDS) {
    this.#needed = needed;
  }

  createEventReader(kind: WatchedKind): EventReader {
    return new JsonEventReader((object) => this.#decode(object, kind));
  }

  createListReader(kind: WatchedKind): ListReader<ApiObject> {
    return new JsonListReader((item) => this.#decode(item, kind));
  }

  createIdentityListReader(): ListReader<Identity> {
    return new JsonListReader(decodeIdentity);
  }

  decodeStatus(body: Buffer): ApiStatus {
    const status = decodeStatus(parseMapping(body));
    if (status.code === 0) throw new ApiFormatError('Cannot decode Status: it has no code');
    return status;
  }

  #decode(value: unknown, kind: WatchedKind): ApiObject {
    const object = decodeObject(value, kind);
    if (!('resource' in object)) return object;
    return { ...object, resource: trimmed(object.resource, this.#needed, this.#sharedPorts) };
  }
}
