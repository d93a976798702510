/**
 * The state file `vips.json`: what was given out, so that a Service has the same virtual IP after a restart.
 * What cannot be read is set aside and reported, never taken for good.
 *
 *   {"version": 1, "addresses": {"shop/cart": ["10.96.71.3"]}}
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { formatAddress, parseAddress } from '../../dns/address.ts';
import { isMapping } from './field.ts';
import { isNotFound, messageOf } from './find-files.ts';
import type { Problem } from './problem.ts';
import type { VipMemory } from './vip-allocator.ts';

const NAME = 'vips.json';
const VERSION = 1;

export interface VipFileOptions {
  readonly onProblem: (problem: Problem) => void;
  /** Only looks: writes nothing, and sets nothing aside. */
  readonly isReadOnly?: boolean;
}

export class VipFile {
  readonly #path: string;
  readonly #folder: string;
  readonly #onProblem: (problem: Problem) => void;
  readonly #isReadOnly: boolean;
  /** What is wrong with the file at present. */
  problems: readonly Problem[] = [];
  /** What the file holds, as far as is known. */
  #written = '';

  constructor(folder: string, options: VipFileOptions) {
    this.#folder = folder;
    this.#path = join(folder, NAME);
    this.#onProblem = options.onProblem;
    this.#isReadOnly = options.isReadOnly ?? false;
  }

  /** Reads what was given out; nothing where there is no file yet, or none that can be used. */
  read(): VipMemory {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (!isNotFound(error)) this.#report('a readable file', messageOf(error));
      return new Map();
    }
    const memory = parseMemory(text);
    if (memory === undefined) this.#setAside();
    else this.#written = text;
    return memory ?? new Map();
  }

  /** Writes where there is something new; readers, and the next run, see the old file or the new one. */
  write(memory: VipMemory): void {
    const text = `${JSON.stringify({ version: VERSION, addresses: Object.fromEntries(memory) }, undefined, 1)}\n`;
    if (this.#isReadOnly || text === this.#written) return;
    try {
      makeFolder(this.#folder);
      const temporary = `${this.#path}.new`;
      writeDurably(temporary, text);
      renameSync(temporary, this.#path);
      this.#written = text;
      this.problems = [];
    } catch (error) {
      this.#report('a file to write virtual IPs to', messageOf(error));
    }
  }

  #setAside(): void {
    const aside = `${this.#path}.damaged`;
    const expected = `virtual IPs by Service, version ${VERSION}`;
    if (this.#isReadOnly) {
      this.#report(expected, 'something else');
      return;
    }
    try {
      renameSync(this.#path, aside);
      this.#report(expected, `something else, now in ${aside}`);
    } catch (error) {
      this.#report(expected, `something else, not moved away: ${messageOf(error)}`);
    }
  }

  #report(expected: string, received: string): void {
    const problem = { file: this.#path, document: 0, path: '', expected, received };
    const isNew = !this.problems.some((other) => isDeepStrictEqual(other, problem));
    this.problems = [problem];
    if (isNew) this.#onProblem(problem);
  }
}

/**
 * Makes a folder, and those above it, one by one: asked for all of them, Node.js goes round for ever where the kernel
 * has another reason not to make one, as below /proc.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Gives undefined where the text is not wholly what `write()` writes. */
function parseMemory(text: string): VipMemory | undefined {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isMapping(state) || state.version !== VERSION || !isMapping(state.addresses))
    return undefined;
  const memory = new Map<string, string[]>();
  for (const [key, addresses] of Object.entries(state.addresses)) {
    if (!Array.isArray(addresses) || !addresses.every(isAddress)) return undefined;
    memory.set(key, addresses);
  }
  return memory;
}

/** Only in the form of RFC 5952: addresses are compared as texts. */
function isAddress(value: unknown): value is string {
  const address = typeof value === 'string' ? parseAddress(value) : undefined;
  return address !== undefined && formatAddress(address) === value;
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
