/**
 * Folders of manifests as a source of objects. In: folders of YAML and JSON files; out: a store that is kept
 * in step with them, problems, and virtual IPs for Services that name none.
 *
 * What is served depends on the folders as they are, not on what came when: of an object that stands in two
 * files the first one's counts, in path order. Only of what is broken the last good version stays.
 */
import { normalize, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Prefix, parsePrefix } from '../../dns/address.ts';
import { type ObjectKey, type Resource, resourceKey } from '../resources.ts';
import type { Store } from '../store.ts';
import type { VipRequest } from './decode-service.ts';
import { type FoundFiles, findFiles } from './find-files.ts';
import { FolderWatcher } from './folder-watcher.ts';
import {
  type ManifestFile,
  type ManifestObject,
  type ObjectId,
  objectId,
  readManifestFile,
} from './manifest-file.ts';
import { type PlacedObject, placeObjects } from './place-objects.ts';
import { formatProblem, type Mistake, type Problem } from './problem.ts';
import { VipAllocator, type VipMemory, type VipResult, type Vips } from './vip-allocator.ts';
import { VipFile } from './vip-file.ts';
import { familyOf } from './vip-plan.ts';

export interface ManifestSourceOptions {
  /** Folders, or single files; the first one's objects count before those of the next. */
  readonly folders: readonly string[];
  /** Prefixes to give virtual IPs from, as `10.96.0.0/12`; the first one's family is the primary one. */
  readonly serviceCidr: readonly string[];
  /** Folder for what has to survive a restart; empty or absent for none. */
  readonly stateDir?: string;
  /** Only looks: writes nothing to the state folder. */
  readonly isReadOnly?: boolean;
  /** What a predecessor in this process gave out; counts before the state folder. */
  readonly remembered?: VipMemory;
  /** Called when virtual IPs were given out or became free, before they are in the store. */
  readonly onVips?: (memory: VipMemory) => void;
  /** Takes the objects; nothing else may write to it. */
  readonly store: Store;
  /** Called when a change of the files has changed the store; not at the start. */
  readonly onChange?: () => void;
  readonly onProblem?: (problem: Problem) => void;
}

/** A folder of manifests that cannot be read at the start. */
export class ManifestFolderError extends Error {
  readonly code = 'ERR_MANIFEST_FOLDER';
}

/** Reads manifests, and follows them until it is stopped. */
export class ManifestSource {
  readonly #options: ManifestSourceOptions;
  readonly #allocator: VipAllocator;
  readonly #vipFile: VipFile | undefined;
  /** In path order. */
  #files: ReadonlyMap<string, ManifestFile> = new Map();
  #found: FoundFiles | undefined;
  #objects: ReadonlyMap<ObjectId, PlacedObject> = new Map();
  #vips: ReadonlyMap<ObjectKey, Vips> = new Map();
  /** Problems between files, by their text. */
  #problems: ReadonlyMap<string, Problem> = new Map();
  #watcher: FolderWatcher | undefined;
  #toldVips: VipMemory = new Map();

  constructor(options: ManifestSourceOptions) {
    this.#options = { ...options, folders: options.folders.map(plainPath) };
    this.#allocator = new VipAllocator(options.serviceCidr.map(parseServiceCidr));
    const { stateDir = '' } = options;
    if (stateDir !== '')
      this.#vipFile = new VipFile(stateDir, {
        onProblem: (problem) => this.#report(problem),
        isReadOnly: options.isReadOnly ?? false,
      });
  }

  /** Reads all files into the store; throws ManifestFolderError where a folder cannot be read. */
  read(): void {
    this.#readAll();
  }

  /** Reads all files as `read()` does, then follows their changes until `stop()`. */
  start(): void {
    this.#watcher = new FolderWatcher({
      folders: this.#options.folders,
      found: this.#readAll(),
      onChange: (found) => {
        if (this.#apply(found)) this.#options.onChange?.();
      },
    });
  }

  /** Ends everything at once; nothing is called back afterwards. */
  stop(): void {
    this.#watcher?.stop();
  }

  /** Everything that is wrong at present. */
  get problems(): Problem[] {
    return [
      ...[...this.#files.values()].flatMap(({ problems }) => problems),
      ...this.#problems.values(),
      ...(this.#vipFile?.problems ?? []),
    ];
  }

  /** The virtual IPs of every Service that has some. */
  get vips(): ReadonlyMap<ObjectKey, Vips> {
    return this.#vips;
  }

  get fileCount(): number {
    return this.#files.size;
  }

  /** Number of objects that are of no use here: Deployments, ConfigMaps and so on. */
  get skippedCount(): number {
    return [...this.#files.values()].reduce((sum, { skipped }) => sum + skipped, 0);
  }

  #readAll(): FoundFiles {
    const { folders } = this.#options;
    const found = findFiles(folders);
    const problem = found.problems.find(({ file }) => folders.includes(file));
    if (problem !== undefined) {
      throw new ManifestFolderError(`Cannot read manifests "${problem.file}": ${problem.received}`);
    }
    const saved = this.#vipFile?.read();
    this.#allocator.restore(this.#options.remembered ?? saved ?? new Map());
    this.#apply(found);
    return found;
  }

  /** Takes in what is new; tells whether the store changed. */
  #apply(found: FoundFiles): boolean {
    this.#readFiles(found);
    const { objects, problems: duplicates } = placeObjects(this.#files.values());
    const problems = [...found.problems, ...duplicates];
    const vips = this.#allocateVips(objects, problems);
    const isChanged = this.#updateStore(objects, vips);
    this.#objects = objects;
    this.#vips = vips;
    this.#reportNew(problems);
    return isChanged;
  }

  #readFiles(found: FoundFiles): void {
    const files = new Map<string, ManifestFile>();
    for (const [path, stamp] of found.files) {
      const before = this.#files.get(path);
      const isNew = before === undefined || this.#found?.files.get(path) !== stamp;
      const file = isNew ? readManifestFile(path, before) : before;
      files.set(path, file);
      if (isNew) for (const problem of file.problems) this.#report(problem);
    }
    this.#files = files;
    this.#found = found;
  }

  #allocateVips(
    objects: ReadonlyMap<ObjectId, PlacedObject>,
    problems: Problem[],
  ): Map<ObjectKey, Vips> {
    const requests = new Map<ObjectKey, VipRequest>();
    for (const { object } of objects.values()) {
      if (object.vipRequest) requests.set(resourceKey(object.resource), object.vipRequest);
    }
    const vips = new Map<ObjectKey, Vips>();
    for (const [key, result] of this.#allocator.allocate(requests)) {
      const place = objects.get(objectId('Service', key));
      for (const mistake of mistakesOf(result)) {
        problems.push({
          file: place?.file ?? '',
          document: place?.object.document ?? 0,
          ...mistake,
        });
      }
      if ('addresses' in result) vips.set(key, result);
    }
    // Before anybody is told of an address: after a crash it has to be the same.
    const { memory } = this.#allocator;
    this.#vipFile?.write(memory);
    if (!isDeepStrictEqual(memory, this.#toldVips)) this.#options.onVips?.(memory);
    this.#toldVips = memory;
    return vips;
  }

  #updateStore(
    objects: ReadonlyMap<ObjectId, PlacedObject>,
    vips: ReadonlyMap<ObjectKey, Vips>,
  ): boolean {
    const { store } = this.#options;
    let isChanged = false;
    for (const [id, { object }] of this.#objects) {
      if (objects.has(id)) continue;
      store.remove(object.resource.kind, resourceKey(object.resource));
      isChanged = true;
    }
    for (const [id, { object }] of objects) {
      const key = resourceKey(object.resource);
      const isSame = this.#objects.get(id)?.object === object;
      if (isSame && isSameVips(this.#vips.get(key), vips.get(key))) continue;
      const resource = withVips(object, vips.get(key));
      if (resource === undefined) store.remove('Service', key);
      else store.put(resource);
      isChanged = true;
    }
    return isChanged;
  }

  /** Reports what was not wrong before between files; problems within a file are reported as it is read. */
  #reportNew(problems: readonly Problem[]): void {
    const byText = new Map(problems.map((problem) => [formatProblem(problem), problem]));
    for (const [text, problem] of byText) {
      if (!this.#problems.has(text)) this.#report(problem);
    }
    this.#problems = byText;
  }

  #report(problem: Problem): void {
    this.#options.onProblem?.(problem);
  }
}

/** Paths of files begin with their folder's as `join()` writes it: `./a/` is `a`. */
function plainPath(folder: string): string {
  const path = normalize(folder);
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}

function parseServiceCidr(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    throw new RangeError(`Cannot give virtual IPs from "${text}": it is not an address prefix`);
  }
  return prefix;
}

function mistakesOf(result: VipResult): readonly Mistake[] {
  if ('mistakes' in result) return result.mistakes;
  return result.notice === undefined ? [] : [result.notice];
}

/** Gives what is served of an object; nothing of a Service that should have virtual IPs and got none. */
function withVips({ resource, vipRequest }: ManifestObject, vips?: Vips): Resource | undefined {
  if (resource.kind !== 'Service' || vipRequest === undefined) return resource;
  if (vips === undefined) return undefined;
  const { addresses } = vips;
  return { ...resource, clusterIps: addresses, ipFamilies: addresses.map(familyOf) };
}

function isSameVips(a: Vips | undefined, b: Vips | undefined): boolean {
  return a?.addresses.join() === b?.addresses.join();
}
