/** 10,000 Services and as many slices of 15 endpoints in 100 files, and whether a server has taken them in. */
import { join } from 'node:path';
import { ownerNameOf } from '../bench-zone.ts';
import { exchange } from '../exchange.ts';
import { buildService, buildSlice } from '../objects.ts';
import { writeManifest } from '../roster/vipdns.ts';
import type { Session } from '../session.ts';

const FILES = 100;
const SERVICES_PER_FILE = 100;
const ENDPOINTS = 15;
const LIMIT_MS = 2000;

/** Writes the files into a folder of their own, and gives that. */
export function prepareManifests(session: Session): string {
  const folder = session.createFolder('intake');
  for (let file = 0; file < FILES; file++) {
    const services = Array.from({ length: SERVICES_PER_FILE }, (_, i) => serviceAt(file, i));
    const objects = services.flatMap((service) => [
      buildService(service, service.clusterIp),
      buildSlice(service),
    ]);
    writeManifest(join(folder, `${file}.json`), objects);
  }
  return folder;
}

function serviceAt(file: number, i: number) {
  const number = file * SERVICES_PER_FILE + i;
  return {
    namespace: `intake-${i}`,
    name: `added-${number}`,
    clusterIp: `10.100.${number >> 8}.${number & 255}`,
    addresses: Array.from({ length: ENDPOINTS }, (_, j) => {
      const endpoint = number * ENDPOINTS + j;
      return `10.${128 + (endpoint >> 16)}.${(endpoint >> 8) & 255}.${endpoint & 255}`;
    }),
  };
}

/** Tells whether the last Service of every file is served, or of none; asks no further than the first that is not. */
export async function isServed(port: number, wanted: boolean): Promise<boolean> {
  for (let file = 0; file < FILES; file++) {
    const question = `${ownerNameOf(serviceAt(file, SERVICES_PER_FILE - 1))} A`;
    const { answer } = await exchange(question, { port, transport: 'udp', limitMs: LIMIT_MS });
    if (answer.length > 0 !== wanted) return false;
  }
  return true;
}
