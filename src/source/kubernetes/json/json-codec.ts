/** Everything that comes in as `application/json`, for servers and proxies that have nothing else. */
import { ApiFormatError } from '../api-format-error.ts';
import type { Codec, EventReader, ListReader, WatchedKind } from '../codec.ts';
import type { ApiObject, ApiStatus, Identity } from '../watch-event.ts';
import { decodeIdentity, decodeObject, decodeStatus, parseMapping } from './decode.ts';
import { JsonEventReader } from './event-reader.ts';
import { JsonListReader } from './list-reader.ts';

export class JsonCodec implements Codec {
  createEventReader(kind: WatchedKind): EventReader {
    return new JsonEventReader(kind);
  }

  createListReader(kind: WatchedKind): ListReader<ApiObject> {
    return new JsonListReader((item) => decodeObject(item, kind));
  }

  createIdentityListReader(): ListReader<Identity> {
    return new JsonListReader(decodeIdentity);
  }

  decodeStatus(body: Buffer): ApiStatus {
    const status = decodeStatus(parseMapping(body));
    if (status.code === 0) throw new ApiFormatError('Cannot decode Status: it has no code');
    return status;
  }
}
