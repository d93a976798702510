/** Programs of this machine: where they are, and which version. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Servers lie where the PATH of an ordinary user does not look. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Gives the path of a program, undefined where the machine does not have it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Gives the first number with dots of what a program prints when it is asked for its version. */
export function versionOf(program: string, ...arguments_: string[]): string {
  const { stdout, stderr } = spawnSync(program, arguments_, { encoding: 'utf8' });
  return /\d+\.\d[\w.]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}
