/**
 * What is worth a line in the log, as a value: whoever logs makes one and needs no logger. Worker threads
 * post theirs to the main thread, which alone has loaded the library that writes them.
 */

/** A level at which nothing is wrong. */
export type QuietLevel = 'trace' | 'debug' | 'info';

/** A level at which something is: such a line has a `code`. */
export type FaultLevel = 'warn' | 'error' | 'fatal';

export type LogLevel = QuietLevel | FaultLevel;

/** What can be posted to another thread as well as written as JSON. */
export type LogValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };

export interface LogFields {
  readonly [key: string]: LogValue;
}

/** Fields of a fault; `code` is stable, such as `ERR_LISTEN`, so that alerts can be made of it. */
export interface FaultFields extends LogFields {
  readonly code: string;
}

export type LogEvent =
  | { readonly level: QuietLevel; readonly message: string; readonly fields?: LogFields }
  | { readonly level: FaultLevel; readonly message: string; readonly fields: FaultFields };

/** Writes one line; never throws. Messages begin in lower case and hold no values: those are fields. */
export type LogFunction = (
  ...event:
    | [level: QuietLevel, message: string, fields?: LogFields]
    | [level: FaultLevel, message: string, fields: FaultFields]
) => void;

/** Logs an event that another thread handed over. */
export function logEvent(log: LogFunction, event: LogEvent): void {
  if (isFault(event)) log(event.level, event.message, event.fields);
  else log(event.level, event.message, event.fields ?? {});
}

function isFault(event: LogEvent): event is Extract<LogEvent, { level: FaultLevel }> {
  return event.level === 'warn' || event.level === 'error' || event.level === 'fatal';
}
