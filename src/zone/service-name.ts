/** Names that a Service itself says: its own, and that which it is an alias of. */
import { isIP } from 'node:net';
import { MAX_LABEL_BYTES, MAX_NAME_BYTES } from '../dns/constants.ts';
import { FormatError } from '../dns/errors.ts';
import { encodeName, type WireName, writeLabel } from '../dns/name.ts';

const SVC = encodeName('svc').subarray(0, -1);

/** Gives `<service>.<namespace>.svc.<domain>`; undefined where that is longer than a name can be. */
export function serviceName(
  { name, namespace }: { name: string; namespace: string },
  domain: WireName,
): WireName | undefined {
  const parentBytes = 1 + namespace.length + SVC.length + domain.length;
  const areLabels = name.length <= MAX_LABEL_BYTES && namespace.length <= MAX_LABEL_BYTES;
  if (!areLabels || 1 + name.length + parentBytes > MAX_NAME_BYTES) return undefined;
  const bytes = new Uint8Array(1 + name.length + parentBytes);
  const at = writeLabel(namespace, bytes, writeLabel(name, bytes, 0));
  bytes.set(SVC, at);
  bytes.set(domain, at + SVC.length);
  return bytes;
}

/** Gives the target of an ExternalName; undefined where it is no domain name, an address among them. */
export function externalTarget(externalName: string): WireName | undefined {
  if (isIP(externalName) !== 0) return undefined;
  try {
    return encodeName(externalName);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
