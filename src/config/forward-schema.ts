/** The form of the options for names outside the zones: who is asked, what is kept, what is answered otherwise. */
import { z } from 'zod';
import { parseAddress } from '../dns/address.ts';
import { parseDuration } from './duration.ts';
import { parseSize } from './size.ts';
import { findUpstreamMistake } from './upstream.ts';
import { atLeastOne, explained, list, text, wholeNumber, yesOrNo } from './value-schemas.ts';
import { isForwardZone, isHostName, isNamePattern } from './zone-name.ts';

/** As the operators of CoreDNS know them. */
const POLICIES_OF_FILE = ['fastest', 'random', 'round_robin', 'sequential'] as const;
const MAX_UPSTREAMS = 15;
/** Each query that nobody here answers is compared with all of them. */
const MAX_REWRITES = 1000;
const MAX_CACHE_ENTRIES = 1_000_000;
const MIN_CACHE_BYTES = 4 << 20;
const MAX_CACHE_BYTES = 1 << 30;

const UPSTREAM =
  'an IP address, such as "10.0.0.53", "[fd00::1]:5353", "tcp://10.0.0.53" or "tls://10.0.0.54#dns.corp.example", or the absolute path of a resolv.conf';
const upstream = explained(UPSTREAM, findUpstreamMistake);
const forwardZone = text('a domain name, or "." for all', isForwardZone);
const hostName = text('a host name, such as "db.corp.example"', isHostName);
const address = text('an IP address', (value) => parseAddress(value) !== undefined);
const namePattern = text(
  'a name, such as "db.corp.example", or "*." and a name for all below it',
  isNamePattern,
);
const wholeSeconds = text(
  'a duration of whole seconds up to a day, such as "30s", "5m" or "1h"',
  (value) => (parseDuration(value) ?? Number.NaN) % 1000 === 0,
);
const ENTRIES = 'a number from 1 to 1000000';
const cacheSize = text('a size from 4MiB to 1GiB, such as "32MiB"', (value) => {
  const bytes = parseSize(value);
  return bytes !== undefined && bytes >= MIN_CACHE_BYTES && bytes <= MAX_CACHE_BYTES;
});
const forward = z.strictObject({
  zones: atLeastOne(forwardZone).describe('Names at and below which this holds; "." for all.'),
  upstreams: atLeastOne(upstream)
    .max(MAX_UPSTREAMS, { error: `at most ${MAX_UPSTREAMS} entries` })
    .describe(`Who is asked: ${UPSTREAM}. UDP without a scheme, and TCP after a truncated answer.`),
  policy: z
    .enum(POLICIES_OF_FILE)
    .default('fastest')
    .describe(
      'Which upstream is asked first: by measured health and time, at random, in turn, in order.',
    ),
});

const CACHE_DEFAULTS = {
  entries: 20_000,
  bytes: '32MiB',
  maxTtl: '1h',
  negativeMaxTtl: '5m',
  serveStale: '1h',
  prefetch: true,
};

const cache = z.strictObject({
  entries: wholeNumber(ENTRIES, [1, MAX_CACHE_ENTRIES])
    .default(CACHE_DEFAULTS.entries)
    .describe('Most answers that are kept.'),
  bytes: cacheSize.default(CACHE_DEFAULTS.bytes).describe('Most memory for them.'),
  maxTtl: wholeSeconds
    .default(CACHE_DEFAULTS.maxTtl)
    .describe('Longest time that an answer is kept, whatever its TTL.'),
  negativeMaxTtl: wholeSeconds
    .default(CACHE_DEFAULTS.negativeMaxTtl)
    .describe('Longest time that NODATA and NXDOMAIN are kept.'),
  serveStale: wholeSeconds
    .default(CACHE_DEFAULTS.serveStale)
    .describe('How long past its time an answer is given while upstreams fail; "0s" for never.'),
  prefetch: yesOrNo
    .default(CACHE_DEFAULTS.prefetch)
    .describe('Ask again for what is asked often, shortly before its time ends.'),
});

const rewriteRule = z.strictObject({
  from: namePattern.describe('The name that is asked for.'),
  to: namePattern.describe('The name that is answered in its place, of the same kind.'),
});

/** Part of the mapping of all options. */
export const forwardOptions = {
  forward: list(forward)
    .nullable()
    .default(null)
    .describe(
      'Where names outside the zones are asked for, the longest match first. Where it is null, all go to the nameservers of /etc/resolv.conf with source.kubernetes, and nowhere with manifests.',
    ),
  cache: cache.default(CACHE_DEFAULTS).describe('How answers of upstreams are kept.'),
  hosts: z
    .record(hostName, atLeastOne(address), { error: 'a mapping of names to lists of addresses' })
    .default({})
    .describe('Names outside the zones with addresses of their own: {name: [addresses]}.'),
  rewrite: list(rewriteRule)
    .max(MAX_REWRITES, { error: `at most ${MAX_REWRITES} entries` })
    .default([])
    .describe('Names outside the zones that are answered as others, once: the longest match.'),
  filterAaaa: yesOrNo
    .default(false)
    .describe('Answer questions for IPv6 addresses (AAAA) outside the zones with NODATA.'),
};
