/**
 * Finds out, before anything is answered with them, that batches work on this machine: a wrong layout of a struct, a
 * kernel that lacks a call or a sandbox that forbids one shows here. In: the C library; out: the reason why not.
 */
import { createBatchMemory, DatagramBatch, REPLY_TO_BYTES } from './datagram-batch.ts';
import type { Libc } from './libc.ts';
import { putSockaddr, readSockaddr } from './sockaddr.ts';
import { openPoll, SocketPoll } from './socket-poll.ts';
import { SocketError, UdpSocket } from './udp-socket.ts';

const LOOPBACKS = [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(...new Uint8Array(15), 1)];
/** Lengths of the datagrams; the last one is longer than what is received of it. */
const LENGTHS = [1, 100, 1000, 1300];
const RECEIVE_BYTES = 1200;
const BUFFER_BYTES = 65_536;
const POLL_LIMIT_MS = 1000;
const EAFNOSUPPORT = -97;
const EADDRNOTAVAIL = -99;
/** Bytes of a reply's control data before the address in it, by family: struct in_pktinfo has two fields before. */
const DESTINATION_AT = { 4: 32 + 16 + 8, 16: 32 + 16 };

/** Resolves where everything works; rejects with an Error that tells what does not. */
export async function testBatches(libc: Libc): Promise<void> {
  let tested = 0;
  for (const address of LOOPBACKS) {
    if (await testFamily(libc, address)) tested++;
  }
  if (tested === 0) throw new Error('there is no loopback address');
}

/** Gives false where the machine does not have the family. */
async function testFamily(libc: Libc, address: Uint8Array): Promise<boolean> {
  let server: Peer;
  try {
    server = openPeer(libc, { address, tellsDestination: true });
  } catch (error) {
    const { errno } = error as SocketError;
    if (errno === EAFNOSUPPORT || errno === EADDRNOTAVAIL) return false;
    throw error;
  }
  try {
    const client = openPeer(libc, { address, tellsDestination: false });
    try {
      await exchange({ server, client, address, libc });
    } finally {
      client.socket.close();
    }
  } finally {
    server.socket.close();
  }
  return true;
}

interface Peer {
  readonly socket: UdpSocket;
  readonly batch: DatagramBatch;
}

function openPeer(libc: Libc, options: { address: Uint8Array; tellsDestination: boolean }): Peer {
  const socket = UdpSocket.open({ libc, port: 0, receiveBufferBytes: BUFFER_BYTES, ...options });
  const shape = {
    slots: LENGTHS.length,
    receiveBytes: RECEIVE_BYTES,
    sendBytes: LENGTHS[LENGTHS.length - 1],
    family: socket.family,
    hasDestination: options.tellsDestination,
  };
  return { socket, batch: new DatagramBatch(createBatchMemory(shape), { shape, libc }) };
}

interface Exchange {
  readonly libc: Libc;
  readonly server: Peer;
  readonly client: Peer;
  readonly address: Uint8Array;
}

/** Sends from the client, answers from the server, and looks at every byte on both sides. */
async function exchange({ libc, server, client, address }: Exchange): Promise<void> {
  const target = new Uint8Array(REPLY_TO_BYTES);
  putSockaddr(target, 0, { address, port: server.socket.port });
  for (const [slot, length] of LENGTHS.entries()) {
    client.batch.setReplyTo(slot, target, 0);
    client.batch.responses[slot].fill(slot + 1, 0, length);
    client.batch.put(slot, length);
  }
  send(client);
  await readable(libc, server);
  receive(server);
  for (const [slot, length] of LENGTHS.entries()) {
    checkDatagram(server, { slot, length, port: client.socket.port, address });
    server.batch.responses[slot].fill(slot + 1, 0, length);
    server.batch.put(slot, length);
  }
  send(server);
  await readable(libc, client);
  receive(client);
  for (const [slot, length] of LENGTHS.entries()) {
    checkDatagram(client, { slot, length, port: server.socket.port });
  }
}

function send({ socket, batch }: Peer): void {
  const errno = batch.send(socket.fd);
  if (errno !== 0) throw new SocketError('sendmmsg', errno);
}

function receive({ socket, batch }: Peer): void {
  const count = batch.receive(socket.fd);
  if (count < 0) throw new SocketError('recvmmsg', -count);
  if (count !== LENGTHS.length)
    throw new Error(`recvmmsg gave ${count} datagrams of ${LENGTHS.length}`);
  for (let slot = 0; slot < count; slot++) batch.take();
}

interface Expected {
  readonly slot: number;
  readonly length: number;
  readonly port: number;
  /** Where it was sent to, where that is told. */
  readonly address?: Uint8Array;
}

function checkDatagram({ batch }: Peer, { slot, length, port, address }: Expected): void {
  const replyTo = new Uint8Array(REPLY_TO_BYTES);
  batch.copyReplyTo(slot, replyTo, 0);
  const kept = batch.received[slot].subarray(0, length);
  if (batch.lengthOf(slot) !== length || kept.some((byte) => byte !== slot + 1)) {
    throw new Error('recvmmsg gave other datagrams than were sent');
  }
  if (batch.portOf(slot) !== port || readSockaddr(replyTo, 0).port !== port) {
    throw new Error('recvmmsg gave another sender');
  }
  if (address === undefined) return;
  const at = DESTINATION_AT[address.length === 4 ? 4 : 16];
  if (address.some((byte, i) => replyTo[at + i] !== byte)) {
    throw new Error('recvmmsg gave another destination');
  }
}

/** Resolves when the socket is found to be readable while the event loop turns. */
function readable(libc: Libc, { socket }: Peer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const epollFd = openPoll(libc);
  const poll = new SocketPoll(libc, epollFd);
  const limit = setTimeout(() => {
    reject(new Error('epoll does not tell when a socket can be read'));
  }, POLL_LIMIT_MS);
  poll.watch(socket.fd, resolve);
  return promise.finally(() => {
    clearTimeout(limit);
    poll.unwatch(socket.fd);
    libc.close(epollFd);
  });
}
