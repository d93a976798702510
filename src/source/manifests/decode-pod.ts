/**
 * Pod (v1): its addresses while they are its own, and what makes it an endpoint of a Service.
 */
import type { EndpointPort, Pod } from '../resources.ts';
import { PROTOCOLS } from './decode-endpoint-slice.ts';
import type { Metadata } from './decode-object.ts';
import type { Field } from './field.ts';
import { ADDRESS, DNS_LABEL } from './text-rules.ts';

/** Decodes a Pod; one without a status, as people write it, has no address yet. */
export function decodePod(object: Field, metadata: Metadata): Pod {
  const spec = object.get('spec');
  const status = object.get('status');
  const phase = status.get('phase').text();
  const isDeleted = object.get('metadata').get('deletionTimestamp').isPresent;
  return {
    kind: 'Pod',
    ...metadata,
    ips: decodeIps(status),
    ready: isReady(status.get('conditions')),
    gone: isDeleted || phase === 'Succeeded' || phase === 'Failed',
    hostname: spec.get('hostname').text(DNS_LABEL),
    subdomain: spec.get('subdomain').text(DNS_LABEL),
    ports: decodeNamedPorts(spec.get('containers')),
  };
}

function decodeIps(status: Field): string[] {
  const ips = status.get('podIPs').items();
  if (ips.length > 0) return ips.map((item) => item.get('ip').requiredText(ADDRESS));
  const ip = status.get('podIP').text(ADDRESS);
  return ip === '' ? [] : [ip];
}

function isReady(conditions: Field): boolean {
  return conditions
    .items()
    .some(
      (condition) =>
        condition.get('type').text() === 'Ready' && condition.get('status').text() === 'True',
    );
}

function decodeNamedPorts(containers: Field): EndpointPort[] {
  return containers
    .items()
    .flatMap((container) => container.get('ports').items())
    .map((port) => ({
      name: port.get('name').text(),
      protocol: port.get('protocol').oneOf(PROTOCOLS, { absent: 'TCP' }),
      port: port.get('containerPort').wholeNumber({ min: 1, max: 65_535 }),
    }))
    .filter(({ name }) => name !== '');
}
