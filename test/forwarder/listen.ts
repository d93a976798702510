import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Listening {
  readonly port: number;
  /** Those of all connections so far. */
  readonly sockets: readonly Socket[];
}

/** Has a server that need not know DNS listen on 127.0.0.1 until the test is over. */
export async function listen(
  t: Pick<TestContext, 'after'>,
  server: Server,
  onConnection: (socket: Socket) => void,
): Promise<Listening> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}
