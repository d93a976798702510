/** Programs beside the test. With this process they end as well, also where that is told to end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export function spawnProgram(file: string, arguments_: readonly string[]): ChildProcess {
  const child = spawn(file, arguments_, { stdio: 'ignore' });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** Kills it, stopped or not, and resolves when it has ended. */
export async function endProgram(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
