/** Questions that are worth asking of what is served, for whoever starts the server for the first time. */
import type { Service } from '../source/resources.ts';

/** Gives up to two questions as `dig` takes them: the address of the Service with most ports, and one of those. */
export function exampleQuestions(services: Iterable<Service>, domain: string): string[] {
  const [service] = [...services]
    .filter(({ clusterIps }) => clusterIps.length > 0)
    .sort((a, b) => b.ports.length - a.ports.length);
  if (service === undefined) return [];
  const name = `${service.name}.${service.namespace}.svc.${domain}`;
  const port = service.ports.find((each) => each.name !== '');
  if (port === undefined) return [name];
  return [name, `_${port.name}._${port.protocol.toLowerCase()}.${name} SRV`];
}
