/** A list in JSON, which is parsed as a whole: pages keep it short. */
import { ApiFormatError } from '../api-format-error.ts';
import type { ListReader } from '../codec.ts';
import type { ListMetadata } from '../watch-event.ts';
import { decodeListMetadata, parseMapping } from './decode.ts';

const MAX_LIST_BYTES = 256 * 1024 * 1024;

export class JsonListReader<Item> implements ListReader<Item> {
  readonly #decodeItem: (item: unknown) => Item;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(decodeItem: (item: unknown) => Item) {
    this.#decodeItem = decodeItem;
  }

  read(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_LIST_BYTES) {
      throw new ApiFormatError(
        `Cannot decode list of the API server: it has more than ${MAX_LIST_BYTES} bytes`,
      );
    }
    this.#chunks.push(chunk);
  }

  end(take: (item: Item) => void): ListMetadata {
    const list = parseMapping(Buffer.concat(this.#chunks.splice(0)));
    // Go writes a list of nothing as null.
    const items = list.items ?? [];
    if (!Array.isArray(items)) {
      throw new ApiFormatError('Cannot decode list of the API server: it has no items');
    }
    for (const item of items) take(this.#decodeItem(item));
    return decodeListMetadata(list);
  }
}
