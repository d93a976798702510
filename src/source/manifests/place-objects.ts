/**
 * Which file's object counts where several hold the same one.
 */
import {
  duplicateProblem,
  type ManifestFile,
  type ManifestObject,
  type ObjectId,
} from './manifest-file.ts';
import type { Problem } from './problem.ts';

/** An object that counts, and the file where it stands. */
export interface PlacedObject {
  readonly object: ManifestObject;
  readonly file: string;
}

/** Takes the first one of each object, in the order of the files; the others are problems. */
export function placeObjects(files: Iterable<ManifestFile>): {
  readonly objects: ReadonlyMap<ObjectId, PlacedObject>;
  readonly problems: readonly Problem[];
} {
  const objects = new Map<ObjectId, PlacedObject>();
  const problems: Problem[] = [];
  for (const file of files) {
    for (const [id, object] of file.objects) {
      const other = objects.get(id)?.file;
      const { document } = object;
      if (other === undefined) objects.set(id, { object, file: file.path });
      else problems.push(duplicateProblem({ id, file: file.path, document, other }));
    }
  }
  return { objects, problems };
}
