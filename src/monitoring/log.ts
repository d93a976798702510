/**
 * The log of the process, in the main thread. In: events; out: a line for each on a file descriptor, JSON for
 * machines, shorter text for a person at a terminal. The library costs 10 MB and 25 ms, so worker threads post
 * their events instead of loading it.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import { LineWriter } from './line-writer.ts';
import type { LogFunction, LogLevel } from './log-event.ts';
import { formatTerminalLine } from './terminal-line.ts';

const CLOSE_LIMIT_MS = 1000;

export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel | 'silent';
  /** File descriptor; 1, the standard output, by default. Another one is closed with the log. */
  readonly fd?: number;
  /** Writes for a person; by default where the file descriptor is a terminal. */
  readonly isTerminal?: boolean;
}

export interface Log {
  readonly log: LogFunction;
  /** Number of lines that could not be written since the start. */
  readonly dropped: number;
  /** Writes what waits, for at most a second, and drops what is logged later; never rejects. */
  close(): Promise<void>;
}

/** Opens the log; what waits when the process exits is written then. */
export function createLog({ level, fd = 1, isTerminal = isatty(fd) }: LogOptions): Log {
  const writer = new LineWriter(openNonBlocking(fd));
  let isOpen = true;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => writer.write(isTerminal ? formatTerminalLine(line) : line) },
  );
  return {
    log(...[eventLevel, message, fields]) {
      if (isOpen) logger[eventLevel](fields ?? {}, message);
      else writer.dropped++;
    },
    get dropped() {
      return writer.dropped;
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await writer.close(CLOSE_LIMIT_MS);
    },
  };
}

/**
 * Opens a pipe again, so that a full one refuses a write instead of holding it for ever: a write that waits in the
 * kernel keeps the process from ending. Whoever else has the pipe keeps it as it was. Linux only; elsewhere, and for
 * anything but a pipe, the descriptor stays.
 */
function openNonBlocking(fd: number): number {
  try {
    if (!fstatSync(fd).isFIFO()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}
