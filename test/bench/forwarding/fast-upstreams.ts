/** Two upstreams that cost next to nothing, for what is measured in processor time. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exchange } from '../servers/exchange.ts';
import { findFreePort } from '../servers/free-port.ts';
import { findProgram } from '../servers/program.ts';
import { type RunningServer, startCommand } from '../servers/running-server.ts';
import type { Session } from '../servers/session.ts';

const SOURCE = fileURLToPath(new URL('upstream.c', import.meta.url));

export interface FastUpstreams {
  readonly ports: readonly number[];
  /** Queries so far whose name begins with `popular`, of both together. */
  popularQueries(): number;
  end(): Promise<void>;
}

/** Compiles and starts both on the client's processor. */
export async function startFastUpstreams(session: Session): Promise<FastUpstreams> {
  const compiler = findProgram('cc');
  if (compiler === undefined) throw new Error('Cannot start upstreams: no "cc" on this machine');
  const folder = session.createFolder('fast-upstreams');
  const program = join(folder, 'upstream');
  execFileSync(compiler, ['-O2', '-o', program, SOURCE]);
  const counts = [1, 2].map((number) => join(folder, `counts-${number}`));
  const servers: RunningServer[] = [];
  for (const file of counts) {
    const port = await findFreePort();
    const command = { program, arguments: [String(port), file] };
    const processors = session.processors.client;
    servers.push(await startCommand(session, command, { folder, port, processors, isReady }));

    async function isReady(): Promise<boolean> {
      await exchange('ready.example A', { port, transport: 'udp', limitMs: 1000 });
      return true;
    }
  }
  return {
    ports: servers.map(({ port }) => port),
    popularQueries: () =>
      counts.reduce((sum, file) => sum + Number(readFileSync(file).readBigUInt64LE(8)), 0),
    async end() {
      for (const server of servers) await server.end();
    },
  };
}
