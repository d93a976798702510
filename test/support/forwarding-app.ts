/** The whole server in this process, with an upstream of the test's own and Services that lead to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Printed } from './records.ts';
import { type RunningApp, startTestApp } from './running-app.ts';
import { TcpClient } from './tcp-client.ts';
import { DatagramClient } from './upstream/datagram-client.ts';
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream/upstream.ts';

const SOA = 'example 60 SOA ns.example hostmaster.example 1 2 3 4 60';
const RECORDS = [
  'www.example 300 A 192.0.2.1',
  'www.example 300 AAAA 2001:db8::1',
  'four.example 300 A 192.0.2.4',
  ...Array.from({ length: 100 }, (_, i) => `big.example 300 A 192.0.2.${i}`),
  SOA,
];

const SERVICES = ['www', 'four', 'big', 'missing', 'failing']
  .map(
    (name) => `
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: out}
spec: {type: ExternalName, externalName: ${name}.example}`,
  )
  .join('');
const WEB = `
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.10.10, ports: [{port: 80}]}`;

export interface Forwarding extends RunningApp {
  readonly upstream: Upstream;
  readonly client: DatagramClient;
  readonly port: number;
  ask(question: string, options?: Parameters<DatagramClient['ask']>[2]): Promise<Printed>;
  connect(): Promise<TcpClient>;
}

/** Starts it: `www`, `four`, `big` and `missing.example` are at the upstream, and ExternalNames of namespace `out`. */
export async function startForwarding(
  t: Pick<TestContext, 'after'>,
  { upstream: upstreamOptions, ...overrides }: Record<string, unknown> = {},
): Promise<Forwarding> {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-forwarding-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'services.yaml'), SERVICES + WEB);
  const upstream = await startUpstream({
    answer: RECORDS,
    ...(upstreamOptions as Partial<UpstreamOptions>),
  });
  const running = await startTestApp(t, {
    overrides: {
      source: { manifests: [folder] },
      forward: [{ zones: ['.'], upstreams: [upstream.address] }],
      ...overrides,
    },
  });
  const client = await DatagramClient.open();
  t.after(async () => {
    client.close();
    await upstream.close();
  });
  const { port } = running.app.listen[0];
  return {
    ...running,
    upstream,
    client,
    port,
    ask: (question, options) => client.ask(question, port, options),
    async connect() {
      const stream = await TcpClient.connect({ address: '127.0.0.1', port, family: 'IPv4' });
      t.after(() => stream.socket.destroy());
      return stream;
    },
  };
}

/** Types that an upstream was asked for of a name. */
export function asked({ queries }: Upstream, name: string): string[] {
  return queries.filter((each) => each.name.toLowerCase() === name).map(({ type }) => type);
}
