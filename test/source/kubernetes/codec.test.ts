/** The two codecs against each other, and each against bytes that are not what they should be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiFormatError } from '../../../src/source/kubernetes/api-format-error.ts';
import type { Codec, WatchedKind } from '../../../src/source/kubernetes/codec.ts';
import { JsonCodec } from '../../../src/source/kubernetes/json/json-codec.ts';
import { ALL_FIELDS } from '../../../src/source/kubernetes/needed-fields.ts';
import { ProtobufCodec } from '../../../src/source/kubernetes/protobuf/protobuf-codec.ts';
import type { ApiObject, WatchEvent } from '../../../src/source/kubernetes/watch-event.ts';
import { PackedEndpointSlice } from '../../../src/source/packed-endpoint-slice.ts';
import { endpointSliceJson, namespaceJson, podJson, serviceJson } from './arbitrary-objects.ts';
import { type BodyWriter, JSON_WRITER, PROTOBUF_WRITER } from './emulation/body-writer.ts';
import type { ApiJson } from './emulation/encode-protobuf.ts';

const protobuf = new ProtobufCodec();
const json = new JsonCodec();

const KINDS: readonly [WatchedKind, fc.Arbitrary<ApiJson>][] = [
  ['Service', serviceJson],
  ['EndpointSlice', endpointSliceJson],
  ['Namespace', namespaceJson],
  ['Pod', podJson],
];

const FORMS: readonly [string, Codec, BodyWriter][] = [
  ['protobuf', protobuf, PROTOBUF_WRITER],
  ['JSON', json, JSON_WRITER],
];

for (const [kind, arbitrary] of KINDS) {
  test(`a list of ${kind} objects is the same in protobuf and in JSON, however its bytes are cut`, () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 4 }), fc.nat(40), (items, chunkBytes) => {
        const list = {
          kind,
          metadata: { resourceVersion: '42', continue: 'more', remainingItemCount: 7 },
          items,
        };
        const [a, b] = FORMS.map(([, codec, writer]) =>
          readList(codec, kind, cut(writer.list(list), chunkBytes + 1)),
        );
        assert.deepEqual(a, b);
        assert.equal(a.objects.length, items.length);
        assert.equal(a.metadata.continueToken, 'more');
        assert.equal(a.metadata.resourceVersion, 42);
        assert.equal(a.metadata.remainingItemCount, 7);
        for (const object of a.objects) assert.ok('resource' in object, JSON.stringify(object));
      }),
    );
  });

  test(`a watch of ${kind} objects is the same in protobuf and in JSON, however its bytes are cut`, () => {
    const type = fc.constantFrom('ADDED', 'MODIFIED', 'DELETED');
    fc.assert(
      fc.property(fc.array(fc.tuple(type, arbitrary)), fc.nat(40), (changes, chunkBytes) => {
        const [a, b] = FORMS.map(([, codec, writer]) => {
          const body = Buffer.concat([
            ...changes.map(([each, object]) => writer.event(each, object)),
            writer.event('BOOKMARK', bookmark(kind, '77')),
          ]);
          return readEvents(codec, kind, cut(body, chunkBytes + 1));
        });
        assert.deepEqual(a, b);
        assert.equal(a.length, changes.length + 1);
        assert.deepEqual(a.at(-1), {
          type: 'BOOKMARK',
          resourceVersion: 77,
          endsInitialEvents: false,
        });
      }),
    );
  });
}

test('ProtobufCodec keeps the fields that are served', () => {
  const body = PROTOBUF_WRITER.list({
    kind: 'EndpointSlice',
    metadata: { resourceVersion: '9' },
    items: [
      {
        metadata: {
          name: 'web-x7k2p',
          namespace: 'shop',
          resourceVersion: '8',
          labels: { 'kubernetes.io/service-name': 'web' },
        },
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'web-0' }, hostname: 'web-0' },
          { addresses: ['10.0.0.2'], conditions: { ready: false } },
        ],
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      },
    ],
  });
  const { objects } = readList(protobuf, 'EndpointSlice', [body]);
  assert.deepEqual(objects, [
    {
      key: 'shop/web-x7k2p',
      resourceVersion: 8,
      resource: new PackedEndpointSlice({
        kind: 'EndpointSlice',
        namespace: 'shop',
        name: 'web-x7k2p',
        labels: { 'kubernetes.io/service-name': 'web' },
        serviceName: 'web',
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.0.1'], ready: true, hostname: 'web-0', podName: 'web-0' },
          { addresses: ['10.0.0.2'], ready: false, hostname: '', podName: '' },
        ],
        ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      }),
    },
  ]);
});

test('ProtobufCodec leaves out the names of Pods where nobody asks for them', () => {
  const item = {
    metadata: { name: 'web-1', namespace: 'shop' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'web-0' } }],
  };
  const body = PROTOBUF_WRITER.list({ kind: 'EndpointSlice', metadata: {}, items: [item] });
  const podNameOf = (codec: Codec) => {
    const [object] = readList(codec, 'EndpointSlice', [body]).objects;
    assert.ok('resource' in object && object.resource.kind === 'EndpointSlice');
    return object.resource.endpoints[0].podName;
  };
  assert.equal(podNameOf(protobuf), 'web-0');
  assert.equal(podNameOf(new ProtobufCodec({ ...ALL_FIELDS, podNames: false })), '');
});

for (const [kind, arbitrary] of KINDS) {
  test(`of a ${kind} the same fields are left out in protobuf and in JSON`, () => {
    const needs = fc.record({
      labels: fc.boolean(),
      selection: fc.boolean(),
      podNames: fc.boolean(),
      podDetails: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 4 }), needs, (items, needed) => {
        const list = { kind, metadata: { resourceVersion: '42' }, items };
        const [a, b] = [
          readList(new ProtobufCodec(needed), kind, [PROTOBUF_WRITER.list(list)]),
          readList(new JsonCodec(needed), kind, [JSON_WRITER.list(list)]),
        ];
        assert.deepEqual(a, b);
      }),
    );
  });
}

for (const [form, codec, writer] of FORMS) {
  test(`an object in ${form} that cannot be served costs itself alone`, () => {
    const metadata = { name: 'web', namespace: 'shop', resourceVersion: '8' };
    const ports = [{ port: 80, protocol: 'QUIC' }];
    const { objects } = readList(codec, 'Service', [
      writer.list({
        kind: 'Service',
        metadata: { resourceVersion: '9' },
        items: [
          { metadata, spec: { clusterIP: '10.0.0.1', ports } },
          { metadata: { ...metadata, name: 'api' }, spec: { clusterIP: '10.0.0.2' } },
        ],
      }),
    ]);
    const [web, api] = objects;
    assert.equal(web.key, 'shop/web');
    assert.match('problem' in web ? web.problem : '', /expected one of TCP, UDP, SCTP/);
    assert.ok('resource' in api);
  });

  test(`a watch in ${form} tells the end of the initial events, and errors`, () => {
    const events = readEvents(codec, 'Service', [
      writer.event('BOOKMARK', {
        ...bookmark('Service', '5'),
        metadata: {
          resourceVersion: '5',
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      }),
      writer.event('ERROR', {
        apiVersion: 'v1',
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: 'too old resource version',
        details: { retryAfterSeconds: 3 },
      }),
    ]);
    assert.deepEqual(events, [
      { type: 'BOOKMARK', resourceVersion: 5, endsInitialEvents: true },
      {
        type: 'ERROR',
        status: {
          code: 410,
          reason: 'Expired',
          message: 'too old resource version',
          retryAfterSeconds: 3,
        },
      },
    ]);
  });

  test(`a list of which nothing is served but names and versions is read from ${form}`, () => {
    const reader = codec.createIdentityListReader();
    const identities: unknown[] = [];
    const metadata = { name: 'web', namespace: 'shop', resourceVersion: '8' };
    const list = {
      kind: 'PartialObjectMetadata',
      metadata: { resourceVersion: '9' },
      items: [{ metadata }],
    };
    reader.read(writer.list(list), (each) => identities.push(each));
    assert.equal(reader.end((each) => identities.push(each)).resourceVersion, 9);
    assert.deepEqual(identities, [{ key: 'shop/web', resourceVersion: 8 }]);
  });

  test(`a list in ${form} that is cut off is an error, wherever the cut is`, () => {
    const body = writer.list({
      kind: 'Service',
      metadata: { resourceVersion: '9' },
      items: [{ metadata: { name: 'a', namespace: 'b', resourceVersion: '1' }, spec: {} }],
    });
    // What follows the list in its envelope is of no use, and may be missing.
    const end = form === 'protobuf' ? body.length - 4 : body.length;
    for (let length = 0; length < end; length++) {
      assert.throws(() => readList(codec, 'Service', [body.subarray(0, length)]), ApiFormatError);
    }
  });

  test(`damaged bytes in ${form} end in an event, an object or an ApiFormatError`, () => {
    fc.assert(
      fc.property(serviceJson, fc.nat(), fc.nat(255), (object, place, byte) => {
        for (const kind of ['Service', 'EndpointSlice', 'Pod', 'Namespace'] as const) {
          const events = writer.event('ADDED', object);
          events[place % events.length] = byte;
          onlyFormatErrors(() => readEvents(codec, kind, [events]));
          const list = writer.list({ kind: 'Service', metadata: {}, items: [object] });
          list[place % list.length] = byte;
          onlyFormatErrors(() => readList(codec, kind, [list]));
        }
      }),
      { numRuns: 500 },
    );
  });

  test(`any bytes instead of ${form} end in nothing or an ApiFormatError`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const body = Buffer.concat([Buffer.from('k8s\0'), bytes]);
        onlyFormatErrors(() => readEvents(codec, 'Pod', [body]));
        onlyFormatErrors(() => readList(codec, 'Pod', [body]));
        onlyFormatErrors(() => codec.decodeStatus(body));
      }),
    );
  });
}

test('ProtobufEventReader refuses a frame beyond the limit before its bytes come', () => {
  const length = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
  assert.throws(() => readEvents(protobuf, 'Pod', [length]), {
    code: 'ERR_API_FORMAT',
    message: 'Cannot decode watch event: it has 2147483647 bytes',
  });
});

test('JsonEventReader refuses a line beyond the limit', () => {
  const reader = json.createEventReader('Pod');
  const chunk = Buffer.alloc(8 * 1024 * 1024, ' ');
  assert.throws(() => {
    for (let i = 0; i < 4; i++) reader.read(chunk, () => {});
  }, ApiFormatError);
});

function bookmark(kind: string, resourceVersion: string): ApiJson {
  return { apiVersion: 'v1', kind, metadata: { resourceVersion } };
}

function cut(body: Buffer, chunkBytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let i = 0; i < body.length; i += chunkBytes) chunks.push(body.subarray(i, i + chunkBytes));
  return chunks;
}

function readList(codec: Codec, kind: WatchedKind, chunks: readonly Buffer[]) {
  const objects: ApiObject[] = [];
  const reader = codec.createListReader(kind);
  for (const chunk of chunks)
    reader.read(chunk, (object) => objects.push(withoutFingerprint(object)));
  const metadata = reader.end((object) => objects.push(withoutFingerprint(object)));
  return { objects, metadata };
}

function readEvents(codec: Codec, kind: WatchedKind, chunks: readonly Buffer[]): WatchEvent[] {
  const events: WatchEvent[] = [];
  const reader = codec.createEventReader(kind);
  for (const chunk of chunks)
    reader.read(chunk, (event) => {
      const isObject = event.type === 'ADDED' || event.type === 'MODIFIED';
      events.push(isObject ? { ...event, object: withoutFingerprint(event.object) } : event);
    });
  return events;
}

function onlyFormatErrors(run: () => void): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ApiFormatError, String(error));
  }
}

/** JSON has none: its bytes are not kept apart. */
function withoutFingerprint(object: ApiObject): ApiObject {
  const { fingerprint: _, ...rest } = object;
  return rest;
}
