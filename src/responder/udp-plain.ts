/**
 * Plain UDP through node:dgram: where batched UDP is not available. In: datagrams; out: one response to each, or
 * silence. RFC 1035 section 4.2.1.
 * A socket on a wildcard address answers from the address that the route gives, not from the one that was asked:
 * node:dgram cannot tell.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../dns/address.ts';
import { EDNS_UDP_BYTES } from '../dns/constants.ts';
import { putSockaddr, readSockaddr } from '../socket/sockaddr.ts';
import { ListenError } from './listen-error.ts';
import {
  CLOSE_LIMIT_MS,
  type CloseOptions,
  type Listener,
  type ListenerOptions,
  MAX_UDP_QUERY_BYTES,
  type Misses,
  type Reply,
} from './listener.ts';
import { waitForQuietTurn } from './quiet-turn.ts';
import type { Transport } from './respond-function.ts';

/** What is asked of the kernel for received datagrams; it grants at most `net.core.rmem_max`. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Most responses in the course of being sent; node:dgram tells that one is done only later. */
export const MAX_PENDING_RESPONSES = 1024;

const CLOSE_CHECK_MS = 10;

export interface UdpPlainOptions extends ListenerOptions {
  /** Responses being sent at a time; the next is dropped and counted. Default MAX_PENDING_RESPONSES. */
  readonly maxPendingResponses?: number;
}

/** Opens a UDP socket and answers what comes. Rejects with ListenError. */
export async function listenUdpPlain(options: UdpPlainOptions): Promise<UdpPlainListener> {
  const { address, port, reusePort = false } = options;
  const isIpv6 = isIPv6(address);
  const socket = createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    ipv6Only: isIpv6,
    reusePort,
    // Addresses are never names here; node:dgram would ask the system's resolver for each response.
    lookup: (name, _options, callback) => callback(null, name, isIpv6 ? 6 : 4),
  });
  try {
    // With a lookup that is synchronous, so is everything that bind() does.
    const listening = once(socket, 'listening');
    socket.bind({ address, port });
    await listening;
  } catch (cause) {
    socket.close();
    throw new ListenError({ address, port, protocol: 'UDP' }, { cause });
  }
  askForReceiveBuffer(socket);
  return new UdpPlainListener(socket, options);
}

/** A bound socket of plain UDP. */
export class UdpPlainListener implements Listener {
  readonly #socket: Socket;
  readonly #options: UdpPlainOptions;
  readonly #address: AddressInfo;
  readonly #transport: Transport;
  readonly #maxPendingResponses: number;
  /** Buffers that no response is in. Invariant: free + pending <= maxPendingResponses. */
  readonly #free: PendingResponse[] = [];
  #pending = 0;
  #received = 0;
  /** Who sent the query that is being answered. */
  #client: RemoteInfo | undefined;
  #closed: Promise<void> | undefined;

  constructor(socket: Socket, options: UdpPlainOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#address = socket.address();
    this.#maxPendingResponses = options.maxPendingResponses ?? MAX_PENDING_RESPONSES;
    const { misses } = options;
    this.#transport = {
      protocol: 'udp',
      family: isIPv6(options.address) ? 6 : 4,
      ...(misses && { handOn: (query, length) => this.#handOn(misses, query, length) }),
    };
    socket.on('error', () => options.count('udpSocketError'));
    socket.on('message', (query, client) => this.receive(query, client));
  }

  address(): AddressInfo {
    return this.#address;
  }

  /** Answers one datagram; the socket's own events call it. */
  receive(query: Uint8Array, client: RemoteInfo): void {
    this.#received++;
    const { respond, enter, leave, count, observe, clock } = this.#options;
    if (client.port === 0) {
      count('udpSourcePortZero');
      return;
    }
    if (query.length > MAX_UDP_QUERY_BYTES) {
      count('udpQueryTooLong');
      return;
    }
    const response = this.#takeResponse();
    if (response === undefined) {
      count('udpSendBacklog');
      return;
    }
    const startedAt = clock();
    this.#client = client;
    enter();
    const length = respond(query, query.length, response.bytes, this.#transport);
    leave();
    this.#send(response, length, client);
    if (length > 0) observe(1, clock() - startedAt);
  }

  answer({ replyTo, response: bytes }: Reply): void {
    const response = this.#takeResponse();
    if (response === undefined || bytes.length > response.bytes.length) {
      this.#options.count('udpSendBacklog');
      if (response !== undefined) this.#giveBack(response);
      return;
    }
    const { address, port } = readSockaddr(replyTo, 0);
    response.bytes.set(bytes);
    this.#send(response, bytes.length, { address: formatAddress(address), port });
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close({ graceful = false, limitMs = CLOSE_LIMIT_MS }: CloseOptions): Promise<void> {
    if (graceful) {
      const endsAt = performance.now() + limitMs;
      await waitForQuietTurn(() => this.#received, limitMs);
      while (this.#pending > 0 && performance.now() < endsAt) await sleep(CLOSE_CHECK_MS);
    }
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #send(response: PendingResponse, length: number, to: { address: string; port: number }): void {
    if (length === 0) this.#giveBack(response);
    else this.#socket.send(response.bytes, 0, length, to.port, to.address, response.onSent);
  }

  #handOn({ ring, listener }: Misses, query: Uint8Array, length: number): boolean {
    const { count } = this.#options;
    const address = this.#client && parseAddress(this.#client.address);
    const at = ring.reserve(length);
    if (this.#client === undefined || address === undefined || at === -1) {
      count('missRefused');
      return false;
    }
    putSockaddr(ring.bytes, at, { address, port: this.#client.port });
    ring.commit(query, length, { listener, ticket: 0 });
    count('missHandedOn');
    return true;
  }

  #takeResponse(): PendingResponse | undefined {
    if (this.#pending === this.#maxPendingResponses) return undefined;
    this.#pending++;
    return this.#free.pop() ?? this.#createResponse();
  }

  #giveBack(response: PendingResponse): void {
    this.#pending--;
    this.#free.push(response);
  }

  /** Makes buffer and callback together, so that sending allocates neither. */
  #createResponse(): PendingResponse {
    const response: PendingResponse = {
      bytes: new Uint8Array(EDNS_UDP_BYTES),
      onSent: (error) => {
        if (error !== null) this.#options.count('udpSendError');
        this.#giveBack(response);
      },
    };
    return response;
  }
}

interface PendingResponse {
  readonly bytes: Uint8Array;
  readonly onSent: (error: Error | null) => void;
}

/** A smaller buffer drops datagrams sooner, which is no reason not to serve. */
function askForReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {}
}
