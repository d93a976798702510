/**
 * Mistakes of `forward` that no entry makes by itself: zones that would never be asked for or are named twice,
 * upstreams that are this server. In: a file whose options are each as they should be; out: a list.
 */
import { parsePrefix } from '../dns/address.ts';
import { formatName } from '../dns/name.ts';
import { reverseZonesOf } from '../dns/reverse-name.ts';
import { findOwnListener } from './own-listener.ts';
import type { RelationMistake } from './relations.ts';
import type { ConfigurationFile } from './schema.ts';
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts';
import { formatUpstream, parseUpstream } from './upstream.ts';
import { canonicalZoneName, isZoneAtOrBelow } from './zone-name.ts';

/** Finds zones that two forwards have, or one twice. */
export function forwardZoneMistakes({ forward }: ConfigurationFile): RelationMistake[] {
  const seen = new Set<string>();
  return (forward ?? []).flatMap(({ zones }, i) =>
    zones.flatMap((zone, j) => {
      const name = canonicalZoneName(zone);
      if (!seen.has(name)) {
        seen.add(name);
        return [];
      }
      const expected = 'a zone that is not forwarded yet';
      return [{ path: `forward[${i}].zones[${j}]`, expected, received: zone }];
    }),
  );
}

/** Finds zones that are answered from the cluster, so that nobody would ever be asked. */
export function forwardOwnZoneMistakes(file: ConfigurationFile): RelationMistake[] {
  const ownZones = ownZonesOf(file);
  return (file.forward ?? []).flatMap(({ zones }, i) =>
    zones.flatMap((zone, j) =>
      ownZoneMistakes(zone, { path: `forward[${i}].zones[${j}]`, ownZones }),
    ),
  );
}

/** Gives the zones for which this server is the authority, without the final dot. */
export function ownZonesOf({ zones, reverseZones, serviceCidr }: ConfigurationFile): string[] {
  const ofPrefixes = serviceCidr
    .flatMap((prefix) => parsePrefix(prefix) ?? [])
    .flatMap(reverseZonesOf)
    .map(formatName);
  return [...zones, ...reverseZones, ...ofPrefixes].map(canonicalZoneName);
}

/** Gives a mistake where a name, or pattern, is at or below a zone that is ours. */
export function ownZoneMistakes(
  name: string,
  { path, ownZones }: { readonly path: string; readonly ownZones: readonly string[] },
): RelationMistake[] {
  const own = ownZones.find((zone) => isZoneAtOrBelow(name, zone));
  if (own === undefined) return [];
  return [{ path, expected: `a name outside "${own}", which is answered here`, received: name }];
}

/** Finds upstreams that a forward has twice. */
export function upstreamMistakes({ forward }: ConfigurationFile): RelationMistake[] {
  return (forward ?? []).flatMap(({ upstreams }, i) => {
    const texts = upstreams.map(canonicalUpstream);
    return upstreams.flatMap((upstream, j) => {
      if (texts.indexOf(texts[j]) === j) return [];
      const expected = 'an entry that is not listed yet';
      return [{ path: `forward[${i}].upstreams[${j}]`, expected, received: upstream }];
    });
  });
}

/** Finds upstreams that are our own listeners: each query would come back until the clients gave up. */
export function ownUpstreamMistakes({ forward, listen }: ConfigurationFile): RelationMistake[] {
  const own = listen.flatMap((each) => parseSocketAddress(each) ?? []);
  return (forward ?? []).flatMap(({ upstreams }, i) =>
    upstreams.flatMap((text, j) => {
      const upstream = parseUpstream(text);
      if (upstream?.kind !== 'server') return [];
      const listener = findOwnListener(upstream, own);
      if (listener === undefined) return [];
      const expected = `another server than this one, which listens on "${formatSocketAddress(listener)}"`;
      return [{ path: `forward[${i}].upstreams[${j}]`, expected, received: text }];
    }),
  );
}

function canonicalUpstream(text: string): string {
  const upstream = parseUpstream(text);
  return upstream === undefined ? text : formatUpstream(upstream);
}
