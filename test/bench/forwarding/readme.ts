/** The generated parts of the README beside this file: a section for each measurement, replaced when it is taken. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replaceFigures } from '../servers/readme.ts';

const README = fileURLToPath(new URL('README.md', import.meta.url));

/** Replaces the sections of these measurements, by name, and leaves the others. */
export function writeSections(sections: ReadonlyMap<string, string>): void {
  let text = readFileSync(README, 'utf8');
  for (const [name, section] of sections) text = replaceFigures(text, section, markersOf(name));
  writeFileSync(README, text);
}

export function markersOf(measurement: string): { readonly begin: string; readonly end: string } {
  return {
    begin: `<!-- begin of ${measurement}: npm run bench:forwarding writes what follows -->`,
    end: `<!-- end of ${measurement} -->`,
  };
}
