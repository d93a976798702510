/** The upstreams of every forward, as the configuration and its resolv.conf files have them at present. */
import type {
  ForwardConfiguration,
  SocketAddress,
  UpstreamConfiguration,
} from './config/configuration.ts';
import { findOwnListener } from './config/own-listener.ts';
import type { ForwardZone } from './forwarder/forward-zones.ts';
import { ResolvConfWatcher } from './forwarder/resolv-conf-watcher.ts';
import { STREAM_EVENTS, type StreamEvent } from './forwarder/stream-limits.ts';
import { StreamUpstream } from './forwarder/stream-upstream.ts';
import { Upstream } from './forwarder/upstream.ts';
import type { UpstreamAddress } from './forwarder/upstream-address.ts';
import { UpstreamSet } from './forwarder/upstream-set.ts';
import { UpstreamStats } from './forwarder/upstream-stats.ts';
import { Upstreams } from './forwarder/upstreams.ts';
import type { LogFunction } from './monitoring/log-event.ts';

const DNS_PORT = 53;

export interface UpstreamSetsOptions {
  readonly listen: readonly SocketAddress[];
  readonly log: LogFunction;
}

export class UpstreamSets {
  readonly zones: readonly ForwardZone[];
  /** What happened to connections of all upstreams. */
  readonly streamEvents = Object.fromEntries(STREAM_EVENTS.map((name) => [name, 0])) as Record<
    StreamEvent,
    number
  >;
  readonly #options: UpstreamSetsOptions;
  readonly #known = new Upstreams((address) => this.#createUpstream(address));
  readonly #watchers = new Map<string, ResolvConfWatcher>();
  readonly #refreshes: (() => void)[] = [];

  constructor(forwards: readonly ForwardConfiguration[], options: UpstreamSetsOptions) {
    this.#options = options;
    this.zones = forwards.map(({ zones, upstreams, policy }) => {
      const upstreamAt = (address: UpstreamAddress) => this.#known.at(address);
      const set = new UpstreamSet({ policy, upstreamAt });
      const refresh = () => set.use(upstreams.flatMap((each) => this.#addressesOf(each)));
      refresh();
      this.#refreshes.push(refresh);
      return { zones, set };
    });
  }

  /** All of them, at present. */
  get upstreams(): readonly Upstream[] {
    return [...new Set(this.zones.flatMap(({ set }) => set.upstreams))];
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.stop();
    for (const { set } of this.zones) set.close();
  }

  #addressesOf(upstream: UpstreamConfiguration): UpstreamAddress[] {
    if (upstream.kind === 'server') {
      const { transport, address, port, serverName } = upstream;
      return [{ transport, address, port, serverName }];
    }
    const { addresses } = this.#watcherOf(upstream.path);
    return addresses.map((address) => ({
      transport: 'udp',
      address,
      port: DNS_PORT,
      serverName: '',
    }));
  }

  /** One for each file, however many forwards name it. */
  #watcherOf(path: string): ResolvConfWatcher {
    const { listen, log } = this.#options;
    let watcher = this.#watchers.get(path);
    if (watcher === undefined) {
      watcher = new ResolvConfWatcher({
        path,
        isOwn: (address) => findOwnListener({ address, port: DNS_PORT }, listen) !== undefined,
        onChange: (addresses) => {
          log('info', 'upstreams have changed', { path, addresses });
          for (const refresh of this.#refreshes) refresh();
        },
        log,
      });
      this.#watchers.set(path, watcher);
    }
    return watcher;
  }

  #createUpstream(address: UpstreamAddress): Upstream {
    const events = {
      count: (event: StreamEvent) => {
        this.streamEvents[event]++;
      },
    };
    return new Upstream(address, {
      stream: new StreamUpstream(address, { events }),
      stats: new UpstreamStats(),
    });
  }
}
