/** vipdns as a process of its own, as a user starts it, from the sources unless another form is named. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runVipdns(...arguments_: string[]): Promise<Finished> {
  return await runVipdnsBy([], arguments_);
}

/** As `runVipdns()`, by a command that runs another one elsewhere. */
export async function runVipdnsBy(
  runner: readonly string[],
  arguments_: readonly string[],
): Promise<Finished> {
  const [command, ...rest] = [...runner, process.execPath, MAIN, ...arguments_];
  const child = spawn(command, rest);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [exitCode] = await once(child, 'close');
  return { exitCode, stdout: stdout(), stderr: stderr() };
}

export interface RunningServer {
  readonly child: ChildProcess;
  readonly port: number;
  /** Such as `http://127.0.0.1:9153`. */
  readonly http: string;
  /** Lines of the log so far. */
  lines(): Record<string, unknown>[];
  /** Sends a signal and gives the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `serve` on free ports, of loopback unless `--listen` says otherwise, and resolves when it serves. */
export async function startServer(...arguments_: string[]): Promise<RunningServer> {
  return await startServerBy([], arguments_);
}

/** As `startServer()`, by a command that runs another one elsewhere, such as `ip netns exec NAME`. */
export async function startServerBy(
  runner: readonly string[],
  arguments_: readonly string[],
  { main = MAIN } = {},
): Promise<RunningServer> {
  const listenOnLoopback = arguments_.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const ports = [...listenOnLoopback, '--http', '127.0.0.1:0'];
  const [command, ...rest] = [...runner, process.execPath, main, 'serve', ...ports, ...arguments_];
  const child = spawn(command, rest);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const lines = () =>
    stdout()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const ended = once(child, 'exit');
  let serving: Record<string, unknown> | undefined;
  while (serving === undefined) {
    const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), ended]);
    if (isOver !== false) throw new Error(`vipdns did not start: ${stdout()}${stderr()}`);
    serving = lines().find(({ msg }) => msg === 'serving');
  }
  const [listen] = serving.listen as string[];
  return {
    child,
    port: Number(listen.split(':')[1]),
    http: `http://${serving.http}`,
    lines,
    async stop(signal) {
      child.kill(signal);
      const [exitCode] = await ended;
      return exitCode;
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}
