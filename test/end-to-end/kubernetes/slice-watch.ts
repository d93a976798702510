/** The plainest watch of EndpointSlices that there is: what the API server itself takes to tell of a change. */
import https from 'node:https';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

const PATH = '/apis/discovery.k8s.io/v1/endpointslices?watch=true';

export class SliceWatch {
  /** When an address was first seen, as of `performance.now()`. */
  readonly seenAt = new Map<string, number>();
  #request: ReturnType<typeof https.get> | undefined;

  /** Resolves when the watch is open. */
  open({ server, token, tls }: ApiAccess): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const options = { headers, agent: new https.Agent(), ...tls };
      this.#request = https.get(new URL(PATH, server), options, (response) => {
        resolve();
        let rest = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          const now = performance.now();
          const lines = `${rest}${chunk}`.split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.#take(JSON.parse(line), now);
        });
        response.on('error', () => {});
      });
      this.#request.on('error', reject);
    });
  }

  close(): void {
    this.#request?.destroy();
  }

  #take({ object }: { object: { endpoints: { addresses: string[] }[] } }, now: number): void {
    for (const { addresses } of object.endpoints) this.seenAt.set(addresses[0], now);
  }
}
