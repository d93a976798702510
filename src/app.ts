/**
 * THE MAP of the main thread: builds the stages in the order of the data, and stops them the other way round.
 *
 *   zone thread        objects -> store -> zone -> table
 *   responder threads  queries -> table -> responses
 *   here               start and stop, supervision, HTTP, log
 */
import type { Configuration, SocketAddress } from './config/configuration.ts';
import { waitForSilence } from './drain.ts';
import { createResponderCounters } from './monitoring/counters.ts';
import { type Health, type MonitoringServer, startMonitoringServer } from './monitoring/http.ts';
import type { Log } from './monitoring/log.ts';
import { createMetrics } from './monitoring/metrics.ts';
import { createZoneGauges } from './monitoring/zone-gauges.ts';
import { claimPorts } from './responder/claim-ports.ts';
import { whenAborted } from './stop-signals.ts';
import { countResponders, SupervisedResponders } from './supervised-responders.ts';
import { SupervisedZone } from './supervised-zone.ts';
import type { ZoneSummary } from './threads.ts';
import { VERSION } from './version.ts';
import { buildZoneSet } from './zone/zone-set.ts';

/** Longest time that a thread gets to end by itself, in milliseconds. */
const STOP_LIMIT_MS = 3000;

/** A running server. */
export interface App {
  /** Where it answers, with the ports that were chosen where the configuration says 0. */
  readonly listen: readonly SocketAddress[];
  readonly http: SocketAddress;
  /** What was taken in at the start. */
  readonly summary: ZoneSummary;
  readonly zone: SupervisedZone;
  readonly responders: SupervisedResponders;
  /**
   * Is not ready from now on, goes on answering until nobody asks, the time for it is over, or the
   * signal is aborted, then stops.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Answers what has come, ends every thread, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/**
 * Starts a server, and resolves when it answers from everything that there is. Rejects with ListenError,
 * MonitoringListenError or StartError where something stands in the way that the operator has to mend.
 * Where `signal` is aborted before, it stops again and resolves to undefined.
 */
export async function startApp(
  configuration: Configuration,
  logSink: Log,
  signal: AbortSignal,
): Promise<App | undefined> {
  const { log } = logSink;
  const listen = await claimPorts(configuration.listen);
  const zones = buildZoneSet(configuration);
  const counters = createResponderCounters(countResponders(configuration));
  const gauges = createZoneGauges();
  let isStopping = false;

  const zone = new SupervisedZone({
    configuration,
    zones,
    listen,
    gauges,
    onMemory: (memory) => responders.use(memory),
    log,
  });
  const responders = new SupervisedResponders({
    configuration,
    zones,
    listen,
    counters,
    memory: () => zone.memory,
    log,
  });
  const metrics = createMetrics({
    responderCounters: counters,
    zoneGauges: gauges,
    version: VERSION,
    threads: () => [zone, ...responders.threads],
    droppedLogLines: () => logSink.dropped,
  });

  let http: MonitoringServer | undefined;
  const stop = async () => {
    isStopping = true;
    await Promise.all([responders.stop(STOP_LIMIT_MS), zone.stop(STOP_LIMIT_MS)]);
    await http?.close();
  };
  const drain = async (signal: AbortSignal) => {
    isStopping = true;
    await waitForSilence(counters, { limitMs: configuration.lameduckMs, signal });
    await stop();
  };
  try {
    http = await startMonitoringServer({
      ...configuration.http,
      health: () => healthOf(responders.threads.flatMap(reasonOfThread)),
      ready: () => {
        if (isStopping) return healthOf(['stopping']);
        return healthOf(zone.isComplete ? [] : ['zone is not complete yet']);
      },
      metrics,
      log,
    });
    const started = Promise.all([zone.ready, responders.listening()]);
    // Whoever goes away without waiting for the start does not hear of its failure.
    started.catch(() => {});
    await Promise.race([started, whenAborted(signal)]);
    if (signal.aborted) {
      await stop();
      return undefined;
    }
    const [summary] = await started;
    const { address, port } = http.address();
    return { listen, http: { address, port }, summary, zone, responders, drain, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function healthOf(reasons: readonly string[]): Health {
  return { ok: reasons.length === 0, reasons };
}

function reasonOfThread({ name, isAlive }: { name: string; isAlive: boolean }): string[] {
  return isAlive ? [] : [`${name} does not run`];
}
