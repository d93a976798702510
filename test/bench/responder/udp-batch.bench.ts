/**
 * UdpBatchListener.turn(): a batch of queries received, answered and sent, on real sockets; per query, by size of the
 * batch. Of the time the kernel has the larger part; the heap is what JavaScript leaves for the garbage collector.
 */
import { getHeapStatistics } from 'node:v8';
import { UdpBatchListener } from '../../../src/responder/udp-batch.ts';
import { REPLY_TO_BYTES } from '../../../src/socket/datagram-batch.ts';
import { loadLibc } from '../../../src/socket/libc.ts';
import { putSockaddr } from '../../../src/socket/sockaddr.ts';
import { threadPoll } from '../../support/poll.ts';
import { buildQuery } from '../../support/records.ts';
import { port, service } from '../../support/resources.ts';
import { openUdpPeer } from '../../support/udp-peer.ts';
import { TestZone } from '../../support/zone.ts';

const NAMES = 1000;
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const QUERIES = 200_000;
const ROUNDS = 5;

const zone = new TestZone();
for (let i = 0; i < NAMES; i++) {
  const key = `ns-${i % 50}/svc-${i}`;
  const clusterIps = [`10.96.${i >> 8}.${i & 255}`];
  zone.zone.setService(key, {
    service: service(key, { clusterIps, ports: [port('http/TCP/80')] }),
    groups: [],
  });
}
const queries = Array.from({ length: NAMES }, (_, i) =>
  buildQuery(`svc-${i}.ns-${i % 50}.svc.cluster.local A`, { payloadBytes: 1232 }),
);

const libc = await loadLibc();
const server = openUdpPeer(libc, LOOPBACK);
const client = openUdpPeer(libc, LOOPBACK);
const target = new Uint8Array(REPLY_TO_BYTES);
putSockaddr(target, 0, { address: LOOPBACK, port: server.socket.port });
const { reader, responder } = zone;
const listener = new UdpBatchListener({
  libc,
  poll: threadPoll(libc),
  handle: server.handle,
  respond: (message, length, response, transport) =>
    responder.respond(message, length, response, transport),
  enter: () => reader.enter(),
  leave: () => reader.leave(),
  count: () => {},
  observe: () => {},
  clock: () => performance.now(),
});

/** Every byte that was ever allocated; asking for it moves the limits of what it counts, so once for many turns. */
function allocatedBytes(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? 0;
}

let next = 0;
function sendQueries(count: number): void {
  for (let slot = 0; slot < count; slot++) {
    const query = queries[next];
    next = (next + 1) % NAMES;
    client.batch.responses[slot].set(query);
    client.batch.setReplyTo(slot, target, 0);
    client.batch.put(slot, query.length);
  }
  client.batch.send(client.socket.fd);
}

/** The heap that the client needs is counted, too: three calls of the C library for each batch. */
function run(batch: number): { nanoseconds: number; heapBytes: number } {
  let milliseconds = 0;
  const before = allocatedBytes();
  const turns = Math.ceil(QUERIES / batch / ROUNDS);
  for (let i = 0; i < turns; i++) {
    sendQueries(batch);
    const start = performance.now();
    const answered = listener.turn();
    milliseconds += performance.now() - start;
    if (answered !== batch) throw new Error(`answered ${answered} of ${batch}`);
    client.batch.receive(client.socket.fd);
    client.batch.drop();
  }
  const heapBytes = allocatedBytes() - before;
  return {
    nanoseconds: (milliseconds * 1e6) / turns / batch,
    heapBytes: heapBytes / turns / batch,
  };
}

for (const batch of [1, 4, 16, 64]) {
  const rounds = Array.from({ length: ROUNDS }, () => run(batch));
  const nanoseconds = Math.min(...rounds.map((round) => round.nanoseconds));
  const heapBytes = Math.min(...rounds.map((round) => round.heapBytes));
  const columns = [`${nanoseconds.toFixed(0)} ns`, `${heapBytes.toFixed(1)} bytes of heap`];
  console.log(`batch of ${batch}`.padEnd(48), columns[0].padStart(9), columns[1].padStart(22));
}
await listener.close();
server.socket.close();
client.socket.close();
