/**
 * What a reflector tells of itself: a fault when it begins, and now and then while it lasts, however often it is met
 * with; and when it is over.
 */
import type { ObjectKey } from '../resources.ts';
import { type ApiStatusError, reasonOf } from './api-error.ts';
import type { Clock } from './clock.ts';
import { OutOfStepError } from './out-of-step-error.ts';
import type { Scope } from './resource-requests.ts';

type Fields = Readonly<Record<string, string | number>>;

/** A line for the log; messages hold no values, those are fields. */
export type SourceEvent =
  | { readonly level: 'debug' | 'info'; readonly message: string; readonly fields: Fields }
  | {
      readonly level: 'warn' | 'error';
      readonly message: string;
      readonly fields: Fields & { readonly code: string };
    };

/** A fault that lasts is told again after this. */
const REPEAT_MS = 300_000;
/** Lines about single objects in that time; a cluster may have any number of broken ones. */
const MAX_OBJECT_LINES = 20;

export interface ReflectorLogOptions {
  readonly scope: Scope;
  readonly clock: Clock;
  readonly onEvent: (event: SourceEvent) => void;
}

export class ReflectorLog {
  readonly #options: ReflectorLogOptions;
  readonly #subject: Fields;
  /** Text and time of the fault that lasts. */
  #fault: { readonly text: string; readonly toldAt: number } | undefined;
  #unprovedToldAt = Number.NEGATIVE_INFINITY;
  #objectLines = 0;
  #objectLinesSince = 0;

  constructor(options: ReflectorLogOptions) {
    this.#options = options;
    const { resource, namespace } = options.scope;
    this.#subject = { resource: resource.plural, ...(namespace !== '' && { namespace }) };
  }

  listed(objects: number): void {
    this.#tell({ level: 'info', message: 'objects listed', fields: { objects } });
  }

  failed(error: unknown): void {
    const text = reasonText(error);
    const now = this.#options.clock.now();
    const isTold = this.#fault?.text === text && now - this.#fault.toldAt < REPEAT_MS;
    if (isTold) return;
    this.#fault = { text, toldAt: now };
    const level = error instanceof OutOfStepError ? 'error' : 'warn';
    const message = level === 'error' ? 'objects out of step' : 'objects not followed for now';
    this.#tell({ level, message, fields: { code: codeOf(error), reason: text } });
  }

  /** Says that what failed works again. */
  recovered(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#tell({ level: 'info', message: 'objects followed again', fields: {} });
  }

  /** What is held cannot be compared with what the server has. */
  unproved(error: ApiStatusError): void {
    const now = this.#options.clock.now();
    if (now - this.#unprovedToldAt < REPEAT_MS) return;
    this.#unprovedToldAt = now;
    const fields = { code: error.code, reason: error.message };
    this.#tell({ level: 'warn', message: 'objects not compared with the server', fields });
  }

  /** An object of which nothing can be served. */
  problem(object: ObjectKey, reason: string): void {
    this.#tellOfObject('object left out', { code: 'ERR_OBJECT', object, reason });
  }

  /** Whoever takes the objects has failed. */
  handlerError(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tellOfObject('change not taken in', { code: 'ERR_HANDLER', reason });
  }

  #tellOfObject(message: string, fields: Fields & { readonly code: string }): void {
    const now = this.#options.clock.now();
    if (now - this.#objectLinesSince >= REPEAT_MS) {
      this.#objectLines = 0;
      this.#objectLinesSince = now;
    }
    if (this.#objectLines === MAX_OBJECT_LINES) return;
    this.#objectLines++;
    this.#tell({ level: fields.code === 'ERR_HANDLER' ? 'error' : 'warn', message, fields });
  }

  #tell(event: SourceEvent): void {
    const fields = { ...this.#subject, ...event.fields };
    this.#options.onEvent({ ...event, fields } as SourceEvent);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'ERR_REFLECTOR';
}

/** What this program says of an error says enough; of others the last cause says most. */
function reasonText(error: unknown): string {
  const isOwn = codeOf(error).startsWith('ERR_');
  return isOwn && error instanceof Error ? error.message : reasonOf(error);
}
