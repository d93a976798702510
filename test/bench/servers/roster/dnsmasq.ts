/** dnsmasq with addresses in a hosts file, which makes the PTR records too, and SRV records as options. */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type BenchZone, CLUSTER_DOMAIN, REVERSE_ZONE, TTL } from '../bench-zone.ts';
import { findProgram, versionOf } from '../program.ts';
import { PAYLOAD_BYTES } from '../query-file.ts';
import { recordsOf } from '../zone-records.ts';
import type { Server } from './server.ts';

export const dnsmasq: Server = {
  name: 'dnsmasq',
  isEcho: false,
  find: () => findProgram('dnsmasq'),
  versionOf: (program) => versionOf(program, '--version'),
  configure({ folder, program, port, zone }) {
    const file = join(folder, 'dnsmasq.conf');
    const hosts = join(folder, 'hosts');
    const { addresses, services } = formatRecords(zone);
    writeFileSync(hosts, addresses);
    writeFileSync(
      file,
      `port=${port}
listen-address=127.0.0.1
bind-interfaces
user=${userInfo().username}
pid-file=
log-facility=-
no-resolv
no-poll
no-hosts
addn-hosts=${hosts}
local=/${CLUSTER_DOMAIN}/${REVERSE_ZONE}/
local-ttl=${TTL}
edns-packet-max=${PAYLOAD_BYTES}
${services}`,
    );
    return { program, arguments: ['--keep-in-foreground', `--conf-file=${file}`] };
  },
};

function formatRecords(zone: BenchZone): { addresses: string; services: string } {
  const addresses: string[] = [];
  const services: string[] = [];
  for (const record of recordsOf(zone)) {
    if (record.type === 'A') addresses.push(`${record.address} ${record.owner}\n`);
    if (record.type !== 'SRV') continue;
    const { owner, target, port, weight } = record;
    services.push(`srv-host=${owner},${target},${port},0,${weight}\n`);
  }
  return { addresses: addresses.join(''), services: services.join('') };
}
