/**
 * From the form of the file to that of the threads: texts become what they mean, and what was left to other options
 * is settled. In: a file without a mistake, defaults filled in; out: the configuration.
 */
import { canonicalAddress } from '../dns/address.ts';
import type { CacheConfiguration, Configuration, ForwardConfiguration } from './configuration.ts';
import { parseDuration } from './duration.ts';
import type { ConfigurationFile } from './schema.ts';
import { parseSize } from './size.ts';
import { parseSocketAddress } from './socket-address.ts';
import { parseUpstream } from './upstream.ts';
import { canonicalZoneName } from './zone-name.ts';

export function completeConfiguration(file: ConfigurationFile): Configuration {
  const { lameduck, ...rest } = file;
  const { manifests, kubernetes } = file.source;
  return {
    ...rest,
    source: { kubernetes, manifests: kubernetes === null ? manifests : [] },
    listen: file.listen.map((each) => parsed(each, parseSocketAddress)),
    http: parsed(file.http, parseSocketAddress),
    zones: file.zones.map(canonicalZoneName),
    reverseZones: file.reverseZones.map(canonicalZoneName),
    lameduckMs: parsed(lameduck, parseDuration),
    forward: forwardOf(file).map(completeForward),
    cache: completeCache(file.cache),
    hosts: Object.entries(file.hosts).map(([name, addresses]) => ({
      name: canonicalZoneName(name),
      addresses: addresses.map((each) => parsed(each, canonicalAddress)),
    })),
    rewrite: file.rewrite.map(({ from, to }) => ({
      from: canonicalZoneName(from),
      to: canonicalZoneName(to),
    })),
  };
}

type ForwardOfFile = NonNullable<ConfigurationFile['forward']>[number];

/** A Pod has the resolver of its node; on a desk nobody wants his other names asked for. */
const FORWARD_OF_CLUSTER: ForwardOfFile = {
  zones: ['.'],
  upstreams: ['/etc/resolv.conf'],
  policy: 'fastest',
};

/** Gives what is forwarded; where the file leaves that open, what the source makes usual. */
function forwardOf({ forward, source }: ConfigurationFile): readonly ForwardOfFile[] {
  return forward ?? (source.kubernetes === null ? [] : [FORWARD_OF_CLUSTER]);
}

function completeForward({ zones, upstreams, policy }: ForwardOfFile): ForwardConfiguration {
  return {
    zones: zones.map(canonicalZoneName),
    upstreams: upstreams.map((each) => parsed(each, parseUpstream)),
    policy: policy === 'round_robin' ? 'roundRobin' : policy,
  };
}

function completeCache(cache: ConfigurationFile['cache']): CacheConfiguration {
  return {
    entries: cache.entries,
    bytes: parsed(cache.bytes, parseSize),
    maxTtlSeconds: parsed(cache.maxTtl, parseDuration) / 1000,
    negativeMaxTtlSeconds: parsed(cache.negativeMaxTtl, parseDuration) / 1000,
    serveStaleSeconds: parsed(cache.serveStale, parseDuration) / 1000,
    prefetch: cache.prefetch,
  };
}

/** Parses what the schema has let through, which it does only where that can be done. */
function parsed<Value>(text: string, parse: (text: string) => Value | undefined): Value {
  const value = parse(text);
  if (value === undefined) throw new TypeError(`Cannot parse "${text}" of the configuration`);
  return value;
}
