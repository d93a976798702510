/**
 * One manifest file, read: the objects in it and its problems. In: a path, and what was read of it before;
 * out: what is to be served of it now, which for a broken object is what was last good of it.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Kind, ObjectKey } from '../resources.ts';
import { resourceKey } from '../resources.ts';
import { type DecodedObject, decodeDocument } from './decode-object.ts';
import { messageOf } from './find-files.ts';
import { parseDocuments } from './parse-documents.ts';
import type { Mistake, Problem } from './problem.ts';

/** Of kind and key, `Service shop/web`: what may exist once among all files. */
export type ObjectId = string;

export interface ManifestObject extends DecodedObject {
  /** Number of its document in the file; 0 for JSON. */
  readonly document: number;
}

export interface ManifestFile {
  readonly path: string;
  readonly objects: ReadonlyMap<ObjectId, ManifestObject>;
  readonly problems: readonly Problem[];
  /** Number of objects of kinds that are not served. */
  readonly skipped: number;
}

/** A list of 10,000 EndpointSlices as the API server writes it has 85 MB; Node.js holds texts of 512 MB. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** As many are reported of a document: a list of objects may go wrong in each of them. */
export const MAX_MISTAKES = 100;

/** Reads a file; never throws for what is in it, or that it cannot be read. */
export function readManifestFile(path: string, before?: ManifestFile): ManifestFile {
  const content = new Content(path);
  const text = content.readText();
  if (text !== undefined) {
    const isJson = path.endsWith('.json');
    for (const document of parseDocuments(text, { isJson })) {
      if ('value' in document) content.addDocument(document.number, { ...document, isJson });
      else content.addBroken(document.number, document.mistakes);
    }
  }
  content.keepLastGood(before);
  return content;
}

/** Gives the id under which an object is one. */
export function objectId(kind: Kind, key: ObjectKey): ObjectId {
  return `${kind} ${key}`;
}

class Content implements ManifestFile {
  readonly path: string;
  readonly objects = new Map<ObjectId, ManifestObject>();
  readonly problems: Problem[] = [];
  skipped = 0;
  /** Objects that have mistakes. */
  readonly #broken: ObjectId[] = [];
  /** Whether something broken may be any object. */
  #hasUnknown = false;

  constructor(path: string) {
    this.path = path;
  }

  readText(): string | undefined {
    try {
      const { size } = statSync(this.path);
      if (size <= MAX_FILE_BYTES) return readFileSync(this.path, 'utf8');
      const mistake = {
        path: '',
        expected: `at most ${MAX_FILE_BYTES} bytes`,
        received: `${size}`,
      };
      this.addBroken(0, [mistake]);
    } catch (error) {
      this.addBroken(0, [{ path: '', expected: 'a readable file', received: messageOf(error) }]);
    }
    return undefined;
  }

  addBroken(document: number, mistakes: Iterable<Mistake>): void {
    this.#hasUnknown = true;
    this.#addProblems(document, mistakes);
  }

  addDocument(number: number, { value, isJson }: { value: unknown; isJson: boolean }): void {
    const decoded = decodeDocument(value);
    this.skipped += decoded.skipped;
    this.#addProblems(number, decoded.mistakes);
    this.#hasUnknown ||= decoded.hasUnknown;
    for (const { kind, key } of decoded.broken) this.#broken.push(objectId(kind, key));
    // Texts that were cut out of a YAML file would keep all of the file in memory.
    for (const object of decoded.objects) this.#addObject(number, isJson ? object : copy(object));
  }

  /** What is broken stays as it was; where it is not known what is, all that is no longer seen stays. */
  keepLastGood(before: ManifestFile | undefined): void {
    if (before === undefined) return;
    const kept = this.#hasUnknown ? before.objects.keys() : this.#broken;
    for (const id of kept) {
      const object = before.objects.get(id);
      if (object !== undefined && !this.objects.has(id)) this.objects.set(id, object);
    }
  }

  #addObject(document: number, object: DecodedObject): void {
    const id = objectId(object.resource.kind, resourceKey(object.resource));
    const other = this.objects.get(id);
    if (other === undefined) this.objects.set(id, { ...object, document });
    else this.problems.push(duplicateProblem({ id, document, file: this.path, other: this.path }));
  }

  #addProblems(document: number, mistakes: Iterable<Mistake>): void {
    const place = { file: this.path, document };
    let count = 0;
    for (const mistake of mistakes) {
      if (count < MAX_MISTAKES) this.problems.push({ ...place, ...mistake });
      count++;
    }
    if (count <= MAX_MISTAKES) return;
    const received = `${count - MAX_MISTAKES} more`;
    this.problems.push({
      ...place,
      path: '',
      expected: `at most ${MAX_MISTAKES} mistakes`,
      received,
    });
  }
}

/** Says that an object stands in another place, too, which comes first. */
export function duplicateProblem(duplicate: {
  id: ObjectId;
  file: string;
  document: number;
  other: string;
}): Problem {
  const { id, file, document, other } = duplicate;
  const received = `${id}, which ${other === file ? 'stands above' : `is in ${other}`}`;
  return { file, document, path: 'metadata.name', expected: 'each object once', received };
}

function copy(object: DecodedObject): DecodedObject {
  return JSON.parse(JSON.stringify(object));
}
