/** Outgoing UDP by the C library's calls, Linux: seven of them for a query. socket(7), udp(7). */
import { constants, networkInterfaces } from 'node:os';
import { parseAddress } from '../dns/address.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  type Libc,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from '../socket/libc.ts';
import { MAX_SOCKADDR_BYTES, putSockaddr, SOCKADDR_IN_BYTES } from '../socket/sockaddr.ts';
import type { SocketPoll } from '../socket/socket-poll.ts';
import {
  MAX_UDP_RESPONSE_BYTES,
  type OutgoingEvents,
  type OutgoingSocket,
  type OutgoingUdp,
} from './outgoing-udp.ts';
import type { UpstreamAddress } from './upstream-address.ts';

const { EAGAIN, EINTR } = constants.errno;

/** A question of the longest name, with OPT, is shorter. */
const MAX_QUERY_BYTES = 512;
/** Datagrams that are read of a socket in one go, before others have their turn. */
const MAX_RECEIVED = 256;
/** Sockets of a family that are kept without a port, for the next queries. */
const MAX_IDLE = 256;

/** A struct sockaddr, at an address that stays. */
interface Destination {
  readonly family: number;
  readonly memory: Uint8Array;
  readonly address: number;
  readonly length: number;
}

/** What all sockets use, one at a time. */
interface Shared {
  readonly libc: Libc;
  readonly poll: SocketPoll;
  readonly sent: Uint8Array;
  readonly sentAddress: number;
  readonly received: Uint8Array;
  readonly receivedAddress: number;
  /** A struct sockaddr of no family: to connect to it is to let go of the port. */
  readonly nowhere: Uint8Array;
  readonly nowhereAddress: number;
  /** Sockets that wait for an answer. */
  open: number;
  /** Sockets without a port. */
  readonly idle: { readonly ipv4: number[]; readonly ipv6: number[] };
}

export class LibcOutgoingUdp implements OutgoingUdp {
  readonly #libc: Libc;
  readonly #shared: Shared;
  readonly #maxSockets: number;
  readonly #destinations = new WeakMap<UpstreamAddress, Destination>();

  /** Opens at most `maxSockets` at a time. */
  constructor(libc: Libc, { poll, maxSockets }: { poll: SocketPoll; maxSockets: number }) {
    // In shared memory, whose address stays.
    const sent = new Uint8Array(new SharedArrayBuffer(MAX_QUERY_BYTES));
    const received = new Uint8Array(new SharedArrayBuffer(MAX_UDP_RESPONSE_BYTES));
    const nowhere = new Uint8Array(new SharedArrayBuffer(SOCKADDR_IN_BYTES)).fill(AF_UNSPEC);
    this.#libc = libc;
    this.#maxSockets = maxSockets;
    this.#shared = {
      open: 0,
      libc,
      poll,
      sent,
      sentAddress: libc.addressOf(sent),
      received,
      receivedAddress: libc.addressOf(received),
      nowhere,
      nowhereAddress: libc.addressOf(nowhere),
      idle: { ipv4: [], ipv6: [] },
    };
  }

  open(upstream: UpstreamAddress, events: OutgoingEvents): OutgoingSocket | undefined {
    const { libc, idle } = this.#shared;
    if (this.#shared.open === this.#maxSockets) return undefined;
    const { family, address, length } = this.#destinationOf(upstream);
    const sockets = idle[family === AF_INET ? 'ipv4' : 'ipv6'];
    const flags = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = sockets.pop() ?? libc.socket(family, flags, 0);
    if (fd < 0) return undefined;
    // A socket without a port is given one at random when it is connected.
    if (libc.connect(fd, address, length) < 0) {
      libc.close(fd);
      this.#shared.poll.forget(fd);
      return undefined;
    }
    return new LibcOutgoingSocket(fd, { shared: this.#shared, sockets, events });
  }

  close(): void {
    const { libc, poll, idle } = this.#shared;
    for (const fd of [...idle.ipv4.splice(0), ...idle.ipv6.splice(0)]) {
      poll.forget(fd);
      libc.close(fd);
    }
  }

  wakeWithin(ms: number): void {
    this.#shared.poll.turnWithin(ms);
  }

  #destinationOf(upstream: UpstreamAddress): Destination {
    let destination = this.#destinations.get(upstream);
    if (destination === undefined) {
      destination = this.#createDestination(upstream);
      this.#destinations.set(upstream, destination);
    }
    return destination;
  }

  #createDestination({ address: text, port }: UpstreamAddress): Destination {
    const [plain, scope] = text.split('%');
    const bytes = parseAddress(plain);
    if (bytes === undefined) throw new TypeError(`Cannot ask upstream: no address "${text}"`);
    const memory = new Uint8Array(new SharedArrayBuffer(MAX_SOCKADDR_BYTES));
    const parts = { address: bytes, port, scope: scopeIndex(scope) };
    const length = putSockaddr(memory, 0, parts);
    const family = bytes.length === 4 ? AF_INET : AF_INET6;
    return { family, memory, address: this.#libc.addressOf(memory), length };
  }
}

interface SocketOptions {
  readonly shared: Shared;
  /** Where it goes when it is not needed any more. */
  readonly sockets: number[];
  readonly events: OutgoingEvents;
}

class LibcOutgoingSocket implements OutgoingSocket {
  readonly #fd: number;
  readonly #shared: Shared;
  readonly #sockets: number[];
  readonly #events: OutgoingEvents;
  #isOpen = true;

  constructor(fd: number, { shared, sockets, events }: SocketOptions) {
    this.#fd = fd;
    this.#shared = shared;
    this.#sockets = sockets;
    this.#events = events;
    shared.open++;
    shared.poll.watchEdge(fd, () => this.#read());
  }

  send(message: Uint8Array): boolean {
    const { libc, sent, sentAddress } = this.#shared;
    if (!this.#isOpen) return false;
    sent.set(message);
    // The first may only tell what ICMP said of a query before, even of one that the socket was used for earlier.
    for (let i = 0; i < 2; i++) {
      if (libc.send(this.#fd, sentAddress, message.length, MSG_DONTWAIT) >= 0) return true;
    }
    return false;
  }

  /** Lets go of the port, so that nothing comes any more, and keeps the socket for another query. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#shared.open--;
    const { libc, poll, nowhereAddress } = this.#shared;
    const isReusable =
      this.#sockets.length < MAX_IDLE &&
      libc.connect(this.#fd, nowhereAddress, SOCKADDR_IN_BYTES) === 0 &&
      this.#isEmpty();
    if (isReusable) {
      poll.rest(this.#fd);
      this.#sockets.push(this.#fd);
    } else {
      poll.forget(this.#fd);
      libc.close(this.#fd);
    }
  }

  /** Neither a datagram nor an error of one upstream may come up for a query to another. */
  #isEmpty(): boolean {
    const { libc, receivedAddress } = this.#shared;
    return libc.recv(this.#fd, receivedAddress, 0, MSG_DONTWAIT) < 0 && libc.errno() === EAGAIN;
  }

  #read(): void {
    const { libc, poll, received, receivedAddress } = this.#shared;
    for (let i = 0; i < MAX_RECEIVED && this.#isOpen; i++) {
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const length = libc.recv(this.#fd, receivedAddress, MAX_UDP_RESPONSE_BYTES, flags);
      if (length >= 0) {
        this.#events.onMessage(received, length);
        continue;
      }
      const errno = libc.errno();
      // Anything else is what ICMP said: RFC 1122 section 4.1.3.3.
      if (errno !== EAGAIN && errno !== EINTR) this.#events.onRefused();
      return;
    }
    if (!this.#isOpen) return;
    // The kernel tells no more of what is there already.
    poll.turnWithin(0);
    setImmediate(() => this.#read());
  }
}

/** The index of the interface of a link-local address, `fe80::1%eth0`; 0 where there is none such. */
function scopeIndex(name: string | undefined): number {
  if (name === undefined) return 0;
  if (/^\d+$/.test(name)) return Number(name);
  const addresses = networkInterfaces()[name] ?? [];
  return addresses.find((each) => each.family === 'IPv6')?.scopeid ?? 0;
}
