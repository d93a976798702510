/** The whole server in this process, on free ports, for tests that look inside. */
import type { TestContext } from 'node:test';
import { type App, startApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import type { EarlyThread } from '../../src/early-thread.ts';
import type { AnswerMiss } from '../../src/misses.ts';
import type { Log } from '../../src/monitoring/log.ts';
import { metricValue } from './metric-value.ts';

export interface LoggedEvent {
  readonly level: string;
  readonly message: string;
  readonly code: unknown;
  readonly thread: unknown;
}

export interface RunningApp {
  readonly app: App;
  /** What was logged above `info` so far. */
  readonly faults: LoggedEvent[];
  /** Gives the value of a metric, by its name with its labels; undefined where there is no such line. */
  metric(series: string): Promise<number | undefined>;
  health(): Promise<string>;
  ready(): Promise<string>;
}

export interface RunningAppOptions {
  readonly overrides?: Record<string, unknown>;
  readonly answerMiss?: AnswerMiss;
  readonly zoneThread?: EarlyThread;
  /** Takes what is logged; a list of its own by default. */
  readonly faults?: LoggedEvent[];
}

/** Starts it with the demo; it is stopped after the test. */
export async function startTestApp(
  t: Pick<TestContext, 'after'>,
  { overrides, answerMiss, zoneThread, faults = [] }: RunningAppOptions = {},
): Promise<RunningApp> {
  const log: Log = {
    log: (...[level, message, fields]) => {
      if (level === 'info') return;
      faults.push({ level, message, code: fields?.code, thread: fields?.thread });
    },
    dropped: 0,
    close: async () => {},
  };
  const configuration = loadConfiguration({
    overrides: { listen: ['127.0.0.1:0'], http: '127.0.0.1:0', responders: 1, ...overrides },
  });
  const signal = new AbortController().signal;
  const app = await startApp(configuration, {
    log,
    signal,
    ...(zoneThread && { zoneThread }),
    ...(answerMiss && { answerMiss }),
  });
  if (app === undefined) throw new Error('Cannot start: it was told to stop');
  t.after(() => app.stop());
  const get = async (path: string) =>
    (await fetch(`http://${app.http.address}:${app.http.port}${path}`)).text();
  return {
    app,
    faults,
    health: () => get('/health'),
    ready: () => get('/ready'),
    metric: async (series) => metricValue(await get('/metrics'), series),
  };
}
