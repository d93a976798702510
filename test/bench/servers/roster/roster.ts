/** The servers in the order in which they take turns. */
import { coredns, corednsWithCache } from './coredns.ts';
import { dnsmasq } from './dnsmasq.ts';
import { floor } from './floor.ts';
import { knotd } from './knotd.ts';
import { nsd } from './nsd.ts';
import type { Server } from './server.ts';
import { unbound } from './unbound.ts';
import { vipdnsBatch, vipdnsDgram } from './vipdns.ts';

export const SERVERS: readonly Server[] = [
  floor,
  vipdnsBatch,
  vipdnsDgram,
  knotd,
  nsd,
  dnsmasq,
  unbound,
  coredns,
  corednsWithCache,
];

/** Those that the others are set against. */
export const BASES = [floor, knotd, coredns] as const;
