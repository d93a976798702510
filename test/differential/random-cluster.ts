/**
 * A cluster that is the same for the same seed, and changes that are, too. In: choices; out: operations on the API,
 * and the objects as they are after all of them.
 */
import { dashedAddress } from '../../src/zone/endpoint-name.ts';
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import { keyOf, type ObjectJson } from '../source/kubernetes/emulation/object-history.ts';
import { namespaceJson } from '../source/kubernetes/objects.ts';
import { type IpFamily, podAddress, VirtualIps } from './cluster-addresses.ts';
import {
  createClusterIpService,
  createExternalNameService,
  createHeadlessService,
  createPod,
  createPorts,
  createSlice,
  DOMAIN,
  type ObjectId,
} from './cluster-objects.ts';
import { fixedObjects } from './fixed-objects.ts';
import { ObjectBook, type Operation } from './object-book.ts';
import { OWN_SERVICE, ownServiceObjects } from './own-service.ts';
import type { RandomChoice } from './random-choice.ts';

const LONG_LABEL = 'l'.repeat(63);

export interface ClusterSize {
  readonly services: number;
  /** Addresses of the server's machine, which one Service leads to. */
  readonly ownAddresses: readonly string[];
}

/** Names that mean something elsewhere in a name, too. */
const NAMESPACES = ['default', 'shop', 'svc', 'pod', 'tcp', 'cluster', 'empty', LONG_LABEL];
const SERVICE_NAMES = ['web', 'db', 'api', 'http', 'tcp', 'udp', 'svc', 'pod', 'dns', 'cart'];
/** Endpoints have few addresses, so that many share one. */
const ADDRESSES = 60;
const MAX_ENDPOINTS = 6;
const LARGE_ENDPOINTS = 70;

export class RandomCluster {
  readonly #random: RandomChoice;
  readonly #book = new ObjectBook();
  readonly #virtualIps = new VirtualIps();
  readonly #ownAddresses: readonly string[];
  #rounds = 0;

  constructor(random: RandomChoice, { services, ownAddresses }: ClusterSize) {
    this.#random = random;
    for (const name of NAMESPACES) this.#book.put('namespaces', namespaceJson(name));
    for (let i = 0; i < services; i++) this.#addService(i);
    this.#addLargeServices();
    for (const { plural, object } of fixedObjects()) this.#book.putFixed(plural, object);
    this.#ownAddresses = ownAddresses;
    this.#addPods();
  }

  /** Gives the operations since the last call. */
  takeOperations(): Operation[] {
    return this.#book.takeOperations();
  }

  objects(plural: string): ObjectJson[] {
    return this.#book.objects(plural);
  }

  /** Gives those beyond the first of each Pod that runs, as `namespace/10-244-0-7`. */
  secondPodAddresses(): Set<string> {
    const running = this.objects('pods').filter(({ status }) => {
      const { phase } = status as { phase: string };
      return phase !== 'Succeeded' && phase !== 'Failed';
    });
    const texts = running.flatMap(({ metadata, status }) =>
      (status as { podIPs: { ip: string }[] }).podIPs
        .slice(1)
        .map(({ ip }) => `${metadata.namespace}/${dashedAddress(ip)}`),
    );
    return new Set(texts);
  }

  /** Changes this many objects at random. */
  change(count: number): void {
    if (this.#ownAddresses.length > 0) this.#changeOwnService();
    for (let i = 0; i < count; i++) this.#changeSomething(i);
    this.#rounds++;
  }

  #changeSomething(index: number): void {
    const random = this.#random;
    const services = this.#book.changeable('services');
    const dice = random.below(100);
    if (dice < 20) this.#removeOne('endpointslices');
    else if (dice < 35) this.#removeOne('services');
    else if (dice < 40) this.#removeOne('pods');
    else if (dice < 45) this.#book.put('namespaces', namespaceJson(`new-${this.#rounds}-${index}`));
    else if (dice < 65) this.#addService(1000 * (this.#rounds + 1) + index);
    else if (dice < 80) this.#replaceService(random.pick(services));
    else if (services.length > 0) this.#addSlices(idOf(random.pick(services)));
  }

  #removeOne(plural: string): void {
    const objects = this.#book.changeable(plural);
    if (objects.length > 0) this.#book.remove(plural, keyOf(this.#random.pick(objects)));
  }

  /** What kind a Service is of cannot change, so it goes and comes again. */
  #replaceService(service: ObjectJson | undefined): void {
    if (service === undefined) return;
    this.#book.remove('services', keyOf(service));
    this.#book.put('services', this.#createService(idOf(service)));
  }

  #addService(index: number): void {
    const random = this.#random;
    const name = index < SERVICE_NAMES.length ? SERVICE_NAMES[index] : this.#serviceName(index);
    // No Service is in the namespace that is empty.
    const namespaces = this.objects('namespaces').filter(
      ({ metadata }) => metadata.name !== 'empty',
    );
    const id = { namespace: random.pick(namespaces).metadata.name, name };
    if (this.#book.has('services', `${id.namespace}/${id.name}`)) return;
    // Without a Service, slices mean nothing.
    if (random.chance(95)) this.#book.put('services', this.#createService(id));
    if (random.chance(85)) this.#addSlices(id);
  }

  #serviceName(index: number): string {
    const random = this.#random;
    if (random.chance(5)) return `${LONG_LABEL.slice(0, 63 - 5)}-${index % 10_000}`.slice(0, 63);
    return random.chance(30) ? random.pick(SERVICE_NAMES) : `s-${index}`;
  }

  #createService(id: ObjectId): ApiJson {
    const random = this.#random;
    const dice = random.below(100);
    if (dice < 45) return createClusterIpService(id, random, this.#virtualIps);
    if (dice < 85) return createHeadlessService(id, random);
    return createExternalNameService(id, random, [
      `${id.name}.${id.namespace}.svc.${DOMAIN}`,
      `missing.${id.namespace}.svc.${DOMAIN}`,
      `svc.${DOMAIN}`,
      ...random.sample(this.objects('services'), 3).map((service) => this.#nameOf(service)),
    ]);
  }

  #nameOf({ metadata: { namespace, name } }: ObjectJson): string {
    return `${name}.${namespace}.svc.${DOMAIN}`;
  }

  #addSlices(id: ObjectId): void {
    const random = this.#random;
    const ports = createPorts(random, { mayBeNone: true });
    const count = 1 + random.below(3);
    for (let index = 0; index < count; index++) {
      this.#putSlice(id, {
        index,
        count: random.below(MAX_ENDPOINTS + 1),
        // Slices of one Service mostly have the same ports.
        ports: random.chance(70) ? ports : createPorts(random, { mayBeNone: true }),
      });
    }
  }

  /** More endpoints than a datagram holds, and then than the largest of ours. */
  #addLargeServices(): void {
    const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
    for (const [name, count] of [
      ['large', LARGE_ENDPOINTS],
      ['largest', 2 * LARGE_ENDPOINTS],
    ] as const) {
      const id = { namespace: 'shop', name };
      this.#book.putFixed('services', createHeadlessService(id, this.#random));
      for (const index of [0, 1]) this.#putSlice(id, { index, count, ports });
    }
  }

  #putSlice(
    id: ObjectId,
    rest: { index: number; count: number; ports: ReturnType<typeof createPorts> },
  ) {
    const random = this.#random;
    // What addresses a slice has is decided once: the family of its name goes with it.
    const family: IpFamily = rest.index % 2 === 0 ? 'IPv4' : 'IPv6';
    const isLarge = rest.count > MAX_ENDPOINTS;
    let next = 0;
    const nextAddress = () => {
      const number = isLarge ? 1000 + next++ : random.below(ADDRESSES);
      return isLarge || random.chance(97)
        ? podAddress(family, number)
        : this.#virtualIps.some(family, random);
    };
    this.#book.put('endpointslices', createSlice(id, random, { ...rest, family, nextAddress }));
  }

  /** First there is none, then one of each kind in turn. */
  #changeOwnService(): void {
    const { namespace, name } = OWN_SERVICE;
    if (this.#rounds > 0) this.#book.remove('services', `${namespace}/${name}`);
    const clusterIp = this.#rounds % 2 === 0 ? this.#virtualIps.next('IPv4') : 'None';
    for (const { plural, object } of ownServiceObjects(this.#ownAddresses, clusterIp)) {
      this.#book.putFixed(plural, object);
    }
  }

  #addPods(): void {
    const random = this.#random;
    for (const { metadata } of this.objects('namespaces')) {
      for (let i = 0; i < 4; i++) {
        const ips = [podAddress('IPv4', random.below(ADDRESSES))];
        if (random.chance(50)) ips.push(podAddress('IPv6', random.below(ADDRESSES)));
        if (random.chance(20)) ips.reverse();
        const id = { namespace: metadata.name, name: `pod-${i}` };
        this.#book.put('pods', createPod(id, random, ips));
      }
    }
  }
}

function idOf({ metadata: { namespace = '', name } }: ObjectJson): ObjectId {
  return { namespace, name };
}
