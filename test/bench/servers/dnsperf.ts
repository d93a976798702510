/** Runs dnsperf against a port of 127.0.0.1, pinned to the client's processor. */
import { type DnsperfFigures, parseDnsperfOutput } from './dnsperf-output.ts';
import { findProgram } from './program.ts';
import type { Transport } from './questions.ts';
import type { Session } from './session.ts';

/** Sockets that queries come from, and with TCP connections that carry many queries each. */
const CLIENTS = 8;

/** Queries in flight: enough to keep a server busy, and few enough for any socket's default buffer. */
const IN_FLIGHT = 200;

/** A lost query keeps its place in flight so long, in seconds. */
const LOST_AFTER_SECONDS = 1;

export interface DnsperfOptions {
  readonly port: number;
  readonly queryFile: string;
  readonly transport: Transport;
  readonly seconds: number;
  /** Ends after one pass through the file, if that is earlier. */
  readonly isOnePass?: boolean;
  /** Queries per second; as many as the server takes where there is none. */
  readonly rate?: number;
  /** Notes the latency of every query, which costs the client a write for each. */
  readonly latencies?: boolean;
}

export interface DnsperfRun {
  readonly figures: Promise<DnsperfFigures>;
  /** Ends it before its time; it still gives figures. */
  interrupt(): void;
}

export function findDnsperf(): string | undefined {
  return findProgram('dnsperf');
}

export function startDnsperf(session: Session, options: DnsperfOptions): DnsperfRun {
  const folder = session.createFolder('dnsperf');
  const command = { program: 'dnsperf', arguments: dnsperfArguments(options) };
  const running = session.start(command, { folder, processors: session.processors.client });
  return {
    figures: running.exited.then(() => parseDnsperfOutput(running.readOutput())),
    interrupt: () => running.signal('SIGINT'),
  };
}

export function runDnsperf(session: Session, options: DnsperfOptions): Promise<DnsperfFigures> {
  return startDnsperf(session, options).figures;
}

function dnsperfArguments(options: DnsperfOptions): string[] {
  const {
    port,
    transport,
    queryFile,
    seconds,
    isOnePass = false,
    rate,
    latencies = false,
  } = options;
  return [
    ...['-s', '127.0.0.1', '-p', String(port), '-m', transport],
    ...['-B', '-d', queryFile, '-l', String(seconds), '-t', String(LOST_AFTER_SECONDS)],
    ...['-c', String(CLIENTS), '-q', String(IN_FLIGHT)],
    ...(isOnePass ? ['-n', '1'] : []),
    ...(rate === undefined ? [] : ['-Q', String(rate)]),
    ...(latencies ? ['-v'] : []),
  ];
}
