/**
 * A process between vipdns and an API server that lets every watch expire when it is told to, so that all is listed
 * anew. Of its own, since it handles all of it twice: in the test's process it would delay who asks meanwhile.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { startApiProxy } from './api-proxy.ts';

const GONE = 410;

type Command =
  | { readonly kind: 'start'; readonly server: string; readonly ca: string }
  /** Ends every connection, and refuses to take up a watch. */
  | { readonly kind: 'expire' }
  | { readonly kind: 'allow' };

type Message =
  | { readonly kind: 'listening'; readonly url: string }
  /** The first list after `expire` was asked for. */
  | { readonly kind: 'listed'; readonly at: number };

export class ExpiringProxy {
  readonly #child: ChildProcess;
  readonly url: URL;

  private constructor(child: ChildProcess, url: URL) {
    this.url = url;
    this.#child = child;
  }

  static async start({ server, tls }: ApiAccess): Promise<ExpiringProxy> {
    const child = fork(new URL(import.meta.url), { execArgv: process.execArgv });
    tell(child, { kind: 'start', server: server.href, ca: String(tls?.ca) });
    const message = await next(child);
    if (message.kind !== 'listening')
      throw new Error(`Cannot start proxy: it said ${message.kind}`);
    return new ExpiringProxy(child, new URL(message.url));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets every watch expire; gives when the first list was asked for, in milliseconds since the epoch. */
  async expire(): Promise<number> {
    tell(this.#child, { kind: 'expire' });
    const message = await next(this.#child);
    if (message.kind !== 'listed')
      throw new Error(`Cannot expire watches: it said ${message.kind}`);
    return message.at;
  }

  /** From now on watches are taken up again. */
  allow(): void {
    tell(this.#child, { kind: 'allow' });
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

function tell(child: ChildProcess, command: Command): void {
  child.send(command);
}

async function next(child: ChildProcess): Promise<Message> {
  const [message] = await once(child, 'message');
  return message as Message;
}

/** What runs in the process. */
async function run({ server, ca }: Command & { kind: 'start' }): Promise<void> {
  let isExpired = false;
  let isListed = true;
  const proxy = await startApiProxy({
    access: () => ({ server: new URL(server), tls: { ca } }),
    refuse({ searchParams }) {
      if (searchParams.has('sendInitialEvents') && !isListed) {
        isListed = true;
        say({ kind: 'listed', at: Date.now() });
      }
      const isContinued = searchParams.has('watch') && searchParams.has('resourceVersion');
      return isExpired && isContinued ? GONE : undefined;
    },
  });
  process.on('message', ({ kind }: Command) => {
    isExpired = kind === 'expire';
    if (!isExpired) return;
    isListed = false;
    proxy.reset();
  });
  process.on('disconnect', () => process.exit());
  say({ kind: 'listening', url: proxy.url.href });
}

function say(message: Message): void {
  process.send?.(message);
}

if (process.send !== undefined && import.meta.main) {
  process.once('message', (command: Command & { kind: 'start' }) => void run(command));
}
