/** Two upstreams that fail when they are told to, in a process of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Session } from '../servers/session.ts';

const PROGRAM = fileURLToPath(new URL('faulty-upstreams-process.ts', import.meta.url));

/** What an upstream does from now on; what is not said is as it should be. */
export interface Behaviour {
  readonly isSilent?: boolean;
  readonly delayMs?: number;
  /** Share of responses that are lost, 0 to 1. */
  readonly loss?: number;
  readonly rcode?: string;
  /** Port of 127.0.0.1 that it passes every query on to. */
  readonly relayPort?: number;
}

export interface UpstreamCounts {
  readonly queries: number;
  /** Different ports that they came from. */
  readonly ports: number;
}

export type Request =
  | { readonly type: 'behave'; readonly behaviours: readonly Behaviour[] }
  | { readonly type: 'reset' }
  | { readonly type: 'count' };

export class FaultyUpstreams {
  readonly ports: readonly number[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
  }

  /** Starts both on the client's processor; they end with this process, however it ends. */
  static async start(session: Session): Promise<FaultyUpstreams> {
    const pinned = ['-c', session.processors.client, process.execPath, PROGRAM];
    const child = spawn('taskset', pinned, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [ports] = (await once(child, 'message')) as [number[]];
    return new FaultyUpstreams(child, ports);
  }

  /** Says what each of them does from now on, and forgets what they were asked. */
  async behave(...behaviours: readonly [Behaviour, Behaviour]): Promise<void> {
    await this.#request({ type: 'behave', behaviours });
    await this.#request({ type: 'reset' });
  }

  /** Gives what each was asked since the last `behave()`. */
  count(): Promise<readonly UpstreamCounts[]> {
    return this.#request({ type: 'count' });
  }

  async queries(): Promise<number> {
    return (await this.count()).reduce((sum, { queries }) => sum + queries, 0);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  /** Requests go one after the other: the next response is that of this request. */
  async #request(request: Request): Promise<readonly UpstreamCounts[]> {
    this.#child.send(request);
    const [response] = await once(this.#child, 'message');
    return response;
  }
}
