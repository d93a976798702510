/**
 * dnsmasq with addresses in a hosts file, which makes the PTR records too. It has no SRV records: it goes through a
 * list of them at every query, and the 4,500 of 1,000 Services made an A query take four times as long.
 */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { CLUSTER_DOMAIN, REVERSE_ZONE, TTL } from '../bench-zone.ts';
import { findProgram, versionOf } from '../program.ts';
import { PAYLOAD_BYTES } from '../query-file.ts';
import { recordsOf, type ZoneRecord } from '../zone-records.ts';
import type { Server } from './server.ts';

export const dnsmasq: Server = {
  name: 'dnsmasq',
  isEcho: false,
  lacks: ['srv'],
  find: () => findProgram('dnsmasq'),
  versionOf: (program) => versionOf(program, '--version'),
  configure({ folder, program, port, zone, upstreams = [] }) {
    const file = join(folder, 'dnsmasq.conf');
    const hosts = join(folder, 'hosts');
    const addresses = [...recordsOf(zone)].filter((record) => record.type === 'A');
    writeFileSync(hosts, addresses.map(formatHost).join(''));
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
${formatForwards(upstreams)}`,
    );
    return { program, arguments: ['--keep-in-foreground', `--conf-file=${file}`] };
  },
};

function formatHost(record: Extract<ZoneRecord, { type: 'A' }>): string {
  return `${record.address} ${record.owner}\n`;
}

/** By default it keeps 150 names and forwards 150 queries at a time, which is for a home. */
function formatForwards(upstreams: readonly number[]): string {
  if (upstreams.length === 0) return '';
  const servers = upstreams.map((port) => `server=127.0.0.1#${port}\n`).join('');
  return `${servers}cache-size=10000\ndns-forward-max=2000\n`;
}
