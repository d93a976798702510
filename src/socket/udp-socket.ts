/**
 * A UDP socket that belongs to the process and to no event loop: any thread can read it by its descriptor, and it
 * keeps what is queued when that thread dies. In: an address; out: a bound descriptor. udp(7), socket(7).
 */
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  type Libc,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './libc.ts';
import { MAX_SOCKADDR_BYTES, putSockaddr, readSockaddr } from './sockaddr.ts';

/** A call that failed, with the error number of the system, as Node's own errors have it: negative. */
export class SocketError extends Error {
  readonly code = 'ERR_SOCKET';
  readonly errno: number;
  override readonly name = 'SocketError';

  constructor(call: string, errno: number) {
    super(`${call} failed: error number ${errno}`);
    this.errno = -errno;
  }
}

export interface UdpSocketOptions {
  readonly libc: Libc;
  /** 4 or 16 bytes; an IPv6 socket never serves IPv4 too. */
  readonly address: Uint8Array;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
  /** Shares the port with other sockets that do (SO_REUSEPORT); false by default. */
  readonly reusePort?: boolean;
  /** Datagrams tell the address that they were sent to; by default where the socket is bound to all of them. */
  readonly tellsDestination?: boolean;
  /** What is asked of the kernel for queued datagrams; it may grant less. */
  readonly receiveBufferBytes: number;
}

export interface SocketMemory {
  /** Datagrams that the kernel dropped since the socket was opened, nearly always for want of room. */
  readonly drops: number;
  /** Memory that queued datagrams take, and may take, in bytes. */
  readonly queuedBytes: number;
  readonly receiveBufferBytes: number;
}

/** Words of SO_MEMINFO: sock_diag(7). */
const MEMINFO = { queued: 0, receiveBuffer: 1, drops: 8, words: 9 };

export class UdpSocket {
  readonly fd: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly port: number;
  readonly tellsDestination: boolean;
  readonly #libc: Libc;
  #isOpen = true;

  private constructor(fd: number, options: UdpSocketOptions) {
    this.fd = fd;
    this.family = familyOf(options);
    this.tellsDestination = tellsDestination(options);
    this.#libc = options.libc;
    this.port = this.#readPort();
  }

  /** Opens and binds a socket; throws SocketError. */
  static open(options: UdpSocketOptions): UdpSocket {
    const { libc } = options;
    const fd = libc.socket(familyOf(options), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw new SocketError('socket', libc.errno());
    try {
      configure(fd, options);
      return new UdpSocket(fd, options);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** Asks the kernel how the queue of received datagrams is doing; zeros where it does not tell. */
  readMemory(): SocketMemory {
    const words = new Uint32Array(MEMINFO.words);
    const length = new Uint32Array([words.byteLength]);
    if (this.#isOpen) this.#libc.getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, words, length);
    return {
      drops: words[MEMINFO.drops],
      queuedBytes: words[MEMINFO.queued],
      receiveBufferBytes: words[MEMINFO.receiveBuffer],
    };
  }

  /** Closes the descriptor, once; no thread may use it any more. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#libc.close(this.fd);
  }

  #readPort(): number {
    const bytes = new Uint8Array(MAX_SOCKADDR_BYTES);
    const failed = this.#libc.getsockname(this.fd, bytes, new Uint32Array([bytes.length])) < 0;
    if (failed) throw new SocketError('getsockname', this.#libc.errno());
    return readSockaddr(bytes, 0).port;
  }
}

function familyOf({ address }: UdpSocketOptions): number {
  return address.length === 4 ? AF_INET : AF_INET6;
}

function tellsDestination(options: UdpSocketOptions): boolean {
  return options.tellsDestination ?? options.address.every((byte) => byte === 0);
}

function configure(fd: number, options: UdpSocketOptions): void {
  const { libc, address, port, reusePort = false, receiveBufferBytes } = options;
  const isIpv6 = familyOf(options) === AF_INET6;
  const set = (level: number, name: number, value: number) =>
    libc.setsockopt(fd, level, name, Int32Array.of(value), Int32Array.BYTES_PER_ELEMENT) === 0;
  const demand = (level: number, name: number) => {
    if (!set(level, name, 1)) throw new SocketError('setsockopt', libc.errno());
  };
  if (reusePort) demand(SOL_SOCKET, SO_REUSEPORT);
  if (isIpv6) demand(IPPROTO_IPV6, IPV6_V6ONLY);
  if (tellsDestination(options)) {
    if (isIpv6) demand(IPPROTO_IPV6, IPV6_RECVPKTINFO);
    else demand(IPPROTO_IP, IP_PKTINFO);
  }
  // The first one may go beyond net.core.rmem_max, and needs CAP_NET_ADMIN. A smaller buffer drops datagrams
  // sooner, which is no reason not to serve.
  if (!set(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes)) {
    set(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
  }
  const name = new Uint8Array(MAX_SOCKADDR_BYTES);
  if (libc.bind(fd, name, putSockaddr(name, 0, { address, port })) < 0) {
    throw new SocketError('bind', libc.errno());
  }
}
