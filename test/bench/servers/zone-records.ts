/**
 * The records of the zone for servers that read records, not objects: those of the Kubernetes DNS specification
 * 2.3 and 2.4, which vipdns and CoreDNS make of the objects by themselves.
 */
import {
  type BenchHeadless,
  type BenchZone,
  ownerNameOf,
  PORT_NAME,
  PORT_NUMBER,
  reverseNameOf,
} from './bench-zone.ts';

export type ZoneRecord =
  | { readonly owner: string; readonly type: 'A'; readonly address: string }
  | { readonly owner: string; readonly type: 'PTR'; readonly target: string }
  | {
      readonly owner: string;
      readonly type: 'SRV';
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    };

/** Gives every record but SOA and NS, names without a final dot. */
export function* recordsOf({ services, headless }: BenchZone): Generator<ZoneRecord> {
  for (const service of services) {
    const owner = ownerNameOf(service);
    yield { owner, type: 'A', address: service.clusterIp };
    yield srv(owner, owner, 100);
    yield { owner: reverseNameOf(service.clusterIp), type: 'PTR', target: owner };
  }
  for (const set of headless) yield* recordsOfHeadless(set);
}

function* recordsOfHeadless(set: BenchHeadless): Generator<ZoneRecord> {
  const owner = ownerNameOf(set);
  for (const address of set.addresses) {
    const endpoint = `${address.replaceAll('.', '-')}.${owner}`;
    yield { owner: endpoint, type: 'A', address };
    yield { owner, type: 'A', address };
    yield srv(owner, endpoint, Math.max(1, Math.floor(100 / set.addresses.length)));
    yield { owner: reverseNameOf(address), type: 'PTR', target: endpoint };
  }
}

function srv(service: string, target: string, weight: number): ZoneRecord {
  const owner = `_${PORT_NAME}._tcp.${service}`;
  return { owner, type: 'SRV', weight, port: PORT_NUMBER, target };
}

/** Formats type and record data as zone files have them. */
export function formatRecordData(record: ZoneRecord): string {
  switch (record.type) {
    case 'A':
      return `A ${record.address}`;
    case 'PTR':
      return `PTR ${record.target}.`;
    case 'SRV':
      return `SRV 0 ${record.weight} ${record.port} ${record.target}.`;
  }
}
