/**
 * What is to be known of a list of ports to make SRV records of it. A cluster has few such lists, which its Services and
 * slices share, so each is looked at once.
 */
import { MAX_LABEL_BYTES } from '../dns/constants.ts';
import { writeLabel } from '../dns/name.ts';
import type { EndpointPort } from '../source/resources.ts';

/** A port with a name, which has SRV records of its own. */
export interface NamedPort {
  readonly port: number;
  /** Equal for ports that share their SRV records. */
  readonly key: string;
  /** Labels before the Service's name, `_http._tcp`, as they are on the wire. */
  readonly labels: Uint8Array;
  /** The last of them. */
  readonly protocolLabel: Uint8Array;
}

export interface PortPlan {
  /** Distinct; a port without a number has no record. */
  readonly numbers: readonly number[];
  /** Those whose names can be labels. */
  readonly named: readonly NamedPort[];
  /** Of all ports with a number. */
  readonly count: number;
}

const plans = new WeakMap<readonly EndpointPort[], PortPlan>();

/** Gives the plan of distinct ports, which are never changed. */
export function planOf(ports: readonly EndpointPort[]): PortPlan {
  const known = plans.get(ports);
  if (known !== undefined) return known;
  const numbered = ports.filter(({ port }) => port !== 0);
  const plan = {
    numbers: [...new Set(numbered.map(({ port }) => port))],
    named: numbered.flatMap((port) => namedPort(port) ?? []),
    count: numbered.length,
  };
  plans.set(ports, plan);
  return plan;
}

function namedPort({ name, protocol, port }: EndpointPort): NamedPort | undefined {
  if (name === '' || 1 + name.length > MAX_LABEL_BYTES) return undefined;
  const portLabel = labelOf(`_${name}`);
  const protocolLabel = labelOf(`_${protocol}`);
  const labels = Uint8Array.of(...portLabel, ...protocolLabel);
  return { port, key: `${protocol}/${name}`, labels, protocolLabel };
}

function labelOf(text: string): Uint8Array {
  const label = new Uint8Array(1 + text.length);
  writeLabel(text, label, 0);
  return label;
}

/** Leaves out a port that stands there twice. */
export function distinctPorts(ports: readonly EndpointPort[]): readonly EndpointPort[] {
  if (ports.length < 2) return ports;
  const byKey = new Map(
    ports.map((port) => [`${port.protocol}/${port.name}/${port.port}`, port] as const),
  );
  return byKey.size === ports.length ? ports : [...byKey.values()];
}
