/** Questions that are worth asking of what is served, for whoever starts the server for the first time. */
import type { Service } from '../source/resources.ts';

const MAX_EXAMPLES = 2;

/** Gives up to two questions as `dig` takes them: an address, and a named port. */
export function exampleQuestions(services: Iterable<Service>, domain: string): string[] {
  const all = [...services];
  const nameOf = ({ name, namespace }: Service) => `${name}.${namespace}.svc.${domain}`;
  const questions = all
    .filter(({ clusterIps }) => clusterIps.length > 0)
    .map((service) => nameOf(service));
  const ports = all.flatMap((service) =>
    service.ports
      .filter(({ name }) => name !== '')
      .map(({ name, protocol }) => `_${name}._${protocol.toLowerCase()}.${nameOf(service)} SRV`),
  );
  return [...questions.slice(0, 1), ...ports.slice(0, 1)].slice(0, MAX_EXAMPLES);
}
