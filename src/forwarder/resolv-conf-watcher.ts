/**
 * Follows the nameservers of a resolv.conf. In: its path; out: a list of addresses, and each new one. The file may be
 * written over, replaced, or be a symbolic link whose target changes, as in Kubernetes: so it is looked at, not
 * listened to. A look costs one stat(2).
 *
 * A change counts once two looks agree on it, so that a file that is being written is not read half. While nothing is
 * to be had of the file, what was last good of it stays.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import type { LogFunction } from '../monitoring/log-event.ts';
import { parseResolvConf } from './resolv-conf.ts';

const LOOK_EVERY_MS = 3000;
const SETTLE_MS = 200;
/** More than any list of nameservers needs. */
const MAX_FILE_BYTES = 64 << 10;

export interface ResolvConfWatcherOptions {
  readonly path: string;
  /** Tells whether what is sent to an address, port 53, comes back to this server. */
  readonly isOwn: (address: string) => boolean;
  /** Called with the list where it is not the one before; after the constructor only. */
  readonly onChange: (addresses: readonly string[]) => void;
  readonly log: LogFunction;
}

/** Reads at its construction, and follows until `stop()`. */
export class ResolvConfWatcher {
  readonly #options: ResolvConfWatcherOptions;
  #addresses: readonly string[] = [];
  /** What the file was when it was read, and at the last look. */
  #read: string;
  #seen: string;
  #isUnusable = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ResolvConfWatcherOptions) {
    this.#options = options;
    this.#read = stampOf(options.path);
    this.#seen = this.#read;
    this.#addresses = this.#load();
    this.#lookIn(LOOK_EVERY_MS);
  }

  /** The present list, in canonical form; empty where there is nobody to be asked. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Ends it at once; `onChange` is not called again. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(delayMs: number): void {
    // Nobody stays alive to look at a file.
    this.#timer = setTimeout(() => this.#look(), delayMs).unref();
  }

  #look(): void {
    const stamp = stampOf(this.#options.path);
    const isSettled = stamp === this.#seen;
    this.#seen = stamp;
    this.#lookIn(isSettled ? LOOK_EVERY_MS : SETTLE_MS);
    if (!isSettled || stamp === this.#read) return;
    this.#read = stamp;
    const addresses = this.#load();
    if (addresses.join() === this.#addresses.join()) return;
    this.#addresses = addresses;
    this.#options.onChange(addresses);
  }

  /** Gives what is in the file without our own addresses, or the last good list. */
  #load(): readonly string[] {
    const { path, isOwn, log } = this.#options;
    const { text, reason } = readText(path);
    const all = parseResolvConf(text);
    if (all.length === 0) return this.#keep(reason ?? 'it names no nameserver');
    const addresses = all.filter((address) => !isOwn(address));
    const own = all.filter((address) => !addresses.includes(address));
    if (own.length > 0) {
      const fields = { code: 'ERR_UPSTREAM_IS_SELF', path, addresses: own };
      log('warn', 'nameservers of resolv.conf are this very server and are left out', fields);
    }
    if (addresses.length === 0) {
      log('error', 'no upstream is left in resolv.conf', { code: 'ERR_NO_UPSTREAM', path });
    } else if (this.#isUnusable) {
      log('info', 'resolv.conf can be used again', { path, addresses });
    }
    this.#isUnusable = false;
    return addresses;
  }

  /** Says once that the file is of no use, however that goes on. */
  #keep(reason: string): readonly string[] {
    const { path, log } = this.#options;
    const fields = { code: 'ERR_RESOLV_CONF', path, reason, addresses: this.#addresses };
    const isAny = this.#addresses.length > 0;
    if (!this.#isUnusable) {
      if (isAny) log('warn', 'resolv.conf is of no use, its last nameservers stay', fields);
      else log('error', 'resolv.conf is of no use, there is no upstream', fields);
    }
    this.#isUnusable = true;
    return this.#addresses;
  }
}

/** Tells one state of a file from another, whatever stands behind its path; a missing one has a state, too. */
function stampOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** Gives the beginning of a file, or nothing and the reason. */
function readText(path: string): { text: string; reason?: string } {
  try {
    // A pipe would be waited for.
    if (!statSync(path).isFile()) return { text: '', reason: 'it is no file' };
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(MAX_FILE_BYTES);
      return { text: bytes.toString('latin1', 0, readSync(file, bytes)) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { errno, message } = error as NodeJS.ErrnoException;
    return { text: '', reason: errno === undefined ? message : getSystemErrorMessage(errno) };
  }
}
