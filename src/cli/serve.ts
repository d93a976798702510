/** `vipdns serve`: starts the server, says what it serves, and stops it when the process is told to. */
import type { App, startApp as StartApp } from '../app.ts';
import type { Configuration } from '../config/configuration.ts';
import { formatSocketAddress } from '../config/socket-address.ts';
import { EarlyThread } from '../early-thread.ts';
import type { Log } from '../monitoring/log.ts';
import { StopSignals, whenAborted } from '../stop-signals.ts';
import { ZONE_THREAD } from '../threads.ts';
import { VERSION } from '../version.ts';
import { configurationFrom } from './configuration-arguments.ts';
import { count } from './count.ts';
import { EXIT } from './exit-code.ts';

export const SERVE_HELP = `NAME
    vipdns serve - answer DNS queries for Kubernetes Services

SYNOPSIS
    vipdns serve [--config FILE] [--manifests DIR | --kubeconfig FILE [--context NAME]] [--listen ADDRESS:PORT]... [--http ADDRESS:PORT]
                 [--zone NAME]... [--log-level LEVEL]

DESCRIPTION
    Reads the objects of the manifests, answers queries for their names over UDP and TCP, and follows every
    change of the files within a second. Goes on until SIGTERM (is not ready any more, answers until nobody
    has asked for 2 s or "lameduck" is over, then ends) or SIGINT (ends at once).

OPTIONS
    --config FILE           configuration; without it the defaults of config/default.yaml hold
    --manifests DIR         folder of manifests, in place of the configured ones; may be given again
    --kubeconfig FILE       cluster to follow, in place of manifests
    --context NAME          context of the kubeconfig, in place of the current one
    --listen ADDRESS:PORT   where to answer, in place of the configured ones; may be given again
    --http ADDRESS:PORT     where to serve /health, /ready and /metrics
    --zone NAME             cluster domain, in place of the configured ones; may be given again
    --log-level LEVEL       trace, debug, info, warn, error or fatal

EXIT STATUS
    0 stopped as it was told to; 1 could not start; 2 arguments or configuration are wrong

EXAMPLES
    vipdns serve --manifests config/demo
    vipdns serve --config /etc/vipdns/vipdns.yaml --log-level debug
`;

/** Serves until a signal ends it; gives the exit code. */
export async function runServe(
  arguments_: string[],
  signals: StopSignals = new StopSignals(),
): Promise<number> {
  let zoneThread: EarlyThread | undefined;
  const onReading = () => {
    zoneThread = new EarlyThread(ZONE_THREAD);
  };
  try {
    // The configuration is read in a thread of its own, which leaves this one, and the zone's, the time to load the rest.
    const [configuration, { startApp }, { createLog }] = await Promise.all([
      configurationFrom(arguments_, { help: SERVE_HELP, onReading }),
      import('../app.ts'),
      import('../monitoring/log.ts'),
    ]);
    if (typeof configuration === 'number') return configuration;
    const log = createLog(configuration.log);
    return await serve(configuration, { startApp, log, zoneThread, signals });
  } finally {
    await zoneThread?.end();
  }
}

interface ServeOptions {
  /** Loaded meanwhile. */
  readonly startApp: typeof StartApp;
  readonly log: Log;
  readonly zoneThread: EarlyThread | undefined;
  readonly signals: StopSignals;
}

async function serve(
  configuration: Configuration,
  { startApp, log, zoneThread, signals }: ServeOptions,
): Promise<number> {
  try {
    const app = await startApp(configuration, { log, signal: signals.stop, zoneThread });
    if (app === undefined) return EXIT.ok;
    tellStart(app, { log, configuration });
    await whenAborted(signals.stop);
    log.log('info', 'stopping', { signal: String(signals.stop.reason) });
    await app.drain(signals.stopNow);
    log.log('info', 'stopped');
    return EXIT.ok;
  } catch (error) {
    if (!isOperatorsMistake(error)) throw error;
    log.log('fatal', error.message, { code: error.code });
    return EXIT.failed;
  } finally {
    await log.close();
  }
}

/** Says what is served and where, and what to try; for a person in words, else as fields of one line. */
function tellStart(
  app: App,
  { log, configuration }: { log: Log; configuration: Configuration },
): void {
  const { listen, http, summary } = app;
  const { address, port } = listen[0];
  const examples = summary.examples.map((question) => `dig @${address} -p ${port} ${question}`);
  const listening = listen.map(formatSocketAddress);
  if (!process.stdout.isTTY) {
    log.log('info', 'serving', {
      version: VERSION,
      zones: configuration.zones,
      services: summary.services,
      namespaces: summary.namespaces,
      listen: listening,
      io: app.io,
      http: formatSocketAddress(http),
      upstreams: app.upstreams,
      try: examples,
    });
    return;
  }
  const place = formatSource(configuration);
  console.log(`vipdns ${VERSION} serves ${configuration.zones.join(', ')} on ${listening.join(', ')} (UDP and TCP)
  ${count(summary.services, 'Service')} in ${count(summary.namespaces, 'namespace')} from ${place}, followed as it changes
  other names ${formatUpstreams(app.upstreams)}
  http://${formatSocketAddress(http)} has /health, /ready and /metrics
Try:
${examples.map((example) => `  ${example}`).join('\n')}`);
}

function formatSource({ source: { manifests, kubernetes } }: Configuration): string {
  if (kubernetes === null) return manifests.join(', ');
  return `the Kubernetes API${kubernetes.kubeconfig === '' ? '' : ` (${kubernetes.kubeconfig})`}`;
}

function formatUpstreams(upstreams: readonly string[]): string {
  return upstreams.length === 0 ? 'are refused' : `are asked of ${upstreams.join(', ')}`;
}

/** Errors with a code are what an operator can mend; everything else is ours, and ends the process loudly. */
function isOperatorsMistake(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_');
}
