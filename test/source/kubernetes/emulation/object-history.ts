/**
 * What an API server holds: objects by resource, each change with a version of its own, and as much of the past as
 * was not compacted.
 */
import type { ApiJson } from './encode-protobuf.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly plural: string;
  readonly object: ObjectJson;
  /** Before the change; undefined of one that is new. */
  readonly before: ObjectJson | undefined;
}

export interface ObjectJson extends ApiJson {
  readonly metadata: ApiJson & { readonly name: string; readonly namespace?: string };
}

export class ObjectHistory {
  readonly #objects = new Map<string, Map<string, ObjectJson>>();
  #changes: Change[] = [];
  #version = 100;
  /** Changes up to this version are forgotten. */
  #compacted = 100;

  get version(): number {
    return this.#version;
  }

  get compacted(): number {
    return this.#compacted;
  }

  list(plural: string): ObjectJson[] {
    const objects = [...(this.#objects.get(plural) ?? new Map<string, ObjectJson>())];
    return objects.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  since(version: number): readonly Change[] {
    return this.#changes.filter((change) => change.version > version);
  }

  put(plural: string, object: ObjectJson): Change {
    const map = this.#objects.get(plural) ?? new Map<string, ObjectJson>();
    this.#objects.set(plural, map);
    const before = map.get(keyOf(object));
    const version = ++this.#version;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } };
    map.set(keyOf(object), stored);
    const type = before === undefined ? 'ADDED' : 'MODIFIED';
    return this.#note({ type, version, plural, object: stored, before });
  }

  remove(plural: string, key: string): Change {
    const map = this.#objects.get(plural);
    const before = map?.get(key);
    if (before === undefined) throw new Error(`Cannot remove ${plural} "${key}": there is none`);
    map?.delete(key);
    const version = ++this.#version;
    // The last state of an object comes with the version of its end.
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: `${version}` } };
    return this.#note({ type: 'DELETED', version, plural, object, before });
  }

  /** Something else in the cluster changes. */
  advance(): void {
    this.#version++;
  }

  compact(): void {
    this.#changes = [];
    this.#compacted = this.#version;
  }

  /** Goes back in time, as etcd does when it is restored from a backup. */
  restore(version: number): void {
    const undone = this.#changes.filter((change) => change.version > version).reverse();
    for (const { plural, object, before } of undone) {
      const map = this.#objects.get(plural);
      if (before === undefined) map?.delete(keyOf(object));
      else map?.set(keyOf(object), before);
    }
    this.#changes = this.#changes.filter((change) => change.version <= version);
    this.#version = version;
  }

  #note(change: Change): Change {
    this.#changes.push(change);
    return change;
  }
}

export function keyOf({ metadata: { namespace, name } }: ObjectJson): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
