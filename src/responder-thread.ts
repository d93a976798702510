/**
 * A responder thread: the sockets of one event loop, and `respond()` on the table. Reads shared memory, writes
 * nothing but its own counters and its word in the table.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { responderCounters } from './monitoring/counters.ts';
import { ListenError } from './responder/listen-error.ts';
import type { Listener, ListenerOptions } from './responder/listener.ts';
import { Responder } from './responder/respond.ts';
import { listenTcp } from './responder/tcp.ts';
import { listenUdpPlain } from './responder/udp-plain.ts';
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

/** What queries are answered from; another one when the zone thread was replaced. */
let current = openZone(data.memory);

const options: Omit<ListenerOptions, 'address' | 'port'> = {
  respond: (query, queryLength, response, transport) =>
    current.responder.respond(query, queryLength, response, transport),
  enter: () => current.reader.enter(),
  leave: () => current.reader.leave(),
  reusePort: true,
  count: (event) => counters.countTransportEvent(event),
};

const listeners: Listener[] = [];
parentPort?.on('message', (command: ResponderThreadCommand) => void obey(command));
await listen();

async function listen(): Promise<void> {
  try {
    for (const { address, port } of data.listen) {
      listeners.push(await listenUdpPlain({ ...options, address, port }));
      listeners.push(await listenTcp({ ...options, address, port }));
    }
    tell({ kind: 'listening' });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    tell({ kind: 'failed', message: error.message, code: error.code });
    await stop();
  }
}

function tell(message: ResponderThreadMessage): void {
  parentPort?.postMessage(message);
}

async function stop(): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close({ graceful: true })));
  parentPort?.close();
}

interface OpenZone {
  readonly reader: TableReader;
  readonly responder: Responder;
}

function openZone(memory: ZoneMemory): OpenZone {
  const reader = new TableReader(memory.table, data.index);
  const status = new ZoneStatus(memory.status);
  return { reader, responder: new Responder({ ...data, table: reader, status, counters }) };
}

async function obey(command: ResponderThreadCommand): Promise<void> {
  switch (command.kind) {
    case 'zone':
      current = openZone(command.memory);
      return;
    case 'stop':
      await stop();
      return;
  }
}
