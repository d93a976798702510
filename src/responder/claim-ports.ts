/**
 * Finds out, before any responder starts, that every address can be listened on, and which port stands for 0.
 * Responders share their ports (SO_REUSEPORT), so none of them would notice that another program, or another
 * vipdns, has one: a socket that does not share does.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { ListenError } from './listen-error.ts';

export interface ListenAddress {
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
}

/** A free TCP port may be taken as a UDP port; another is tried then. */
const MAX_ATTEMPTS = 20;

/** Gives the addresses with the ports to use; throws ListenError where one cannot be had. */
export async function claimPorts(listen: readonly ListenAddress[]): Promise<ListenAddress[]> {
  const claimed: ListenAddress[] = [];
  for (const each of listen) claimed.push(await claimPort(each));
  return claimed;
}

async function claimPort({ address, port }: ListenAddress): Promise<ListenAddress> {
  for (let attempt = 1; ; attempt++) {
    const chosen = await probeTcp(address, port);
    try {
      await probeUdp(address, chosen);
      return { address, port: chosen };
    } catch (error) {
      if (port !== 0 || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function probeTcp(address: string, port: number): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host: address, port, ipv6Only: isIPv6(address), exclusive: true });
    await once(server, 'listening');
    const bound = server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  } catch (cause) {
    throw new ListenError({ address, port, protocol: 'TCP' }, { cause });
  } finally {
    server.close();
  }
}

async function probeUdp(address: string, port: number): Promise<void> {
  const isIpv6 = isIPv6(address);
  const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ipv6Only: isIpv6 });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
  } catch (cause) {
    throw new ListenError({ address, port, protocol: 'UDP' }, { cause });
  } finally {
    socket.close();
  }
}
