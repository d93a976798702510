/**
 * From a parsed document to the resources in it. In: what a YAML or JSON parser gave; out: one result for
 * each object, which is a resource, or all of its mistakes. Lists are unfolded; kinds that are not served
 * are counted.
 */
import type { Kind, Labels, ObjectKey, Resource } from '../resources.ts';
import { resourceKey } from '../resources.ts';
import { decodeEndpointSlice } from './decode-endpoint-slice.ts';
import { decodeEndpoints } from './decode-endpoints.ts';
import { decodePod } from './decode-pod.ts';
import { decodeService, type VipRequest } from './decode-service.ts';
import { Field, isMapping } from './field.ts';
import { Mistakes } from './problem.ts';
import { DNS_LABEL, OBJECT_NAME } from './text-rules.ts';

export interface DecodedObject {
  readonly resource: Resource;
  /** What the Service asks for, where it is of a kind that has virtual IPs. */
  readonly vipRequest?: VipRequest;
}

/** What a document holds, in its order. */
export interface DecodedDocument {
  readonly objects: readonly DecodedObject[];
  readonly mistakes: Mistakes;
  /** Objects that have mistakes but can be told by kind and name. */
  readonly broken: readonly { readonly kind: Kind; readonly key: ObjectKey }[];
  /** Whether there is something with mistakes that cannot be told by kind and name. */
  readonly hasUnknown: boolean;
  /** Number of objects of kinds that are not served. */
  readonly skipped: number;
}

/** Name, namespace and labels: what all kinds have in common. */
export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
}

const API_VERSIONS: Readonly<Record<Kind, readonly string[]>> = {
  Namespace: ['v1'],
  Service: ['v1'],
  Endpoints: ['v1'],
  Pod: ['v1'],
  EndpointSlice: ['discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1'],
};

const MAX_LIST_DEPTH = 4;

/** Decodes the objects of one document. */
export function decodeDocument(document: unknown): DecodedDocument {
  const decoded = new Collector();
  decoded.add(new Field(document, { mistakes: decoded.mistakes }), { depth: 0 });
  return decoded;
}

/** Decodes one object of a kind that is known, whatever it says of itself; gives its mistakes where it has any. */
export function decodeObject(document: unknown, kind: Kind): Resource | Mistakes {
  const mistakes = new Mistakes();
  const object = new Field(document, { mistakes });
  const metadata = decodeMetadata(object.get('metadata'), kind);
  const { resource } = decodeKind(object, { kind, metadata });
  return mistakes.count === 0 ? resource : mistakes;
}

interface Inherited {
  readonly depth: number;
  /** Kind and version of the items of a `ServiceList`, which need not say it themselves. */
  readonly kind?: string;
  readonly apiVersion?: string;
}

class Collector implements DecodedDocument {
  readonly objects: DecodedObject[] = [];
  readonly mistakes = new Mistakes();
  readonly broken: { kind: Kind; key: ObjectKey }[] = [];
  hasUnknown = false;
  skipped = 0;

  add(object: Field, inherited: Inherited): void {
    if (!isMapping(object.value)) {
      this.#addUnknown(object, 'a Kubernetes object');
      return;
    }
    const kind = object.get('kind').text() || inherited.kind;
    const apiVersion = object.get('apiVersion').text() || inherited.apiVersion;
    if (!kind) this.#addUnknown(object.get('kind'), 'a kind, such as Service');
    else if (!apiVersion) this.#addUnknown(object.get('apiVersion'), 'a version, such as v1');
    else if (isList(kind, object)) this.#addItems(object, { ...inherited, apiVersion, kind });
    else if (isServed(kind, apiVersion)) this.#addObject(object, kind);
    else this.skipped++;
  }

  #addUnknown(field: Field, expected: string): void {
    field.addMistake(expected);
    this.hasUnknown = true;
  }

  #addItems(list: Field, { depth, kind = '', apiVersion = '' }: Inherited): void {
    const items = list.get('items');
    if (depth === MAX_LIST_DEPTH)
      this.#addUnknown(items, `at most ${MAX_LIST_DEPTH} lists in each other`);
    else if (!Array.isArray(items.value)) this.#addUnknown(items, 'a list');
    else {
      const ofItems = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), apiVersion };
      for (const item of items.items()) this.add(item, { depth: depth + 1, ...ofItems });
    }
  }

  #addObject(object: Field, kind: Kind): void {
    const mistakesBefore = this.mistakes.count;
    const metadata = decodeMetadata(object.get('metadata'), kind);
    const isNamed = this.mistakes.count === mistakesBefore;
    const decoded = decodeKind(object, { kind, metadata });
    if (this.mistakes.count === mistakesBefore) this.objects.push(decoded);
    else if (isNamed) this.broken.push({ kind, key: resourceKey(decoded.resource) });
    else this.hasUnknown = true;
  }
}

function isList(kind: string, object: Field): boolean {
  return kind === 'List' || (kind.endsWith('List') && Array.isArray(object.get('items').value));
}

/** Tells by the version, too: a Service of another group is something else. */
function isServed(kind: string, apiVersion: string): kind is Kind {
  return Object.hasOwn(API_VERSIONS, kind) && API_VERSIONS[kind as Kind].includes(apiVersion);
}

function decodeMetadata(metadata: Field, kind: Kind): Metadata {
  const isLabel = kind === 'Service' || kind === 'Namespace';
  return {
    name: metadata.get('name').requiredText(isLabel ? DNS_LABEL : OBJECT_NAME),
    namespace: metadata.get('namespace').text(DNS_LABEL) || 'default',
    labels: metadata.get('labels').labels(),
  };
}

function decodeKind(
  object: Field,
  { kind, metadata }: { kind: Kind; metadata: Metadata },
): DecodedObject {
  switch (kind) {
    case 'Namespace':
      return { resource: { kind, name: metadata.name, labels: metadata.labels } };
    case 'Service':
      return decodeService(object, metadata);
    case 'EndpointSlice':
      return { resource: decodeEndpointSlice(object, metadata) };
    case 'Endpoints':
      return { resource: decodeEndpoints(object, metadata) };
    case 'Pod':
      return { resource: decodePod(object, metadata) };
  }
}
