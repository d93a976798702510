/** A UDP socket with the memory of a batch: one side of an exchange, as a responder has it or as a client. */

import { formatAddress } from '../../src/dns/address.ts';
import { createUdpHandle, shapeOf, type UdpHandle } from '../../src/responder/udp-batch.ts';
import { DatagramBatch } from '../../src/socket/datagram-batch.ts';
import type { Libc } from '../../src/socket/libc.ts';
import { UdpSocket } from '../../src/socket/udp-socket.ts';

export interface UdpPeer {
  readonly socket: UdpSocket;
  readonly handle: UdpHandle;
  readonly batch: DatagramBatch;
}

/** Opens a socket on any free port. */
export function openUdpPeer(libc: Libc, address: Uint8Array): UdpPeer {
  const socket = UdpSocket.open({ libc, address, port: 0, receiveBufferBytes: 4 << 20 });
  const handle = createUdpHandle(socket, formatAddress(address));
  return {
    socket,
    handle,
    batch: new DatagramBatch(handle.memory, { shape: shapeOf(handle), libc }),
  };
}
