/**
 * Builds `dist`: the modules of src in a few files, since loading a file costs each of three threads more than what is
 * in it. Packages stay what they are, but for two. Types are checked by `npm run check`, not here.
 *
 *   node build.ts [PACKAGE [MODULE...]]     other modules, into `dist` of another folder
 *
 * What that `dist` held before is gone, and nothing else, whatever folder is named.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'rolldown';
import { ENTRIES } from './src/entries.ts';

/**
 * Packages that the start waits for, of which a small part is used: 95 files of zod take 60 ms longer. A manifest that
 * needs all of YAML has it loaded from the package's own files.
 */
const INSIDE = ['yaml', 'zod'];
const HOLDER = 'load-thread';
const licences = INSIDE.map((name) => {
  const text = readFileSync(resolve(import.meta.dirname, 'node_modules', name, 'LICENSE'), 'utf8');
  return `/*! ${name}\n\n${text.trim()}\n*/\n`;
}).join('');

const [folder = import.meta.dirname, ...modules] = process.argv.slice(2);
const entries = Object.entries(ENTRIES).map(([name, module]) => [name, `src/${module}`]);

await build({
  cwd: import.meta.dirname,
  input: modules.length > 0 ? modules : Object.fromEntries(entries),
  platform: 'node',
  external: (module) => /^[^./]/.test(module) && !INSIDE.includes(module),
  output: {
    dir: resolve(folder, 'dist'),
    cleanDir: true,
    // All side by side, as src/entries.ts expects it; without hashes, for a stack trace to read well.
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    banner: ({ name }) => (name === HOLDER ? licences : ''),
  },
});
