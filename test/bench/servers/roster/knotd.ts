/** Knot DNS with one worker for UDP and one for TCP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, versionOf } from '../program.ts';
import { PAYLOAD_BYTES } from '../query-file.ts';
import type { Server } from './server.ts';
import { writeZoneFiles } from './zone-file.ts';

export const knotd: Server = {
  name: 'knotd',
  isEcho: false,
  lacks: [],
  find: () => findProgram('knotd'),
  versionOf: (program) => versionOf(program, '--version'),
  configure({ folder, program, port, zone }) {
    const file = join(folder, 'knot.conf');
    const zones = writeZoneFiles(folder, zone).map(
      ({ apex, path }) => `  - domain: ${apex}\n    file: ${path}\n`,
    );
    writeFileSync(
      file,
      `server:
    rundir: ${folder}
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    udp-max-payload: ${PAYLOAD_BYTES}
log:
  - target: stderr
    any: warning
database:
    storage: ${folder}
template:
  - id: default
    journal-content: none
    zonefile-sync: -1
    semantic-checks: off
zone:
${zones.join('')}`,
    );
    return { program, arguments: ['-c', file] };
  },
};
