/** Datagrams that a server has not read yet: whoever asked has given up on them, and the next phase would pay. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** The slowest of servers has a full buffer read by then. */
const LIMIT_MS = 5000;
const LOOK_AGAIN_MS = 20;

/** Resolves when a server has read every datagram, or does not come to an end with it. */
export async function waitUntilRead(port: number): Promise<void> {
  const endsAt = performance.now() + LIMIT_MS;
  while (unreadBytes(readFileSync('/proc/net/udp', 'utf8'), port) > 0) {
    if (performance.now() > endsAt) return;
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** Gives the sum of the receive queues of a port, from /proc/net/udp (proc(5)). */
export function unreadBytes(table: string, port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ \S+ [0-9A-F]+:([0-9A-F]+) /gm);
  let bytes = 0;
  for (const [, localPort, queue] of lines) {
    if (localPort === hexPort) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
}
