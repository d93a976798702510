/** Decides how datagrams move, in batches or one by one, and says which and why. */
import type { Configuration, SocketAddress } from './config/configuration.ts';
import type { LogFunction } from './monitoring/log-event.ts';
import { type Libc, loadLibc } from './socket/libc.ts';
import { testBatches } from './socket/self-test.ts';
import { StartError } from './start-error.ts';
import { RECEIVE_BUFFER_BYTES, UdpSockets } from './udp-sockets.ts';

export interface UdpIoOptions {
  readonly io: Configuration['io'];
  readonly listen: readonly SocketAddress[];
  readonly responders: number;
  readonly log: LogFunction;
}

/**
 * Opens the sockets for batches; gives undefined where datagrams are to move one by one, on sockets that responders
 * open by themselves. Rejects with ListenError, or with StartError where batches are demanded and cannot be had.
 */
export async function openUdpSockets(options: UdpIoOptions): Promise<UdpSockets | undefined> {
  const { io, listen, responders, log } = options;
  if (io === 'dgram') {
    log('info', 'UDP datagrams move one by one', {
      io: 'dgram',
      reason: 'the configuration says so',
    });
    return undefined;
  }
  let libc: Libc;
  try {
    libc = await loadLibc();
    await testBatches(libc);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (io === 'batch') {
      throw new StartError(
        `Cannot move UDP datagrams in batches: ${reason}`,
        'ERR_BATCH_UNAVAILABLE',
      );
    }
    const fields = { io: 'dgram', reason, code: 'ERR_BATCH_UNAVAILABLE' };
    log('warn', 'UDP datagrams move one by one', fields);
    return undefined;
  }
  const sockets = new UdpSockets({ libc, listen, responders });
  log('info', 'UDP datagrams move in batches', { io: 'batch', reason: 'the self-test passed' });
  const { receiveBufferBytes } = sockets.readMemory();
  const askedBytes = responders * listen.length * RECEIVE_BUFFER_BYTES;
  if (receiveBufferBytes < askedBytes) {
    const advice = 'raise net.core.rmem_max, or grant NET_ADMIN, where queries are dropped';
    log('info', 'UDP receive buffers are smaller than asked for', {
      receiveBufferBytes,
      askedBytes,
      advice,
    });
  }
  return sockets;
}
