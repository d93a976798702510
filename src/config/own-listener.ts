/** Whether an address leads back to this server: what it forwards there comes in again. */
import { networkInterfaces } from 'node:os';
import type { SocketAddress } from './configuration.ts';
import { collides } from './socket-address.ts';

/** Finds the listener that takes what is sent to an address; undefined where none of ours does. */
export function findOwnListener(
  target: SocketAddress,
  listen: readonly SocketAddress[],
): SocketAddress | undefined {
  const isOfMachine = isLocal(target.address);
  return listen.find(
    (own) => collides(own, target) && (own.address === target.address || isOfMachine),
  );
}

/** Tells whether an address is this machine's at this moment; a wildcard, as a target, is loopback. */
function isLocal(target: string): boolean {
  const [address, scope] = target.split('%');
  if (address === '0.0.0.0' || address === '::' || address.startsWith('127.')) return true;
  return Object.entries(networkInterfaces()).some(([name, addresses = []]) =>
    addresses.some(
      (own) =>
        own.address === address &&
        (scope === undefined || scope === name || scope === `${own.scopeid}`),
    ),
  );
}
