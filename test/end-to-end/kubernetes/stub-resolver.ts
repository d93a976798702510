/** What a Pod hears of the names of its cluster, by the stub resolver of c-ares: UDP first, TCP where that is cut. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';

const QUERY_TIMEOUT_MS = 2000;
const MAX_WAIT_MS = 30_000;
const PAUSE_MS = 20;

export type AskedType = 'A' | 'AAAA' | 'SRV';

export class StubResolver {
  readonly #resolver = new dns.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 2 });

  /** `server` is an address with a port. */
  constructor(server: string) {
    this.#resolver.setServers([server]);
  }

  /** Asks for a name in cluster.local: gives its records, sorted, or a code such as `ENOTFOUND`. */
  async ask(owner: string, type: AskedType = 'A'): Promise<string> {
    const name = `${owner}.cluster.local`;
    try {
      if (type !== 'SRV') return (await this.#resolver.resolve(name, type)).sort().join();
      const records = await this.#resolver.resolveSrv(name);
      return records
        .map(({ name, port }) => `${ownerOf(name)}:${port}`)
        .sort()
        .join();
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }

  /** Asks for the names in cluster.local that an IPv4 address points to: gives them, sorted, or a code. */
  async point(address: string): Promise<string> {
    const name = `${address.split('.').reverse().join('.')}.in-addr.arpa`;
    try {
      return (await this.#resolver.resolvePtr(name)).map(ownerOf).sort().join();
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }

  /** Asks until the answer is what is expected; an AssertionError says what it was in the end. */
  async eventually(
    owner: string,
    expected: string,
    { type = 'A', withinMs = MAX_WAIT_MS }: { type?: AskedType; withinMs?: number } = {},
  ): Promise<void> {
    for (const end = performance.now() + withinMs; performance.now() < end; ) {
      if ((await this.ask(owner, type)) === expected) return;
      await sleep(PAUSE_MS);
    }
    assert.equal(await this.ask(owner, type), expected, `${owner} ${type}`);
  }
}

function ownerOf(name: string): string {
  return name.replace(/\.cluster\.local$/, '');
}
