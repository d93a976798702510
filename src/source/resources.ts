/**
 * What is kept of a Kubernetes object: the fields that are served or select what is served, no others
 * (an EndpointSlice of 100 endpoints is 29 KB as the API writes it, 4 KB here).
 * Every source builds these; nothing after it sees an API object.
 */

/** Label of an EndpointSlice that names its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export type Resource = Namespace | Service | EndpointSlice | Endpoints | Pod;
export type Kind = Resource['kind'];

/** `namespace/name`; the key of namespaced objects everywhere. */
export type ObjectKey = string;

export interface Namespace {
  readonly kind: 'Namespace';
  readonly name: string;
  readonly labels: Labels;
}

export interface Service {
  readonly kind: 'Service';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly type: ServiceType;
  /** Every virtual IP in text form, primary first; empty for headless Services and ExternalName. */
  readonly clusterIps: readonly string[];
  /** `clusterIP: None`. */
  readonly headless: boolean;
  /** Target host name of `type: ExternalName`, as written; empty for the other types. */
  readonly externalName: string;
  readonly ports: readonly ServicePort[];
  readonly publishNotReadyAddresses: boolean;
  /** Empty where the Service has none: its endpoints are then managed by hand. */
  readonly selector: Labels;
  /** Families of its Pods' addresses that count; absent where nothing was said, and both do. */
  readonly ipFamilies?: readonly IpFamily[];
}

export type IpFamily = 'IPv4' | 'IPv6';

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
export type Labels = Readonly<Record<string, string>>;

export interface ServicePort {
  /** Empty for the only port of a Service, which may go without. */
  readonly name: string;
  readonly protocol: Protocol;
  /** 1 to 65535. */
  readonly port: number;
  /** Port of the Pod behind it, by number or by name. */
  readonly targetPort: number | string;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Endpoints that share their ports; every origin of endpoints comes down to a list of these. */
export interface EndpointGroup {
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
  /** The endpoints as `packEndpoints()` writes them, where that is what is held. */
  readonly packedEndpoints?: string;
}

export interface EndpointSlice extends EndpointGroup {
  readonly kind: 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** From SERVICE_NAME_LABEL; empty where that is missing, and the slice then serves nobody. */
  readonly serviceName: string;
  readonly addressType: IpFamily | 'FQDN';
}

export interface Endpoint {
  readonly addresses: readonly string[];
  /** `conditions.ready`; absent counts as ready. */
  readonly ready: boolean;
  /** Empty where the endpoint has none. */
  readonly hostname: string;
  /** Name of the Pod that `targetRef` points to; empty where it points to none. */
  readonly podName: string;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  /** 0 where the slice leaves it open (all ports). */
  readonly port: number;
}

/** Endpoints (v1), which count only where a Service has no EndpointSlice. */
export interface Endpoints {
  readonly kind: 'Endpoints';
  readonly namespace: string;
  /** The Service's name, too. */
  readonly name: string;
  readonly subsets: readonly EndpointGroup[];
}

export interface Pod {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ips: readonly string[];
  /** Condition `Ready`. */
  readonly ready: boolean;
  /** Phase Succeeded or Failed, or being deleted: its addresses are no longer its own. */
  readonly gone: boolean;
  readonly hostname: string;
  readonly subdomain: string;
  /** Ports by name, for Services whose `targetPort` is a name. */
  readonly ports: readonly EndpointPort[];
}

/** Gives the key of a namespaced object: `namespace/name`. */
export function keyOf(object: { namespace: string; name: string }): ObjectKey {
  return `${object.namespace}/${object.name}`;
}

/** Gives the key under which any object is held: a Namespace has its name alone. */
export function resourceKey(resource: Resource): ObjectKey {
  return resource.kind === 'Namespace' ? resource.name : keyOf(resource);
}
