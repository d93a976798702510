/**
 * One object of a known kind, from its message: what is served of it, or why nothing is.
 */
import { keyOf, type Resource } from '../../resources.ts';
import type { WatchedKind } from '../codec.ts';
import { ObjectError } from '../object-error.ts';
import type { ApiObject, Identity } from '../watch-event.ts';
import { decodeEndpointSlice } from './decode-endpoint-slice.ts';
import { decodeMetadataAlone, type ObjectMetadata } from './decode-metadata.ts';
import { decodePod } from './decode-pod.ts';
import { decodeService } from './decode-service.ts';
import type { Span, WireReader } from './wire-reader.ts';

export interface Decoded<R extends Resource> {
  readonly metadata: ObjectMetadata;
  readonly resource: R;
}

export interface Decoding {
  readonly kind: WatchedKind;
  /** Whether the names of the Pods behind endpoints are kept. */
  readonly keepsPodNames: boolean;
}

export function decodeObject(reader: WireReader, span: Span, decoding: Decoding): ApiObject {
  try {
    reader.reset(span);
    const { metadata, resource } = decodeKind(reader, decoding);
    return { ...identityOf(metadata), resource };
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    return { ...decodeIdentity(reader, span), problem: error.message };
  }
}

/** Decodes which object it is, and in which version. */
export function decodeIdentity(reader: WireReader, span: Span): Identity {
  reader.reset(span);
  return identityOf(decodeMetadataAlone(reader));
}

function decodeKind(reader: WireReader, { kind, keepsPodNames }: Decoding): Decoded<Resource> {
  switch (kind) {
    case 'Service':
      return decodeService(reader);
    case 'EndpointSlice':
      return decodeEndpointSlice(reader, { keepsPodNames });
    case 'Pod':
      return decodePod(reader);
    case 'Namespace': {
      const metadata = decodeMetadataAlone(reader);
      const { name, labels } = metadata;
      return { metadata, resource: { kind, name, labels } };
    }
  }
}

function identityOf(metadata: ObjectMetadata): Identity {
  const { namespace, name, resourceVersion } = metadata;
  return { key: namespace === '' ? name : keyOf(metadata), resourceVersion };
}
