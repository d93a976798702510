/** The zone as two zone files (RFC 1035 section 5), for servers that read those. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchZone, CLUSTER_DOMAIN, REVERSE_ZONE, TTL } from '../bench-zone.ts';
import { formatRecordData, recordsOf } from '../zone-records.ts';

export interface ZoneFile {
  readonly apex: string;
  readonly path: string;
}

export const SOA_DATA = `SOA ns.dns.${CLUSTER_DOMAIN}. hostmaster.${CLUSTER_DOMAIN}. 1 7200 1800 86400 ${TTL}`;

export function writeZoneFiles(folder: string, zone: BenchZone): ZoneFile[] {
  const lines = new Map<string, string[]>(
    [CLUSTER_DOMAIN, REVERSE_ZONE].map((apex) => [
      apex,
      [`$TTL ${TTL}`, `${apex}. ${SOA_DATA}`, `${apex}. NS ns.dns.${CLUSTER_DOMAIN}.`],
    ]),
  );
  lines.get(CLUSTER_DOMAIN)?.push(`ns.dns.${CLUSTER_DOMAIN}. A 127.0.0.1`);
  for (const record of recordsOf(zone)) {
    const apex = record.type === 'PTR' ? REVERSE_ZONE : CLUSTER_DOMAIN;
    lines.get(apex)?.push(`${record.owner}. ${formatRecordData(record)}`);
  }
  return [...lines].map(([apex, text]) => {
    const path = join(folder, `${apex}.zone`);
    writeFileSync(path, `${text.join('\n')}\n`);
    return { apex, path };
  });
}
