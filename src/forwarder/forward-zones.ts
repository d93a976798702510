/** Which upstreams a name goes to: those of the longest zone that it is in. In: forwards; out: a set for a name. */
import { countLabels, encodeName, isAtOrBelow, type WireName } from '../dns/name.ts';
import type { UpstreamSet } from './upstream-set.ts';

export interface ForwardZone {
  /** Zones in presentation format, the root being empty. */
  readonly zones: readonly string[];
  readonly set: UpstreamSet;
}

export class ForwardZones {
  readonly #zones: readonly { readonly apex: WireName; readonly set: UpstreamSet }[];

  constructor(forwards: readonly ForwardZone[]) {
    this.#zones = forwards
      .flatMap(({ zones, set }) => zones.map((zone) => ({ apex: encodeName(zone), set })))
      .toSorted((a, b) => countLabels(b.apex) - countLabels(a.apex));
  }

  /** Gives the set for a folded name; undefined where no zone has it. */
  find(name: WireName): UpstreamSet | undefined {
    return this.#zones.find(({ apex }) => isAtOrBelow(name, apex))?.set;
  }
}
