/** The servers that forward, and what is measured of them, both in the order of the report. */
import { coredns } from '../servers/roster/coredns.ts';
import { dnsmasq } from '../servers/roster/dnsmasq.ts';
import type { Server } from '../servers/roster/server.ts';
import { unbound } from '../servers/roster/unbound.ts';
import { vipdnsBatch } from '../servers/roster/vipdns.ts';
import type { Measurement } from './measurement.ts';
import { flood } from './measurements/flood.ts';
import { hit } from './measurements/hit.ts';
import { loop } from './measurements/loop.ts';
import { loss } from './measurements/loss.ts';
import { miss } from './measurements/miss.ts';
import { oneName } from './measurements/one-name.ts';
import { randomNames } from './measurements/random-names.ts';
import { silentBoth } from './measurements/silent-both.ts';
import { silentOne } from './measurements/silent-one.ts';
import { slowOne } from './measurements/slow-one.ts';
import { sourcePorts } from './measurements/source-ports.ts';

export const SERVERS: readonly Server[] = [vipdnsBatch, coredns, unbound, dnsmasq];

export const MEASUREMENTS: readonly Measurement[] = [
  hit,
  miss,
  silentOne,
  slowOne,
  loss,
  silentBoth,
  oneName,
  flood,
  sourcePorts,
  randomNames,
  loop,
];
