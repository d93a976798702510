/**
 * One comparison of what is held with what the server has, at one version of the server's (P). Changes go on while it
 * is made, so it keeps account of those that came since it began:
 *
 *   what is held and newer than P                       says nothing
 *   what the server has, and was removed meanwhile      says nothing
 *   what the server has in a newer version              is missing, unless it comes before the changes reach P
 *   what is held, not newer than P, and not there       should have been removed, unless that comes, too
 */
import type { ObjectKey } from '../resources.ts';
import type { HeldResource } from './held-resource.ts';
import type { Identity, ListMetadata } from './watch-event.ts';

const MAX_NAMED = 3;

export class Proof {
  readonly #held: HeldResource;
  readonly #stopObserving: () => void;
  /** What the server must have reached: it has said so before. */
  readonly #versionBefore: number;
  readonly #removed = new Set<ObjectKey>();
  readonly #deltas: { readonly resourceVersion: number; readonly delta: number }[] = [];
  /** Objects that the server has in a newer version than is held. */
  readonly #missing = new Map<ObjectKey, number>();
  #seen: Set<ObjectKey> | undefined = new Set();
  /** Objects that are held, and that the server does not have. */
  #extra: readonly ObjectKey[] = [];
  #count: number | undefined;
  #version = 0;

  /** Begins; the server is to be asked after this. */
  constructor(held: HeldResource) {
    this.#held = held;
    this.#versionBefore = held.version;
    this.#stopObserving = held.observe((key, { resourceVersion, delta }) => {
      if (delta < 0) this.#removed.add(key);
      if (delta !== 0) this.#deltas.push({ resourceVersion, delta });
    });
  }

  /** The server's version that is compared with. */
  get version(): number {
    return this.#version;
  }

  end(): void {
    this.#stopObserving();
  }

  /** Takes one of the objects that the server has. */
  takeIdentity({ key, resourceVersion }: Identity): void {
    this.#seen?.add(key);
    const held = this.#held.ledger.versionOf(key) ?? 0;
    if (held < resourceVersion) this.#missing.set(key, resourceVersion);
  }

  /** Says that every object has been taken. */
  endIdentities({ resourceVersion }: ListMetadata): void {
    this.#version = resourceVersion;
    const seen = this.#seen;
    this.#seen = undefined;
    this.#extra = [...this.#held.ledger.identities()]
      .filter((held) => !seen?.has(held.key) && held.resourceVersion <= resourceVersion)
      .map(({ key }) => key);
  }

  takeVersion({ resourceVersion }: ListMetadata): void {
    this.#version = resourceVersion;
  }

  /** Takes the number of objects instead of the objects. */
  takeCount(count: number): void {
    this.#count = count;
  }

  /** Tells what is wrong at present; undefined where nothing is. */
  findFault(): string | undefined {
    if (this.#version < this.#versionBefore) {
      return `the server went back from version ${this.#versionBefore} to ${this.#version}`;
    }
    if (this.#count !== undefined) return this.#findCountFault(this.#count);
    const missing = [...this.#missing].filter(([key, version]) => this.#isMissing(key, version));
    const extra = this.#extra.filter((key) => this.#isExtra(key));
    if (missing.length === 0 && extra.length === 0) return undefined;
    const named = [...missing.map(([key]) => key), ...extra].slice(0, MAX_NAMED).join(', ');
    return `${missing.length} are missing or old, ${extra.length} are gone on the server: ${named}`;
  }

  #findCountFault(count: number): string | undefined {
    let held = this.#held.ledger.size;
    for (const { resourceVersion, delta } of this.#deltas) {
      if (resourceVersion > this.#version) held -= delta;
    }
    return held === count ? undefined : `the server has ${count} objects, ${held} are held`;
  }

  #isMissing(key: ObjectKey, version: number): boolean {
    const held = this.#held.ledger.versionOf(key);
    return held === undefined ? !this.#removed.has(key) : held < version;
  }

  #isExtra(key: ObjectKey): boolean {
    const held = this.#held.ledger.versionOf(key);
    return held !== undefined && held <= this.#version;
  }
}
