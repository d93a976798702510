/** Objects, lists and events of the API server from parsed JSON; what is served of an object is read as in manifests. */
import { decodeObject as decodeManifest } from '../../manifests/decode-object.ts';
import { isMapping } from '../../manifests/field.ts';
import { type Mistake, Mistakes } from '../../manifests/problem.ts';
import { PackedEndpointSlice } from '../../packed-endpoint-slice.ts';
import type { Resource } from '../../resources.ts';
import { ApiFormatError } from '../api-format-error.ts';
import type { WatchedKind } from '../codec.ts';
import { parseResourceVersion } from '../resource-version.ts';
import type { ApiObject, ApiStatus, Identity, ListMetadata } from '../watch-event.ts';

export type Mapping = Readonly<Record<string, unknown>>;

export function parseMapping(bytes: Buffer): Mapping {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ApiFormatError('Cannot decode message of the API server: it is no JSON', { cause });
  }
  return asMapping(value);
}

export function decodeObject(value: unknown, kind: WatchedKind): ApiObject {
  const identity = decodeIdentity(value);
  const decoded = decodeManifest(value, kind);
  if (!(decoded instanceof Mistakes)) return { ...identity, resource: packed(decoded) };
  return { ...identity, problem: [...decoded].map(formatMistake).join('; ') };
}

function packed(resource: Resource): Resource {
  return resource.kind === 'EndpointSlice' ? new PackedEndpointSlice(resource) : resource;
}

export function decodeIdentity(value: unknown): Identity {
  const metadata = metadataOf(value);
  const namespace = textOf(metadata.namespace);
  const name = textOf(metadata.name);
  return {
    key: namespace === '' ? name : `${namespace}/${name}`,
    resourceVersion: parseResourceVersion(textOf(metadata.resourceVersion)),
  };
}

export function decodeListMetadata(list: Mapping): ListMetadata {
  const metadata = metadataOf(list);
  const { remainingItemCount } = metadata;
  return {
    resourceVersion: parseResourceVersion(textOf(metadata.resourceVersion)),
    continueToken: textOf(metadata.continue),
    remainingItemCount: typeof remainingItemCount === 'number' ? remainingItemCount : undefined,
  };
}

export function decodeStatus(value: unknown): ApiStatus {
  const status = asMapping(value);
  const details = isMapping(status.details) ? status.details : {};
  return {
    code: numberOf(status.code),
    reason: textOf(status.reason),
    message: textOf(status.message),
    retryAfterSeconds: numberOf(details.retryAfterSeconds),
  };
}

export function metadataOf(value: unknown): Mapping {
  return asMapping(asMapping(value).metadata);
}

export function asMapping(value: unknown): Mapping {
  if (isMapping(value)) return value;
  throw new ApiFormatError('Cannot decode message of the API server: a mapping is missing');
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function formatMistake({ path, expected, received }: Mistake): string {
  return `${path}: expected ${expected}: received ${received}`;
}
