/**
 * Builds `dist`: the modules of src in a few files, since loading a file costs each of three threads more than what is
 * in it. Packages stay what they are. Types are checked by `npm run check`, not here.
 *
 *   node build.ts [FOLDER [MODULE...]]     other modules, elsewhere; what the folder held before is gone
 */
import { build } from 'rolldown';
import { ENTRIES } from './src/entries.ts';

const [dir = 'dist', ...modules] = process.argv.slice(2);
const entries = Object.entries(ENTRIES).map(([name, module]) => [name, `src/${module}`]);

await build({
  input: modules.length > 0 ? modules : Object.fromEntries(entries),
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir,
    cleanDir: true,
    // All side by side, as src/entries.ts expects it; without hashes, for a stack trace to read well.
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  },
});
