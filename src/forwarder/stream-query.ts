/** A query on its way over a connection: its frame, and who waits for the outcome. RFC 7766 section 8. */
import { HEADER_BYTES } from '../dns/constants.ts';
import { LENGTH_BYTES } from '../dns/tcp-framing.ts';
import { isResponseTo } from './is-response-to.ts';
import type { StreamOutcome } from './stream-failure.ts';

export type StreamDone = (outcome: StreamOutcome) => void;

export class StreamQuery {
  /** The message with its length before it, as it is sent. */
  readonly frame: Buffer;
  /** It was sent on a connection that ended, and then on another. */
  isRetried = false;
  /** Ends the wait of the connection that has it. */
  onCancelled: (() => void) | undefined;
  readonly #originalId: number;
  #done: StreamDone | undefined;

  /** Takes a copy of a whole message. */
  constructor(message: Uint8Array, done: StreamDone) {
    if (message.length < HEADER_BYTES) throw new Error('Cannot send query: it has no header');
    this.frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
    this.frame.writeUInt16BE(message.length);
    this.frame.set(message, LENGTH_BYTES);
    this.#originalId = this.id;
    this.#done = done;
  }

  get isSettled(): boolean {
    return this.#done === undefined;
  }

  get id(): number {
    return this.frame.readUInt16BE(LENGTH_BYTES);
  }

  set id(id: number) {
    this.frame.writeUInt16BE(id, LENGTH_BYTES);
  }

  /** Tells whether a message with the same ID is the response. */
  isAnsweredBy(message: Uint8Array): boolean {
    return isResponseTo(this.frame.subarray(LENGTH_BYTES), message);
  }

  /** Settles with a response, which becomes the asker's. */
  answer(response: Uint8Array): void {
    response[0] = this.#originalId >> 8;
    response[1] = this.#originalId;
    this.settle(response);
  }

  /** Tells the asker, once. */
  settle(outcome: StreamOutcome): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(outcome);
  }

  /** Tells nobody any more. */
  cancel(): void {
    if (this.isSettled) return;
    this.#done = undefined;
    this.onCancelled?.();
  }
}
