/** Bodies as the API server writes them, in both forms, from API objects in their JSON form. */
import {
  type ApiJson,
  encodeEnvelope,
  encodeListMessage,
  encodeMessage,
  encodeWatchFrame,
} from './encode-protobuf.ts';

export interface ListJson {
  /** Of the items. */
  readonly kind: string;
  readonly metadata: ApiJson;
  readonly items: readonly ApiJson[];
}

export interface BodyWriter {
  readonly mediaType: string;
  readonly streamMediaType: string;
  list(list: ListJson): Buffer;
  event(type: string, object: ApiJson): Buffer;
  object(object: ApiJson): Buffer;
}

/** Of a kind that is followed, its list, and its bookmarks: a client with a scheme looks its messages up by it. */
export function apiVersionOf(kind: string): string {
  return API_VERSIONS[kind] ?? 'v1';
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  EndpointSlice: 'discovery.k8s.io/v1',
  PartialObjectMetadata: 'meta.k8s.io/v1',
};

export const PROTOBUF_WRITER: BodyWriter = {
  mediaType: 'application/vnd.kubernetes.protobuf',
  streamMediaType: 'application/vnd.kubernetes.protobuf;stream=watch',
  list: ({ kind, metadata, items }) =>
    encodeEnvelope(
      { apiVersion: apiVersionOf(kind), kind: `${kind}List` },
      encodeListMessage(kind, { metadata, items }),
    ),
  event: (type, object) => encodeWatchFrame(type, PROTOBUF_WRITER.object(object)),
  object: (object) => encodeEnvelope(object, encodeMessage(String(object.kind), object)),
};

export const JSON_WRITER: BodyWriter = {
  mediaType: 'application/json',
  streamMediaType: 'application/json',
  list: ({ kind, metadata, items }) =>
    Buffer.from(
      JSON.stringify({ apiVersion: apiVersionOf(kind), kind: `${kind}List`, metadata, items }),
    ),
  event: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
  object: (object) => Buffer.from(JSON.stringify(object)),
};
