/** vipdns from `dist` with one responder, once for each way to move datagrams. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../../../../src/version.ts';
import { CLUSTER_DOMAIN, SERVICE_CIDR, TTL } from '../bench-zone.ts';
import { endpointSlicesOf, namespacesOf, servicesOf } from '../objects.ts';
import type { Command, Server } from './server.ts';

export const VIPDNS_MAIN = fileURLToPath(new URL('../../../../dist/main.js', import.meta.url));

const OBJECTS_PER_FILE = 1000;

export type Io = 'batch' | 'dgram';

export const vipdnsBatch = createVipdns('batch');
export const vipdnsDgram = createVipdns('dgram');

function createVipdns(io: Io): Server {
  return {
    name: `vipdns-${io}`,
    isEcho: false,
    lacks: [],
    find: () => process.execPath,
    versionOf: () => `${VERSION} on Node.js ${process.versions.node}`,
    configure({ folder, port, zone, upstreams = [] }) {
      const manifests = join(folder, 'manifests');
      mkdirSync(manifests);
      const objects = [...namespacesOf(zone), ...servicesOf(zone), ...endpointSlicesOf(zone)];
      for (let from = 0; from < objects.length; from += OBJECTS_PER_FILE) {
        writeManifest(
          join(manifests, `${from}.json`),
          objects.slice(from, from + OBJECTS_PER_FILE),
        );
      }
      return configureVipdns({ folder, port, manifests, io, responders: 1, upstreams });
    },
    isReady: (output) => servingLine(output) !== undefined,
    remarkOf: (output) => `io: ${usedIo(output) ?? 'the log does not tell'}`,
  };
}

export interface VipdnsOptions {
  readonly folder: string;
  readonly port: number;
  /** Folder of manifests. */
  readonly manifests: string;
  readonly io: Io;
  readonly responders: number;
  /** Ports of 127.0.0.1 that queries for other names are forwarded to. */
  readonly upstreams?: readonly number[];
}

/** Writes a configuration, and gives the command that serves by it. */
export function configureVipdns({
  folder,
  port,
  upstreams = [],
  ...options
}: VipdnsOptions): Command {
  const file = join(folder, 'vipdns.yaml');
  writeFileSync(
    file,
    `listen: ["127.0.0.1:${port}"]
http: "127.0.0.1:0"
source:
  manifests: [${JSON.stringify(options.manifests)}]
zones: [${CLUSTER_DOMAIN}]
serviceCidr: [${SERVICE_CIDR}]
ttl: ${TTL}
responders: ${options.responders}
io: ${options.io}
${formatForwards(upstreams)}`,
  );
  return { program: process.execPath, arguments: [VIPDNS_MAIN, 'serve', '--config', file] };
}

function formatForwards(upstreams: readonly number[]): string {
  if (upstreams.length === 0) return '';
  const addresses = upstreams.map((port) => `"127.0.0.1:${port}"`).join(', ');
  return `forward: [{zones: ["."], upstreams: [${addresses}]}]\n`;
}

export function writeManifest(path: string, items: readonly object[]): void {
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/** Gives what a running vipdns logged when it began to serve. */
export function servingLine(output: string): Record<string, unknown> | undefined {
  return logLines(output).find(({ msg }) => msg === 'serving');
}

/** Gives the way that datagrams move by the log: asked for and used may differ. */
export function usedIo(output: string): string | undefined {
  const io = logLines(output)
    .map((line) => line.io)
    .find((value) => typeof value === 'string');
  return io as string | undefined;
}

function logLines(output: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line));
}
