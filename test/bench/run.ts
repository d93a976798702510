/** Runs the benchmarks one after the other: `npm run bench:functions [-- PART OF A PATH]`. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const wanted = process.argv[2] ?? '';
const files = globSync('test/bench/**/*.bench.ts').sort();
const chosen = files.filter((file) => file.includes(wanted));

if (chosen.length === 0) {
  console.error(`Cannot find benchmark "${wanted}": there are\n${files.join('\n')}`);
  process.exitCode = 2;
}
for (const file of chosen) {
  console.log(`\n${file}`);
  const { status } = spawnSync(process.execPath, [file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
