/**
 * Resource versions as numbers, so that they can be compared. The API server's are revisions of etcd, and Kubernetes
 * promises since 1.35 that they are whole decimal numbers.
 */
import { ApiFormatError } from './api-format-error.ts';

/** Parses the text of a resource version; 0 where there is none. */
export function parseResourceVersion(text: string): number {
  const version = Number(text);
  if (/^\d*$/.test(text) && Number.isSafeInteger(version)) return version;
  throw new ApiFormatError(`Cannot decode resource version: "${text}" is not a whole number`);
}
