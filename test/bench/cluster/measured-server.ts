/**
 * A server as a Pod would run it: access by a service account's files and two variables, in a memory cgroup of its own
 * where that is asked for. Needs root, and unshare(1), for the folder that only the server is to see.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { kilobytesOf, parseStat } from '../servers/process-usage.ts';
import type { MemoryCgroup } from './memory-cgroup.ts';

const READY_LIMIT_MS = 60_000;
const ASK_MS = 20;
/** proc(5), USER_HZ. */
const TICKS_A_SECOND = 100;
/** Mounts a folder over /run, where a Pod has its service account, and becomes the server. */
const WITH_ACCOUNT = 'mount --bind "$0" /run && exec "$@"';
const WITH_CGROUP = `echo $$ > "$CGROUP/cgroup.procs" && ${WITH_ACCOUNT}`;

export interface ServerCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers 200 as soon as everything is served. */
  readonly readyUrl: string;
}

export interface Surroundings {
  readonly access: ApiAccess;
  /** Of its own: for the service account and the output. */
  readonly folder: string;
  readonly cgroup?: MemoryCgroup | undefined;
}

/** In MiB. */
export interface MemoryFigures {
  readonly resident: number;
  readonly peak: number;
  readonly anonymous: number;
  readonly file: number;
}

export class MeasuredServer {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** From the start of the process. */
  readonly readySeconds: Promise<number>;

  constructor(command: ServerCommand, { access, folder, cgroup }: Surroundings) {
    const account = join(folder, 'secrets', 'kubernetes.io', 'serviceaccount');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'token'), access.token ?? '');
    writeFileSync(join(account, 'ca.crt'), String(access.tls?.ca));
    const output = openSync(join(folder, 'output'), 'w');
    const script = cgroup === undefined ? WITH_ACCOUNT : WITH_CGROUP;
    const startedAt = performance.now();
    this.#child = spawn(
      'unshare',
      ['--mount', 'sh', '-c', script, folder, command.program, ...command.arguments],
      {
        stdio: ['ignore', output, output],
        env: {
          ...process.env,
          KUBERNETES_SERVICE_HOST: access.server.hostname,
          KUBERNETES_SERVICE_PORT: access.server.port,
          ...(cgroup && { CGROUP: cgroup.folder }),
          ...command.environment,
        },
      },
    );
    closeSync(output);
    this.#exited = once(this.#child, 'exit');
    this.readySeconds = this.#awaitReady(command.readyUrl, startedAt).catch((error) => {
      const tail = readFileSync(join(folder, 'output'), 'utf8').slice(-1000);
      throw new Error(`${error.message}: ${tail}`);
    });
  }

  /** Processor time of all its threads so far. */
  get processorSeconds(): number {
    const stat = parseStat(readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8'));
    return stat === undefined ? 0 : (stat.userTicks + stat.systemTicks) / TICKS_A_SECOND;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  readMemory(): MemoryFigures {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const mib = (name: string) => kilobytesOf(status, name) / 1024;
    return {
      resident: mib('VmRSS'),
      peak: mib('VmHWM'),
      anonymous: mib('RssAnon'),
      file: mib('RssFile'),
    };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }

  async #awaitReady(url: string, startedAt: number): Promise<number> {
    while (performance.now() - startedAt < READY_LIMIT_MS && !this.hasExited) {
      if ((await statusOf(url)) === 200) return (performance.now() - startedAt) / 1000;
      await sleep(ASK_MS);
    }
    const why = this.hasExited ? 'it has ended' : 'it is not ready';
    throw new Error(`Cannot measure server: ${why}`);
  }
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = http.get(url, { timeout: 1000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}
