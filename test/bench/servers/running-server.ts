/** A server as a process, from its configuration to its first answer. */
import { setTimeout } from 'node:timers/promises';
import { type BenchZone, ownerNameOf } from './bench-zone.ts';
import type { RunningProcess } from './child-processes.ts';
import { exchange } from './exchange.ts';
import { findFreePort } from './free-port.ts';
import type { Command, Server, ServerSetup } from './roster/server.ts';
import type { Session } from './session.ts';

/** 100,000 names take the slowest of them some seconds. */
const START_LIMIT_MS = 120_000;
const ASK_AGAIN_MS = 100;

export interface RunningServer {
  readonly process: RunningProcess;
  readonly port: number;
  end(): Promise<void>;
}

/** Starts a server of the roster with a zone; rejects with what it has printed if it does not come to answer. */
export async function startServer(
  session: Session,
  server: Server,
  setup: Omit<ServerSetup, 'folder' | 'port'>,
): Promise<RunningServer> {
  const folder = session.createFolder(server.name);
  const port = await findFreePort();
  const command = await server.configure({ ...setup, folder, port });
  const isReady = async (output: string) =>
    server.isReady?.(output) !== false &&
    (await answersAll(readyQuestions(setup.zone), port, server));
  return startCommand(session, command, { folder, port, isReady });
}

/** What is taken in last may be any of these. */
function readyQuestions({ services, headless }: BenchZone): string[] {
  const last = [services[0], services.at(-1), headless[0], headless.at(-1)];
  return last.flatMap((service) => (service === undefined ? [] : [`${ownerNameOf(service)} A`]));
}

async function answersAll(
  questions: readonly string[],
  port: number,
  { isEcho }: Pick<Server, 'isEcho'>,
): Promise<boolean> {
  for (const question of questions) {
    const { flags, answer } = await exchange(question, { port, transport: 'udp', limitMs: 1000 });
    if (answer.length === 0 && !flags.includes('tc') && !isEcho) return false;
  }
  return true;
}

export interface StartCommandOptions {
  readonly folder: string;
  readonly port: number;
  /** Tells whether it answers from everything; may reject until it does. */
  isReady(output: string): boolean | Promise<boolean>;
  /** Those of the server unless others are named. */
  readonly processors?: string;
}

/** Starts a command, and resolves when it is ready. */
export async function startCommand(
  session: Session,
  command: Command,
  options: StartCommandOptions,
): Promise<RunningServer> {
  const { folder, port, processors = session.processors.server } = options;
  const running = session.start(command, { folder, processors });
  await waitUntilReady(running, options);
  return { process: running, port, end: () => session.children.end(running) };
}

async function waitUntilReady(
  running: RunningProcess,
  { isReady }: Pick<StartCommandOptions, 'isReady'>,
): Promise<void> {
  const endsAt = performance.now() + START_LIMIT_MS;
  while (performance.now() < endsAt && !running.hasExited) {
    try {
      if (await isReady(running.readOutput())) return;
    } catch {
      // Nobody listens yet.
    }
    await setTimeout(ASK_AGAIN_MS);
  }
  const state = running.hasExited ? 'it has ended' : 'it does not answer';
  throw new Error(`Cannot start server: ${state}: ${running.readOutput().slice(-500)}`);
}
