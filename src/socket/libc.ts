/**
 * The C library's calls on sockets, through koffi: what node:dgram cannot do; and two of libuv's, which Node.js has for
 * addons, to wait for sockets of our own and for those of the event loop together. Linux on little-endian 64-bit
 * processors, where the layouts of `datagram-batch.ts` hold; glibc and musl alike (musl sends one by one).
 * Addresses of memory are numbers: below 2^53 in every address space that Linux gives to a process.
 */
import type koffi from 'koffi';

/** The numbers of Linux: asm-generic/socket.h, bits/socket.h, linux/in.h, linux/in6.h, linux/eventpoll.h. */
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVBUFFORCE = 33;
export const SO_MEMINFO = 55;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const EPOLL_CLOEXEC = SOCK_CLOEXEC;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EPOLLET = 0x80000000;

/** Calls that give -1 on failure; `errno()` then says why. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number;
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint32Array,
    length: Uint32Array,
  ): number;
  close(fd: number): number;
  /** `address` is the address of a struct sockaddr of `length` bytes. */
  connect(fd: number, address: number, length: number): number;
  /** `buffer` is the address of so many bytes; gives how many were sent. */
  send(fd: number, buffer: number, length: number, flags: number): number;
  /** Gives how many bytes came, which with MSG_TRUNC may be more than there was room for. */
  recv(fd: number, buffer: number, length: number, flags: number): number;
  /** `headers` is the address of an array of struct mmsghdr; gives how many of them were filled. */
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, headers: number, count: number, flags: number): number;
  /** A call by its number, with what `short-slice.ts` hands over. */
  syscall(
    number: number,
    threadId: number,
    attributes: Uint8Array,
    sizeOrFlags: number,
    flags: number,
  ): number;
  /** The positive error number of the last call that failed, in this thread. */
  errno(): number;
  /** Gives the address of the memory that a view shows; it stays there as long as its buffer lives. */
  addressOf(view: ArrayBufferView): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epollFd: number, operation: number, fd: number, event: Uint8Array): number;
  /** `events` is the address of an array of struct epoll_event; gives how many of them were filled. */
  epoll_wait(epollFd: number, events: number, count: number, timeoutMs: number): number;
  /** A descriptor that can be read when this thread's event loop has something to do: its own of epoll(7). */
  readonly loopFd: number;
  /** Gives a number that changes whenever this thread's event loop has handled something. */
  countLoopEvents(): number;
}

/** The machine has no libc that can be called so; the message says why. */
export class LibcUnavailableError extends Error {
  readonly code = 'ERR_LIBC_UNAVAILABLE';
  override readonly name = 'LibcUnavailableError';
}

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** Loads the C library; rejects with LibcUnavailableError. */
export async function loadLibc(): Promise<Libc> {
  const { platform, arch } = process;
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch)) {
    throw new LibcUnavailableError(
      `batches need Linux on x64 or arm64, this is ${platform} ${arch}`,
    );
  }
  try {
    const module = await import('koffi');
    return bindLibc(module.default);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LibcUnavailableError(`koffi cannot be loaded: ${reason}`, { cause });
  }
}

/** Words of a struct uv_metrics_s; of the second field, the events, the lower half will do. */
const UV_METRICS = { words: 32, events: 2 };

function bindLibc({ load, errno, address, node }: typeof koffi): Libc {
  // The process has its libc loaded already, whatever its file is called.
  const library = load(null);
  const bind = (name: string, parameters: string[]) => library.func(name, 'int', parameters);
  const loop = new BigUint64Array(1);
  const getLoop = bind('napi_get_uv_event_loop', ['void *', 'void *']);
  if (getLoop(node.env, loop) !== 0) throw new Error('this thread has no event loop');
  const readMetrics = bind('uv_metrics_info', ['uintptr_t', 'uintptr_t']);
  const metrics = new Uint32Array(UV_METRICS.words);
  const loopAddress = Number(loop[0]);
  const metricsAddress = Number(address(metrics));
  return {
    socket: bind('socket', ['int', 'int', 'int']),
    bind: bind('bind', ['int', 'void *', 'uint32_t']),
    getsockname: bind('getsockname', ['int', 'void *', 'void *']),
    setsockopt: bind('setsockopt', ['int', 'int', 'int', 'void *', 'uint32_t']),
    getsockopt: bind('getsockopt', ['int', 'int', 'int', 'void *', 'void *']),
    close: bind('close', ['int']),
    connect: bind('connect', ['int', 'uintptr_t', 'uint32_t']),
    send: bind('send', ['int', 'uintptr_t', 'size_t', 'int']),
    recv: bind('recv', ['int', 'uintptr_t', 'size_t', 'int']),
    // Numbers in place of pointers: cheaper by half than views, and calculated with.
    recvmmsg: bind('recvmmsg', ['int', 'uintptr_t', 'uint32_t', 'int', 'uintptr_t']),
    sendmmsg: bind('sendmmsg', ['int', 'uintptr_t', 'uint32_t', 'int']),
    syscall: library.func('syscall', 'long', ['long', 'int', 'void *', 'uint32_t', 'uint32_t']),
    errno,
    addressOf: (view) => Number(address(view)),
    epoll_create1: bind('epoll_create1', ['int']),
    epoll_ctl: bind('epoll_ctl', ['int', 'int', 'int', 'void *']),
    epoll_wait: bind('epoll_wait', ['int', 'uintptr_t', 'int', 'int']),
    loopFd: bind('uv_backend_fd', ['uintptr_t'])(loopAddress),
    countLoopEvents() {
      readMetrics(loopAddress, metricsAddress);
      return metrics[UV_METRICS.events];
    },
  };
}
