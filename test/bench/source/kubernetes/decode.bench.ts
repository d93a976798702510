/**
 * What it takes to decode a streaming list of 10,000 EndpointSlices of 15 endpoints, in protobuf and in JSON, and
 * what the store then holds. One form at a time can be asked for, `node decode.bench.ts protobuf`; with
 * `--expose-gc` the heap that stays is told, too, and `--plain` leaves the endpoints unpacked.
 */
import { JsonCodec } from '../../../../src/source/kubernetes/json/json-codec.ts';
import { ProtobufCodec } from '../../../../src/source/kubernetes/protobuf/protobuf-codec.ts';
import { PackedEndpointSlice } from '../../../../src/source/packed-endpoint-slice.ts';
import type { Resource } from '../../../../src/source/resources.ts';
import { Store } from '../../../../src/source/store.ts';
import {
  type BodyWriter,
  JSON_WRITER,
  PROTOBUF_WRITER,
} from '../../../source/kubernetes/emulation/body-writer.ts';
import { sliceJson } from '../../../source/kubernetes/emulation/large-objects.ts';

const SLICES = 10_000;
const ENDPOINTS = 15;
/** As they come out of TLS. */
const CHUNK_BYTES = 16 * 1024;

const FORMS = {
  protobuf: { codec: new ProtobufCodec(), writer: PROTOBUF_WRITER },
  json: { codec: new JsonCodec(), writer: JSON_WRITER },
};

const wanted = process.argv[2];
for (const [form, { codec, writer }] of Object.entries(FORMS)) {
  if (wanted !== undefined && wanted !== form) continue;
  const body = encodeSlices(writer);
  const size = (body.length / 1e6).toFixed(1);
  const heapBefore = heapUsed();
  const startedAt = performance.now();
  const store = new Store();
  const reader = codec.createEventReader('EndpointSlice');
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    reader.read(body.subarray(at, at + CHUNK_BYTES), (event) => {
      if (event.type === 'ADDED' && 'resource' in event.object) put(store, event.object.resource);
    });
  }
  const ms = (performance.now() - startedAt).toFixed(0);
  const heap = ((heapUsed() - heapBefore) / 1e6).toFixed(1);
  console.log(`${form}: ${SLICES} slices, ${size} MB in ${ms} ms, ${heap} MB stay`);
  store.takeChanges();
}

function encodeSlices(writer: BodyWriter): Buffer {
  return Buffer.concat(
    Array.from({ length: SLICES }, (_, i) => writer.event('ADDED', sliceJson(i, ENDPOINTS))),
  );
}

function put(store: Store, resource: Resource): void {
  const isPacked = resource.kind === 'EndpointSlice' && !process.argv.includes('--plain');
  store.put(isPacked ? new PackedEndpointSlice(resource) : resource);
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
