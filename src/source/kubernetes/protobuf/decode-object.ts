/**
 * One object of a known kind, from its message: what is served of it, or why nothing is.
 */
import { crc32 } from 'node:zlib';
import { keyOf, type Resource } from '../../resources.ts';
import type { WatchedKind } from '../codec.ts';
import type { NeededFields } from '../needed-fields.ts';
import { ObjectError } from '../object-error.ts';
import type { SharedPorts } from '../shared-ports.ts';
import type { ApiObject, Identity, IsHeld } from '../watch-event.ts';
import { decodeEndpointSlice } from './decode-endpoint-slice.ts';
import {
  decodeMetadata,
  decodeMetadataAlone,
  NO_METADATA,
  type ObjectMetadata,
} from './decode-metadata.ts';
import { decodePod } from './decode-pod.ts';
import { decodeService } from './decode-service.ts';
import type { Span, WireReader } from './wire-reader.ts';

export interface Decoded<R extends Resource> {
  readonly metadata: ObjectMetadata;
  readonly resource: R;
}

export interface Decoding {
  readonly kind: WatchedKind;
  readonly isHeld: IsHeld;
  readonly needed: NeededFields;
  readonly sharedPorts: SharedPorts;
}

export function decodeObject(reader: WireReader, span: Span, decoding: Decoding): ApiObject {
  const fingerprint = crc32(span.bytes.subarray(span.start, span.end)) | 0;
  try {
    reader.reset(span);
    const first = decodeFirst(reader, span, decoding);
    const { key, resourceVersion } = identityOf(first);
    const identity = { key, resourceVersion, fingerprint };
    if (decoding.isHeld(identity)) return { ...identity, isUnchanged: true };
    const { metadata, resource } = decodeKind(reader, decoding, first);
    if (metadata !== first) return { ...identityOf(metadata), resource };
    return { key, resourceVersion, fingerprint, resource };
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    return { ...decodeIdentity(reader, span), fingerprint, problem: error.message };
  }
}

/** Decodes which object it is, and in which version. */
export function decodeIdentity(reader: WireReader, span: Span): Identity {
  reader.reset(span);
  return identityOf(decodeMetadataAlone(reader, false));
}

/** Fields are written in the order of their numbers, so metadata come first; where they do not, nothing is taken. */
function decodeFirst(reader: WireReader, span: Span, decoding: Decoding): ObjectMetadata {
  if (reader.next() && reader.field === 1) return decodeMetadata(reader, keepsLabels(decoding));
  reader.reset(span);
  return NO_METADATA;
}

/** Reads what follows the metadata, or all where those are still to come. */
function decodeKind(
  reader: WireReader,
  decoding: Decoding,
  first: ObjectMetadata,
): Decoded<Resource> {
  const { kind } = decoding;
  switch (kind) {
    case 'Service':
      return decodeService(reader, first, decoding);
    case 'EndpointSlice':
      return decodeEndpointSlice(reader, first, decoding);
    case 'Pod':
      return decodePod(reader, first, decoding);
    case 'Namespace': {
      const metadata = decodeMetadataAlone(reader, true, first);
      const { name, labels } = metadata;
      return { metadata, resource: { kind, name, labels } };
    }
  }
}

/** Those of namespaces are few, and select what is in them. */
function keepsLabels({ kind, needed }: Decoding): boolean {
  return needed.labels || kind === 'Namespace';
}

function identityOf(metadata: ObjectMetadata): Identity {
  const { namespace, name, resourceVersion } = metadata;
  return { key: namespace === '' ? name : keyOf(metadata), resourceVersion };
}
