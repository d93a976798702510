/**
 * What a run needs from beginning to end: its processes, a temporary folder, the processors. However the run ends,
 * Ctrl-C included, its processes and its folder go with it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProcesses, type RunningProcess } from './child-processes.ts';
import { chooseProcessors, type Processors } from './processors.ts';
import type { Command } from './roster/server.ts';

/** What a shell gives for a program that SIGINT ended. */
const INTERRUPTED = 130;

export class Session {
  readonly children = new ChildProcesses();
  readonly processors: Processors = chooseProcessors();
  readonly #folder = mkdtempSync(join(tmpdir(), 'vipdns-bench-'));
  #count = 0;

  constructor() {
    process.on('exit', () => {
      this.children.endAll();
      // A process that is just being ended may write once more.
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => process.exit(INTERRUPTED));
    }
  }

  /** Makes a new folder, which goes with the session. */
  createFolder(name: string): string {
    const folder = join(this.#folder, `${++this.#count}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  /** Starts a command that writes its output into a folder. */
  start(
    { program, arguments: arguments_, environment = {} }: Command,
    { folder, processors }: { folder: string; processors: string },
  ): RunningProcess {
    return this.children.start({
      program,
      arguments: arguments_,
      environment,
      processors,
      output: join(folder, `output-${++this.#count}`),
    });
  }
}
