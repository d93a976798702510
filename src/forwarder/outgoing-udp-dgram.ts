/** Outgoing UDP by node:dgram: where the C library cannot be called. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { OutgoingEvents, OutgoingSocket, OutgoingUdp } from './outgoing-udp.ts';
import type { UpstreamAddress } from './upstream-address.ts';

export class DgramOutgoingUdp implements OutgoingUdp {
  open(upstream: UpstreamAddress, events: OutgoingEvents): OutgoingSocket {
    return new DgramOutgoingSocket(upstream, events);
  }

  close(): void {}

  /** Timers are as exact as the event loop's. */
  wakeWithin(): void {}
}

class DgramOutgoingSocket implements OutgoingSocket {
  readonly #socket: Socket;
  /** A query that is sent again may be what hears of the first one's refusal. */
  readonly #onSent: (error: Error | null) => void;
  #isConnected = false;
  /** What is to be sent when the socket is connected. */
  #waiting: Uint8Array[] = [];
  #isOpen = true;

  constructor({ address, port }: UpstreamAddress, events: OutgoingEvents) {
    const isIpv6 = isIPv6(address);
    const socket = createSocket({
      type: isIpv6 ? 'udp6' : 'udp4',
      // Addresses are never names here; node:dgram would ask the system's resolver.
      lookup: (name, _options, callback) => callback(null, name, isIpv6 ? 6 : 4),
    });
    this.#socket = socket;
    this.#onSent = (error) => {
      if (error !== null && this.#isOpen) events.onRefused();
    };
    socket.on('message', (message) => {
      if (this.#isOpen) events.onMessage(message, message.length);
    });
    socket.on('error', () => {
      if (this.#isOpen) events.onRefused();
    });
    // Connected, it takes nothing from anybody else, and hears of ICMP errors; the system chooses the port.
    // Its types leave out that the callback hears of errors.
    const onConnected = (error?: Error) => {
      if (error === undefined) this.#sendWaiting();
      else if (this.#isOpen) events.onRefused();
    };
    socket.connect(port, address, onConnected);
  }

  send(message: Uint8Array): boolean {
    if (!this.#isOpen) return false;
    if (this.#isConnected) this.#socket.send(message, this.#onSent);
    else this.#waiting.push(Uint8Array.from(message));
    return true;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#waiting = [];
    this.#socket.close();
  }

  #sendWaiting(): void {
    this.#isConnected = true;
    for (const message of this.#waiting.splice(0)) this.#socket.send(message, this.#onSent);
  }
}
