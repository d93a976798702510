/** An upstream and a client of it, for the tests of the upstream itself. */
import type { TestContext } from 'node:test';
import { TcpClient } from '../tcp-client.ts';
import { DatagramClient } from './datagram-client.ts';
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts';

export interface UpstreamWithClient {
  readonly upstream: Upstream;
  readonly client: DatagramClient;
  /** Opens a connection to it. */
  connect(): Promise<TcpClient>;
}

/** Starts both; by default the upstream knows `www.example A`. They are closed after the test. */
export async function startWithClient(
  t: Pick<TestContext, 'after'>,
  options: Partial<UpstreamOptions> = {},
): Promise<UpstreamWithClient> {
  const upstream = await startUpstream({ answer: ['www.example 300 A 192.0.2.1'], ...options });
  const client = await DatagramClient.open();
  t.after(async () => {
    client.close();
    await upstream.close();
  });
  return {
    upstream,
    client,
    async connect() {
      const { host: address, port } = upstream;
      const stream = await TcpClient.connect({ address, port, family: 'IPv4' });
      t.after(() => stream.socket.destroy());
      return stream;
    },
  };
}
