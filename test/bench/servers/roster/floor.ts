/** The floor: a C program that answers nothing, compiled where there is a compiler. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, versionOf } from '../program.ts';
import type { Server } from './server.ts';

const SOURCE = fileURLToPath(new URL('../floor.c', import.meta.url));

export const floor: Server = {
  name: 'floor',
  isEcho: true,
  lacks: ['a-tcp'],
  find: () => findProgram('cc'),
  versionOf: (compiler) => `compiled by cc ${versionOf(compiler, '-dumpfullversion')}`,
  configure({ folder, program: compiler, port }) {
    const program = join(folder, 'floor');
    execFileSync(compiler, ['-O2', '-o', program, SOURCE]);
    return { program, arguments: [String(port)] };
  },
};
