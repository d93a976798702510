/**
 * Every process that a run starts, each the leader of a process group of its own, so that what a server forks is
 * counted and ended with it. Nothing else is ever signalled.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface StartOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** As `taskset -c` takes them. */
  readonly processors: string;
  /** File that standard output and error go to. */
  readonly output: string;
}

export interface RunningProcess {
  /** Of the process, and of its group. */
  readonly pid: number;
  readonly hasExited: boolean;
  /** Resolves to the exit code, null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** What it has written so far. */
  readOutput(): string;
  /** Sends a signal to the whole group. */
  signal(signal: NodeJS.Signals): void;
}

export class ChildProcesses {
  readonly #groups = new Set<number>();

  /** Starts a program pinned to processors; `taskset` replaces itself by it, so that the process stays the same. */
  start({ program, output, ...options }: StartOptions): RunningProcess {
    const file = openSync(output, 'w');
    const child = spawn('taskset', ['-c', options.processors, program, ...options.arguments], {
      detached: true,
      stdio: ['ignore', file, file],
      env: { ...process.env, ...options.environment },
    });
    closeSync(file);
    const { pid } = child;
    if (pid === undefined) throw new Error('Cannot start "taskset": it is not on this machine');
    this.#groups.add(pid);
    // Whoever ends by itself may leave others of its group behind.
    child.once('exit', () => this.#killGroup(pid));
    return {
      pid,
      get hasExited() {
        return child.exitCode !== null || child.signalCode !== null;
      },
      exited: exitCodeOf(child),
      readOutput: () => readFileSync(output, 'utf8'),
      signal: (signal) => this.#signalGroup(pid, signal),
    };
  }

  /** Ends a process and all that it has started. There is nothing that it would have to save. */
  async end(running: RunningProcess): Promise<void> {
    this.#killGroup(running.pid);
    await running.exited;
  }

  /** Ends all of them at once, without waiting. */
  endAll(): void {
    for (const group of this.#groups) this.#killGroup(group);
  }

  #killGroup(group: number): void {
    this.#signalGroup(group, 'SIGKILL');
    this.#groups.delete(group);
  }

  #signalGroup(group: number, signal: NodeJS.Signals): void {
    if (!this.#groups.has(group)) return;
    try {
      process.kill(-group, signal);
    } catch {
      // Nobody of it is left.
    }
  }
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code;
}
