/** NSD with one server process; a second process of it waits for zone transfers, and does nothing here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, versionOf } from '../program.ts';
import { PAYLOAD_BYTES } from '../query-file.ts';
import type { Server } from './server.ts';
import { writeZoneFiles } from './zone-file.ts';

export const nsd: Server = {
  name: 'nsd',
  isEcho: false,
  lacks: [],
  find: () => findProgram('nsd'),
  versionOf: (program) => versionOf(program, '-v'),
  configure({ folder, program, port, zone }) {
    const file = join(folder, 'nsd.conf');
    const zones = writeZoneFiles(folder, zone).map(
      ({ apex, path }) => `zone:\n  name: ${apex}\n  zonefile: ${path}\n`,
    );
    writeFileSync(
      file,
      `server:
  ip-address: 127.0.0.1
  port: ${port}
  server-count: 1
  minimal-responses: yes
  ipv4-edns-size: ${PAYLOAD_BYTES}
  username: ""
  chroot: ""
  zonesdir: ""
  database: ""
  pidfile: ""
  zonelistfile: ${join(folder, 'zone.list')}
  xfrdfile: ""
  xfrdir: ${folder}
  # No limit to the responses of one client, which is all there is here.
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
${zones.join('')}`,
    );
    return { program, arguments: ['-d', '-c', file] };
  },
};
