/**
 * What becomes of a name that no zone of ours holds: forwarded, answered here since it means nothing outside this
 * machine, or refused. The longest zone that the name is in decides, so a forward of a special name goes first.
 * RFC 6761 section 6 (localhost, invalid), RFC 7686 section 2 (onion), RFC 9462 section 6.4 (resolver.arpa).
 */
import { countLabels, encodeName, ROOT, type WireName } from '../dns/name.ts';
import type { Query } from './query.ts';

/**
 * `forwarded`: somebody else knows; `loopback`: the name is this machine; `nowhere`: there is no such name;
 * `empty`: the name has nothing; `refused`: nobody is there to be asked.
 */
export type OutsideVerdict = 'forwarded' | 'loopback' | 'nowhere' | 'empty' | 'refused';

interface OutsideZone {
  readonly apex: WireName;
  readonly labelCount: number;
  readonly verdict: OutsideVerdict;
}

const SPECIAL: readonly OutsideZone[] = [
  zoneOf('localhost', 'loopback'),
  zoneOf('invalid', 'nowhere'),
  zoneOf('onion', 'nowhere'),
  zoneOf('resolver.arpa', 'empty'),
  zoneOf('', 'refused'),
];

export class OutsideZones {
  /** Where in the name the zone begins that decided last. */
  apexOffset = 0;
  readonly #zones: readonly OutsideZone[];

  /** `forwarded` are zones in presentation format, the root being empty. */
  constructor(forwarded: readonly string[]) {
    const forwards = forwarded.map((zone) => zoneOf(zone, 'forwarded'));
    // Sorting is stable: where both name the same zone, the forward comes first.
    this.#zones = [...forwards, ...SPECIAL].toSorted((a, b) => b.labelCount - a.labelCount);
  }

  /** Finds the zone of a query's name, and says what it means. */
  find(query: Query): OutsideVerdict {
    for (const { apex, labelCount, verdict } of this.#zones) {
      const offset = query.offsetOf(apex, labelCount);
      if (offset < 0) continue;
      this.apexOffset = offset;
      return verdict;
    }
    return 'refused';
  }
}

function zoneOf(name: string, verdict: OutsideVerdict): OutsideZone {
  const apex = name === '' ? ROOT : encodeName(name);
  return { apex, labelCount: countLabels(apex), verdict };
}
