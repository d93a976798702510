/** Lists of ports, of which a cluster has few, held once: what is equal is the same list. */
import type { EndpointPort, ServicePort } from '../resources.ts';
import { fitted } from './fitted.ts';

/** Lists that are remembered; beyond it all are forgotten, and shared anew. */
const MAX_LISTS = 4096;

type Port = EndpointPort | ServicePort;

export class SharedPorts {
  readonly #lists = new Map<string, readonly Port[]>();

  /** Gives the list that was shared first of those that are equal to it; it is never changed. */
  share<P extends Port>(list: readonly P[]): readonly P[] {
    const key = keyOf(list);
    const known = this.#lists.get(key);
    // Equal keys are of equal lists: only Services' ports have a target.
    if (known !== undefined) return known as readonly P[];
    if (this.#lists.size === MAX_LISTS) this.#lists.clear();
    const shared = fitted(list);
    this.#lists.set(key, shared);
    return shared;
  }
}

/** Says all that a list holds; lengths keep apart what texts could hide. */
function keyOf(list: readonly Port[]): string {
  let key = '';
  for (const each of list) {
    key += `${each.name.length} ${each.name} ${each.protocol} ${each.port}`;
    if ('targetPort' in each) key += targetOf(each.targetPort);
    key += ';';
  }
  return key;
}

function targetOf(port: number | string): string {
  return typeof port === 'number' ? `>${port}` : `>${port.length} "${port}`;
}
