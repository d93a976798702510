/** Unbound with one thread and the zone as local data; it resolves nothing but what it forwards. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLUSTER_DOMAIN, REVERSE_ZONE, TTL } from '../bench-zone.ts';
import { findProgram, versionOf } from '../program.ts';
import { PAYLOAD_BYTES } from '../query-file.ts';
import { formatRecordData, recordsOf } from '../zone-records.ts';
import type { Server } from './server.ts';
import { SOA_DATA } from './zone-file.ts';

export const unbound: Server = {
  name: 'unbound',
  isEcho: false,
  lacks: [],
  find: () => findProgram('unbound'),
  versionOf: (program) => versionOf(program, '-V'),
  configure({ folder, program, port, zone, upstreams = [] }) {
    const file = join(folder, 'unbound.conf');
    const lines = [CLUSTER_DOMAIN, REVERSE_ZONE].flatMap((apex) => [
      `  local-zone: "${apex}." static`,
      `  local-data: "${apex}. ${TTL} ${SOA_DATA}"`,
    ]);
    for (const record of recordsOf(zone)) {
      lines.push(`  local-data: "${record.owner}. ${TTL} ${formatRecordData(record)}"`);
    }
    writeFileSync(
      file,
      `server:
  interface: 127.0.0.1
  port: ${port}
  num-threads: 1
  max-udp-size: ${PAYLOAD_BYTES}
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: ${folder}
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  incoming-num-tcp: 100
${lines.join('\n')}
${formatForwards(upstreams)}remote-control:
  control-enable: no
`,
    );
    return { program, arguments: ['-d', '-c', file] };
  },
};

function formatForwards(upstreams: readonly number[]): string {
  if (upstreams.length === 0) return '';
  const addresses = upstreams.map((port) => `  forward-addr: 127.0.0.1@${port}\n`).join('');
  return `  do-not-query-localhost: no\nforward-zone:\n  name: "."\n${addresses}`;
}
