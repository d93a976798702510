/** Objects that every cluster has, so that no row of docs/differences.md depends on chance. */
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import { endpointSliceJson, serviceJson } from '../source/kubernetes/objects.ts';
import { DOMAIN } from './cluster-objects.ts';

/** One that is published with an endpoint that is not ready. */
export const UNREADY_SERVICE = `unready.shop.svc.${DOMAIN}`;
export const UNREADY_ADDRESS = '10.246.0.2';

const VIRTUAL_IP = '10.96.100.1';
const GLUE_ADDRESSES = Array.from({ length: 7 }, (_, i) => `10.246.1.${i}`);
const PORTS = [{ name: 'http', protocol: 'TCP', port: 80 }];

export interface FixedObject {
  readonly plural: string;
  readonly object: ApiJson;
}

export function fixedObjects(): FixedObject[] {
  return [
    service(headless('unready', { publishNotReadyAddresses: true })),
    slice(withUnready(endpointSliceJson('shop/unready', ['10.246.0.1', UNREADY_ADDRESS]))),
    service(serviceJson('shop/fixed', VIRTUAL_IP)),
    // Nobody would do that, but any user can.
    service(headless('on-virtual-ip')),
    slice(endpointSliceJson('shop/on-virtual-ip', [VIRTUAL_IP])),
    slice(endpointSliceJson('shop/without-service', ['10.246.0.3'])),
    // One name for two addresses, only one of which has a port.
    service(headless('shared')),
    slice(withHostname(endpointSliceJson('shop/shared', ['10.246.0.4', '10.246.0.5']))),
    slice(withoutPorts(withHostname(endpointSliceJson('shop/shared', ['10.246.0.6'])))),
    // SRV records that fit into 512 bytes, and addresses that do not fit behind them.
    service(headless('glue')),
    slice(endpointSliceJson('shop/glue', GLUE_ADDRESSES)),
    service(alias('alias-inside', `fixed.shop.svc.${DOMAIN}`)),
    service(alias('alias-twice', `alias-inside.shop.svc.${DOMAIN}`)),
    service(alias('alias-outside', 'www.example.org')),
    service(alias('alias-missing', `missing.shop.svc.${DOMAIN}`)),
    service(alias('alias-loop', `alias-loop.shop.svc.${DOMAIN}`)),
  ];
}

function service(object: ApiJson): FixedObject {
  return { plural: 'services', object };
}

function slice(object: ApiJson): FixedObject {
  return { plural: 'endpointslices', object };
}

function headless(name: string, rest: ApiJson = {}): ApiJson {
  const spec = { clusterIP: 'None', clusterIPs: ['None'], ports: PORTS, ...rest };
  return { ...serviceJson(`shop/${name}`), spec };
}

function alias(name: string, externalName: string): ApiJson {
  return { ...serviceJson(`shop/${name}`), spec: { type: 'ExternalName', externalName } };
}

/** Controllers call all endpoints of a Service ready that publishes them anyway; this one is of somebody else. */
function withUnready(json: ApiJson): ApiJson {
  const [ready, unready] = json.endpoints as ApiJson[];
  return { ...json, endpoints: [ready, { ...unready, conditions: { ready: false } }] };
}

function withHostname(json: ApiJson): ApiJson {
  const [first, ...others] = json.endpoints as ApiJson[];
  return { ...json, endpoints: [{ ...first, hostname: 'same' }, ...others] };
}

function withoutPorts({ ports: _, metadata, ...rest }: ApiJson): ApiJson {
  return { ...rest, metadata: { ...(metadata as ApiJson), name: 'shared-without-ports' } };
}
