/** Objects of a cluster as they are, and the operations that led there. */
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import { keyOf, type ObjectJson } from '../source/kubernetes/emulation/object-history.ts';

export type Operation =
  | { readonly verb: 'put'; readonly plural: string; readonly object: ApiJson }
  | { readonly verb: 'remove'; readonly plural: string; readonly key: string };

export class ObjectBook {
  readonly #objects = new Map<string, Map<string, ObjectJson>>();
  readonly #fixed = new Set<string>();
  #operations: Operation[] = [];

  objects(plural: string): ObjectJson[] {
    return [...(this.#objects.get(plural)?.values() ?? [])];
  }

  has(plural: string, key: string): boolean {
    return this.#objects.get(plural)?.has(key) ?? false;
  }

  /** Gives the objects that were not put to stay as they are. */
  changeable(plural: string): ObjectJson[] {
    return this.objects(plural).filter((object) => !this.#fixed.has(`${plural} ${keyOf(object)}`));
  }

  put(plural: string, object: ApiJson): void {
    const map = this.#objects.get(plural) ?? new Map<string, ObjectJson>();
    this.#objects.set(plural, map);
    map.set(keyOf(object as ObjectJson), object as ObjectJson);
    this.#operations.push({ verb: 'put', plural, object });
  }

  /** Puts an object on which rows of docs/differences.md rest. */
  putFixed(plural: string, object: ApiJson): void {
    this.#fixed.add(`${plural} ${keyOf(object as ObjectJson)}`);
    this.put(plural, object);
  }

  remove(plural: string, key: string): void {
    this.#objects.get(plural)?.delete(key);
    this.#operations.push({ verb: 'remove', plural, key });
  }

  /** Gives the operations since the last call. */
  takeOperations(): Operation[] {
    const operations = this.#operations;
    this.#operations = [];
    return operations;
  }
}
