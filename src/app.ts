/**
 * THE MAP of the main thread: builds the stages in the order of the data, and stops them the other way round.
 *
 *   zone thread        objects -> store -> zone -> table
 *   responder threads  queries -> table -> responses, or to here what no table answers
 *   here               start and stop, UDP sockets, supervision, HTTP, log
 */
import { forwardedZones } from './answer-settings.ts';
import type { Configuration, SocketAddress } from './config/configuration.ts';
import { waitForSilence } from './drain.ts';
import type { EarlyThread } from './early-thread.ts';
import { Forwarding } from './forwarding.ts';
import { type AnswerMiss, MissAnswerer } from './misses.ts';
import { createResponderCounters, responderCounters } from './monitoring/counters.ts';
import { type Health, type MonitoringServer, startMonitoringServer } from './monitoring/http.ts';
import type { Log } from './monitoring/log.ts';
import { createMetrics } from './monitoring/metrics.ts';
import { createZoneGauges, ZoneGauges } from './monitoring/zone-gauges.ts';
import { releaseProgramPages } from './program-pages.ts';
import { readinessOf } from './readiness.ts';
import { claimPorts } from './responder/claim-ports.ts';
import { createMissRing } from './responder/miss-ring.ts';
import { keepYoungGeneration } from './return-memory.ts';
import { whenAborted } from './stop-signals.ts';
import { countResponders, SupervisedResponders } from './supervised-responders.ts';
import { SupervisedZone } from './supervised-zone.ts';
import type { ZoneSummary } from './threads.ts';
import { openUdpSockets } from './udp-io.ts';
import type { UdpSockets } from './udp-sockets.ts';
import { VERSION } from './version.ts';
import { buildZoneSet } from './zone/zone-set.ts';

/** Longest time that a thread gets to end by itself, in milliseconds. */
const STOP_LIMIT_MS = 3000;

/** By then every thread has loaded what it runs. */
const LOADED_AFTER_MS = 500;

export interface AppOptions {
  readonly log: Log;
  /** Where it is aborted before everything runs, the start ends. */
  readonly signal: AbortSignal;
  /** The zone thread, where it was started already. */
  readonly zoneThread?: EarlyThread | undefined;
  /** Answers what no zone of ours does, in place of the configured upstreams. */
  readonly answerMiss?: AnswerMiss;
}

/** A running server. */
export interface App {
  /** Where it answers, with the ports that were chosen where the configuration says 0. */
  readonly listen: readonly SocketAddress[];
  readonly http: SocketAddress;
  /** How UDP datagrams move. */
  readonly io: 'batch' | 'dgram';
  /** Who is asked for names outside, at present. */
  readonly upstreams: readonly string[];
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
 * Where the signal is aborted before, it stops again and resolves to undefined.
 */
export async function startApp(
  configuration: Configuration,
  { log: logSink, signal, zoneThread, answerMiss }: AppOptions,
): Promise<App | undefined> {
  const { log } = logSink;
  const count = countResponders(configuration);
  const listen = await claimPorts(configuration.listen);
  let sockets: UdpSockets | undefined;
  let zone: SupervisedZone | undefined;
  let responders: SupervisedResponders | undefined;
  let forwarding: Forwarding | undefined;
  let misses: MissAnswerer | undefined;
  let http: MonitoringServer | undefined;
  let stopped: Promise<void> | undefined;

  const stopAll = async () => {
    const zoneStopped = zone?.stop(STOP_LIMIT_MS);
    await responders?.stop(STOP_LIMIT_MS);
    await misses?.close(STOP_LIMIT_MS);
    forwarding?.close();
    sockets?.close();
    await zoneStopped;
    await http?.close();
  };
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  try {
    const zones = buildZoneSet(configuration);
    // One block more, for what this thread answers by itself.
    const counters = createResponderCounters(count + 1);
    const own = responderCounters(counters, count);
    const zoneGauges = createZoneGauges();
    const served = { configuration, zones, listen, log };
    const table = new SupervisedZone({
      ...served,
      gauges: zoneGauges,
      early: zoneThread,
      onMemory: (memory) => {
        responders?.use(memory);
        forwarding?.use(memory);
      },
    });
    zone = table;
    // The zone thread has begun: what this one does until it waits costs the start nothing.
    const udp = await openUdpSockets({ ...configuration, listen, responders: count, log });
    sockets = udp;
    const outside = openOutside(configuration, {
      answerMiss,
      open: () =>
        new Forwarding({
          ...served,
          responders: count,
          sockets: udp,
          memory: () => table.memory,
        }),
    });
    forwarding = outside.forwarding;
    const answer = outside.answer;
    const missRings = answer && Array.from({ length: count }, () => createMissRing());
    const threads = new SupervisedResponders({
      ...served,
      count,
      counters,
      sockets: udp,
      missRings,
      cache: forwarding?.cache,
      forwarded: outside.forwarded,
      memory: () => table.memory,
    });
    responders = threads;
    if (answer !== undefined && missRings !== undefined) {
      misses = new MissAnswerer({
        rings: missRings,
        answer,
        outlets: threads,
        counters: own,
      });
    }
    if (udp !== undefined) {
      udp.onReplyLost = () => own.countTransportEvent('missAnswerLost');
    }
    let isStopping = false;
    http = await startMonitoringServer({
      ...configuration.http,
      health: () => healthOf([...threads.threads.flatMap(reasonOfThread), ...threads.reasons]),
      ready: () => {
        if (isStopping || stopped !== undefined) return healthOf(['stopping']);
        return readinessOf(table.isComplete, new ZoneGauges(zoneGauges));
      },
      metrics: createMetrics({
        responderCounters: counters,
        zoneGauges,
        version: VERSION,
        forward: forwarding?.numbers,
        udpSockets: udp && (() => udp.readMemory()),
        threads: () => [table, ...threads.threads],
        droppedLogLines: () => logSink.dropped,
      }),
      log,
    });
    // What taking in a cluster needs of Node.js is little of what loading all this did.
    setTimeout(releaseProgramPages, LOADED_AFTER_MS).unref();
    const started = Promise.all([table.ready, threads.listening()]);
    // Whoever goes away without waiting for the start does not hear of its failure.
    started.catch(() => {});
    await Promise.race([started, whenAborted(signal)]);
    if (signal.aborted) {
      await stop();
      return undefined;
    }
    const [summary] = await started;
    if (forwarding !== undefined) keepYoungGeneration();
    const { address, port } = http.address();
    return {
      listen,
      http: { address, port },
      io: udp === undefined ? 'dgram' : 'batch',
      upstreams: forwarding?.sets.upstreams.map(({ label }) => label) ?? [],
      summary,
      zone: table,
      responders: threads,
      stop,
      async drain(signal) {
        isStopping = true;
        await waitForSilence(counters, { limitMs: configuration.lameduckMs, signal });
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Who answers what no zone of ours does, and which zones that is for. */
interface Outside {
  readonly forwarding?: Forwarding;
  readonly answer?: AnswerMiss;
  /** In presentation format, the root being empty. */
  readonly forwarded: readonly string[];
}

function openOutside(
  configuration: Configuration,
  { answerMiss, open }: { answerMiss: AnswerMiss | undefined; open: () => Forwarding },
): Outside {
  if (answerMiss !== undefined) return { answer: answerMiss, forwarded: [''] };
  if (configuration.forward.length === 0) return { forwarded: [] };
  const forwarding = open();
  return {
    forwarding,
    answer: (missed, reply) => forwarding.answer(missed, reply),
    forwarded: forwardedZones(configuration),
  };
}

function healthOf(reasons: readonly string[]): Health {
  return { ok: reasons.length === 0, reasons };
}

function reasonOfThread({ name, isAlive }: { name: string; isAlive: boolean }): string[] {
  return isAlive ? [] : [`${name} does not run`];
}
