/**
 * A responder thread: the sockets of one event loop, and `respond()` on the table. Reads shared memory, writes
 * nothing but its own counters, its pulse, and its words in the table and among the connections.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CacheReader } from './cache/cache-reader.ts';
import { createResponderCounters, responderCounters } from './monitoring/counters.ts';
import { startPulse } from './monitoring/pulse.ts';
import { ListenError } from './responder/listen-error.ts';
import type { AnsweringOptions, Listener } from './responder/listener.ts';
import { MissWriter } from './responder/miss-ring.ts';
import { Responder } from './responder/respond.ts';
import { listenTcp } from './responder/tcp.ts';
import { TcpCensus } from './responder/tcp-census.ts';
import { TcpConnections } from './responder/tcp-connections.ts';
import { DEFAULT_TCP_LIMITS } from './responder/tcp-limits.ts';
import { TurnBudget } from './responder/turn-budget.ts';
import { UdpBatchListener } from './responder/udp-batch.ts';
import { listenUdpPlain } from './responder/udp-plain.ts';
import { type Libc, loadLibc } from './socket/libc.ts';
import { shortenSlice } from './socket/short-slice.ts';
import { SocketPoll } from './socket/socket-poll.ts';
import { TableReader } from './table/table-reader.ts';
import type {
  ResponderThreadCommand,
  ResponderThreadData,
  ResponderThreadMessage,
  ZoneMemory,
} from './threads.ts';
import { ZoneStatus } from './zone/status.ts';

const data = workerData as ResponderThreadData;
const counters = responderCounters(data.counters, data.index);
/** Where queries of the main thread are counted, which nobody wants to see among the others. */
const selfCounters = responderCounters(createResponderCounters(1), 0);
const missWriter = data.missRing && new MissWriter(data.missRing);

const outside =
  data.cache &&
  new CacheReader(data.cache.memory, { reader: data.index, readers: data.cache.readers });

/** What queries are answered from; another one when the zone thread was replaced. */
let current = openZone(data.memory);

const answering: AnsweringOptions = {
  respond: (query, queryLength, response, transport) =>
    current.responder.respond(query, queryLength, response, transport),
  enter: () => {
    current.reader.enter();
    outside?.enter();
  },
  leave: () => {
    current.reader.leave();
    outside?.leave();
    missWriter?.wake();
  },
  count: (event) => counters.countTransportEvent(event),
  observe: (messages, durationMs) => counters.countDurations(messages, durationMs * 1000),
  clock: () => performance.now(),
};

const selfAnswering: AnsweringOptions = {
  ...answering,
  respond: (query, queryLength, response, transport) =>
    current.selfResponder.respond(query, queryLength, response, transport),
  count: (event) => selfCounters.countTransportEvent(event),
  observe: () => {},
};

/** By address, as the main thread counts them: what listens over UDP, and over TCP. */
const udpListeners: Listener[] = [];
const tcpListeners: Listener[] = [];
let selfListener: Listener | undefined;
let isStopping = false;

startPulse(data.pulses, data.index);
parentPort?.on('message', (command: ResponderThreadCommand) => void obey(command));
await listen();

async function listen(): Promise<void> {
  try {
    await listenUdp();
    const census = new TcpCensus(data.tcpCensus, data.index);
    const connections = new TcpConnections(DEFAULT_TCP_LIMITS, census);
    const budget = new TurnBudget();
    for (const [i, { address, port }] of data.listen.entries()) {
      if (isStopping) return;
      const options = { ...answering, ...missesOf(2 * i + 1), address, port };
      tcpListeners.push(await listenTcp({ ...options, connections, budget, reusePort: true }));
    }
    tell({ kind: 'listening', selfPort: selfListener?.address().port ?? 0 });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    tell({ kind: 'failed', message: error.message, code: error.code });
    await stop();
  }
}

async function listenUdp(): Promise<void> {
  if (data.sockets === undefined) {
    for (const [i, { address, port }] of data.listen.entries()) {
      const options = { ...answering, ...missesOf(2 * i), address, port, reusePort: true };
      udpListeners.push(await listenUdpPlain(options));
    }
    selfListener = await listenSelf();
    return;
  }
  const libc: Libc = await loadLibc();
  // Answers are short and waited for; where that does not go, they take their turn like everything else.
  shortenSlice(libc);
  const { handles, self, epollFd } = data.sockets;
  const poll = new SocketPoll(libc, epollFd);
  for (const [i, handle] of handles.entries()) {
    const options = { ...answering, ...missesOf(2 * i), handle, libc, poll };
    udpListeners.push(new UdpBatchListener(options));
  }
  if (self !== undefined) {
    selfListener = new UdpBatchListener({ ...selfAnswering, handle: self, libc, poll });
  }
}

/** Without loopback there is nobody who could ask. */
async function listenSelf(): Promise<Listener | undefined> {
  try {
    return await listenUdpPlain({ ...selfAnswering, address: '127.0.0.1', port: 0 });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    return undefined;
  }
}

/** Listeners are numbered by address, UDP before TCP. */
function missesOf(listener: number): Pick<AnsweringOptions, 'misses'> {
  return missWriter === undefined ? {} : { misses: { ring: missWriter, listener } };
}

function tell(message: ResponderThreadMessage): void {
  parentPort?.postMessage(message);
}

async function finishTcp(): Promise<void> {
  isStopping = true;
  await Promise.all(tcpListeners.map((listener) => listener.close({ graceful: true })));
}

async function stop(): Promise<void> {
  await finishTcp();
  await Promise.all(udpListeners.map((listener) => listener.close({ graceful: true })));
  await selfListener?.close();
  parentPort?.close();
}

interface OpenZone {
  readonly reader: TableReader;
  readonly responder: Responder;
  readonly selfResponder: Responder;
}

function openZone(memory: ZoneMemory): OpenZone {
  const table = new TableReader(memory.table, data.index);
  const status = new ZoneStatus(memory.status);
  const options = { ...data, table, status, outside };
  return {
    reader: table,
    responder: new Responder({ ...options, counters }),
    selfResponder: new Responder({ ...options, counters: selfCounters }),
  };
}

async function obey(command: ResponderThreadCommand): Promise<void> {
  switch (command.kind) {
    case 'zone':
      current = openZone(command.memory);
      return;
    case 'answer': {
      const listeners = command.listener % 2 === 0 ? udpListeners : tcpListeners;
      listeners[command.listener >> 1]?.answer(command.reply);
      return;
    }
    case 'finish':
      await finishTcp();
      tell({ kind: 'finished' });
      return;
    case 'stop':
      await stop();
      return;
  }
}
