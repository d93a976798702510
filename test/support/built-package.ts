/** The package as it is installed, in a folder of its own: built from the sources as they stand, whatever `dist` holds. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Makes such a package in an empty folder, of `modules` in place of the entries; gives the path of its `dist`. */
export function buildPackage(folder: string, modules: readonly string[] = []): string {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return buildDist(folder, modules);
}

/** Builds `dist` of such a package anew; gives its path. */
export function buildDist(folder: string, modules: readonly string[] = []): string {
  execFileSync(process.execPath, [join(ROOT, 'build.ts'), folder, ...modules]);
  return join(folder, 'dist');
}
