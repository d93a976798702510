/** ObjectMeta and ListMeta (k8s.io/apimachinery, meta/v1/generated.proto). */
import type { Labels } from '../../resources.ts';
import { parseResourceVersion } from '../resource-version.ts';
import { INITIAL_EVENTS_END, type ListMetadata } from '../watch-event.ts';
import type { WireReader } from './wire-reader.ts';

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly resourceVersion: number;
  /** Whether it has a `deletionTimestamp`. */
  readonly isDeleted: boolean;
  readonly endsInitialEvents: boolean;
}

const NO_LABELS: Labels = Object.freeze({});

export const NO_METADATA: ObjectMetadata = {
  name: '',
  namespace: '',
  labels: NO_LABELS,
  resourceVersion: 0,
  isDeleted: false,
  endsInitialEvents: false,
};

export function decodeMetadata(reader: WireReader): ObjectMetadata {
  const metadata = { ...NO_METADATA };
  const labels: [string, string][] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) metadata.name = reader.repeatedText();
    else if (reader.field === 3) metadata.namespace = reader.repeatedText();
    else if (reader.field === 6) metadata.resourceVersion = parseResourceVersion(reader.text());
    else if (reader.field === 9) metadata.isDeleted = skipPresent(reader);
    else if (reader.field === 11) labels.push(decodeMapEntry(reader));
    else if (reader.field === 12) metadata.endsInitialEvents ||= isInitialEventsEnd(reader);
    else reader.skip();
  }
  reader.leave(outer);
  metadata.labels = toLabels(labels);
  return metadata;
}

/** Decodes the metadata of an object, its first field whatever its kind, where they are not read yet; skips the rest. */
export function decodeMetadataAlone(reader: WireReader, first = NO_METADATA): ObjectMetadata {
  let metadata = first;
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader);
    else reader.skip();
  }
  return metadata;
}

export function decodeListMetadata(reader: WireReader): ListMetadata {
  let resourceVersion = 0;
  let continueToken = '';
  let remainingItemCount: number | undefined;
  while (reader.next()) {
    if (reader.field === 2) resourceVersion = parseResourceVersion(reader.text());
    else if (reader.field === 3) continueToken = reader.text();
    else if (reader.field === 4) remainingItemCount = reader.int64();
    else reader.skip();
  }
  return { resourceVersion, continueToken, remainingItemCount };
}

/** Decodes an entry of a map of texts, such as labels and selectors. */
export function decodeMapEntry(reader: WireReader): [key: string, value: string] {
  let key = '';
  let value = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) key = reader.repeatedText();
    else if (reader.field === 2) value = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
  return [key, value];
}

/** As entries, since a label may be called "__proto__". */
export function toLabels(entries: readonly [string, string][]): Labels {
  return entries.length === 0 ? NO_LABELS : Object.fromEntries(entries);
}

/** Annotations may be long: their values are not made into texts unless the key is the right one. */
function isInitialEventsEnd(reader: WireReader): boolean {
  let isMarked = false;
  let value = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) isMarked = reader.repeatedText() === INITIAL_EVENTS_END;
    else if (reader.field === 2 && isMarked) value = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return value === 'true';
}

function skipPresent(reader: WireReader): true {
  reader.skip();
  return true;
}
