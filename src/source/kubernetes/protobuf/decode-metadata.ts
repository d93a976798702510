/** ObjectMeta and ListMeta (k8s.io/apimachinery, meta/v1/generated.proto). */
import { type Labels, SERVICE_NAME_LABEL } from '../../resources.ts';
import { NO_LABELS } from '../needed-fields.ts';
import { parseResourceVersion } from '../resource-version.ts';
import { INITIAL_EVENTS_END, type ListMetadata } from '../watch-event.ts';
import type { WireReader } from './wire-reader.ts';

/** Not a literal: one is made for each object of a list. */
export class ObjectMetadata {
  name = '';
  namespace = '';
  /** Empty where they are not needed. */
  labels: Labels = NO_LABELS;
  /** Of an EndpointSlice, from its label; empty where it has none. */
  serviceName = '';
  resourceVersion = 0;
  /** Whether it has a `deletionTimestamp`. */
  isDeleted = false;
  endsInitialEvents = false;
}

const NO_ENTRIES: [string, string][] = [];

export const NO_METADATA: Readonly<ObjectMetadata> = Object.freeze(new ObjectMetadata());

export function decodeMetadata(reader: WireReader, keepsLabels: boolean): ObjectMetadata {
  const metadata = new ObjectMetadata();
  const labels: [string, string][] = keepsLabels ? [] : NO_ENTRIES;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) metadata.name = reader.repeatedText();
    else if (reader.field === 3) metadata.namespace = reader.repeatedText();
    else if (reader.field === 6) metadata.resourceVersion = parseResourceVersion(reader.text());
    else if (reader.field === 9) metadata.isDeleted = skipPresent(reader);
    else if (reader.field === 11) {
      decodeMapEntry(reader);
      if (mapEntry.key === SERVICE_NAME_LABEL) metadata.serviceName = mapEntry.value;
      if (keepsLabels) labels.push([mapEntry.key, mapEntry.value]);
    } else if (reader.field === 12) metadata.endsInitialEvents ||= isInitialEventsEnd(reader);
    else reader.skip();
  }
  reader.leave(outer);
  if (labels.length > 0) metadata.labels = toLabels(labels);
  return metadata;
}

/** Decodes the metadata of an object, its first field whatever its kind, where they are not read yet; skips the rest. */
export function decodeMetadataAlone(
  reader: WireReader,
  keepsLabels: boolean,
  first: ObjectMetadata = NO_METADATA,
): ObjectMetadata {
  let metadata = first;
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader, keepsLabels);
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

/** What `decodeMapEntry()` has read last. */
export const mapEntry = { key: '', value: '' };

/** Decodes an entry of a map of texts, such as labels and selectors, into `mapEntry`. */
export function decodeMapEntry(reader: WireReader): void {
  mapEntry.key = '';
  mapEntry.value = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) mapEntry.key = reader.repeatedText();
    else if (reader.field === 2) mapEntry.value = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
}

/** As entries, since a label may be called "__proto__". */
export function toLabels(entries: readonly [string, string][]): Labels {
  return Object.fromEntries(entries);
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
