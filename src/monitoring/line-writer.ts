/**
 * Writes lines to a file descriptor, one write in flight, so that a reader that stalls holds nobody up. What
 * waits has a limit; what cannot be written is dropped and counted, never tried for ever.
 *
 * Not the logging library's own writer: at the exit, and after each fatal line, that one repeats a write that
 * failed until it succeeds, so on a full disk the process neither serves nor ends.
 */
import { close as closeDescriptor, write, writeSync } from 'node:fs';

/** Bytes, as counted in characters, that wait at most besides the write in flight. */
const MAX_WAITING = 1024 * 1024;
/** A pipe that is full and does not block; it is tried again after this time. */
const RETRY_MS = 50;
/** How often it is tried again while the process exits. */
const MAX_EXIT_RETRIES = 20;
const STANDARD_ERROR = 2;

export class LineWriter {
  readonly #fd: number;
  #waiting = '';
  /** What the write in flight has not written yet. */
  #inFlight: Buffer = NOTHING;
  #isWriting = false;
  /** Closed: what the reader does not take now is dropped. */
  #isGivenUp = false;
  #whenIdle: (() => void) | undefined;
  /** Number of lines that could not be written. */
  dropped = 0;

  constructor(fd: number) {
    this.#fd = fd;
    process.on('exit', this.#flush);
  }

  /** Takes a line with its end; never throws. */
  write(line: string): void {
    if (this.#waiting.length + line.length > MAX_WAITING) {
      this.dropped++;
      return;
    }
    this.#waiting += line;
    if (!this.#isWriting) this.#writeNext();
  }

  /** Resolves when all is written, or after `limitMs`, and never rejects; the descriptor is closed unless it is a standard one. */
  async close(limitMs: number): Promise<void> {
    if (this.#isWriting) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, limitMs);
        this.#whenIdle = () => {
          clearTimeout(limit);
          resolve();
        };
      });
    }
    this.#isGivenUp = true;
    process.off('exit', this.#flush);
    // A write that is still in flight would hit whatever gets the descriptor's number next.
    if (this.#fd > STANDARD_ERROR && !this.#isWriting) closeDescriptor(this.#fd, () => {});
  }

  #writeNext(): void {
    if (this.#inFlight.length === 0) {
      this.#inFlight = Buffer.from(this.#waiting);
      this.#waiting = '';
    }
    this.#isWriting = this.#inFlight.length > 0 && !this.#isGivenUp;
    if (this.#isWriting)
      write(this.#fd, this.#inFlight, (error, bytes) => this.#done(error, bytes));
    else this.#whenIdle?.();
  }

  #done(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error?.code === 'EAGAIN' && !this.#isGivenUp) {
      setTimeout(() => this.#writeNext(), RETRY_MS);
      return;
    }
    if (error === null) {
      this.#inFlight = this.#inFlight.subarray(bytes);
    } else {
      this.dropped += countLines(this.#inFlight);
      this.#inFlight = NOTHING;
    }
    this.#writeNext();
  }

  /** At the exit there is no event loop any more; a write in flight is left to finish by itself. */
  readonly #flush = (): void => {
    let rest = Buffer.from(this.#waiting);
    for (let retries = 0; rest.length > 0 && retries < MAX_EXIT_RETRIES; ) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(PAUSE, 0, 0, RETRY_MS);
        retries++;
      }
    }
  };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}

const LINE_FEED = 0x0a;
const NOTHING = Buffer.alloc(0);
/** Nothing ever changes in it, so that waiting for that is a pause. */
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
