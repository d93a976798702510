/**
 * The connections of one responder: how many there are in all and of each client, which have been idle longest, and
 * what memory they hold. Admits or refuses; the connections themselves report what they do.
 */
import { RecencyLink, RecencyList } from './recency-list.ts';
import { createTcpCensus, TcpCensus } from './tcp-census.ts';
import type { TcpLimits } from './tcp-limits.ts';

/** What is asked of a connection here. */
export interface Evictable {
  /** Closes it at once; it leaves before this returns. */
  evict(): void;
}

/** A connection's entry. */
export interface Membership {
  readonly client: Client;
  readonly idleAmongAll: RecencyLink<Evictable | undefined>;
  readonly idleOfClient: RecencyLink<Evictable | undefined>;
  heldBytes: number;
}

interface Client {
  readonly address: string;
  connections: number;
  readonly idle: RecencyList<Evictable>;
}

/** Invariant: `size` is the sum of all clients' `connections`, `heldBytes` that of all memberships'. */
export class TcpConnections {
  readonly #limits: TcpLimits;
  /** Counts with those of the other responders. */
  readonly #census: TcpCensus;
  readonly #heldBytesShare: number;
  readonly #clients = new Map<string, Client>();
  readonly #idle = new RecencyList<Evictable>();
  #size = 0;
  #heldBytes = 0;

  constructor(limits: TcpLimits, census: TcpCensus = new TcpCensus(createTcpCensus(1), 0)) {
    this.#limits = limits;
    this.#census = census;
    this.#heldBytesShare = limits.maxHeldBytes / limits.maxConnections;
  }

  get size(): number {
    return this.#size;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Makes room for one more connection of a client; false where nothing idle could be closed for it. Limits hold for
   * all responders together; one that has nothing to close asks the others, for the next attempt.
   */
  makeRoom(clientAddress: string): boolean {
    const { maxConnections, maxConnectionsPerClient } = this.#limits;
    const census = this.#census;
    const client = this.#clients.get(clientAddress);
    while (census.ofClient(clientAddress) >= maxConnectionsPerClient) {
      if (closeOldest(client?.idle)) continue;
      census.wantRoom(clientAddress);
      return false;
    }
    while (census.total() >= maxConnections) {
      if (closeOldest(this.#idle)) continue;
      census.wantRoom();
      return false;
    }
    return true;
  }

  /** Closes what has been idle longest where another responder asked for it; to be called each second. */
  makeRoomForOthers(): void {
    const census = this.#census;
    if (census.isRoomWanted() && closeOldest(this.#idle)) census.madeRoom();
    for (const { address, idle } of [...this.#clients.values()]) {
      if (census.isRoomWanted(address) && closeOldest(idle)) census.madeRoom(address);
    }
  }

  /** Enters a connection, as an idle one. */
  add(connection: Evictable, clientAddress: string): Membership {
    let client = this.#clients.get(clientAddress);
    if (client === undefined) {
      client = { address: clientAddress, connections: 0, idle: new RecencyList() };
      this.#clients.set(clientAddress, client);
    }
    client.connections++;
    this.#size++;
    this.#census.add(clientAddress, 1);
    const membership: Membership = {
      client,
      idleAmongAll: new RecencyLink<Evictable | undefined>(connection),
      idleOfClient: new RecencyLink<Evictable | undefined>(connection),
      heldBytes: 0,
    };
    this.markIdle(membership);
    return membership;
  }

  /** Takes a connection out; it must be in. */
  remove(membership: Membership): void {
    const { client } = membership;
    this.markBusy(membership);
    this.#heldBytes -= membership.heldBytes;
    this.#size--;
    this.#census.add(client.address, -1);
    if (--client.connections === 0) this.#clients.delete(client.address);
  }

  /** Notes that nothing would be lost with the connection; it becomes the last to be closed for others. */
  markIdle({ idleAmongAll, idleOfClient, client }: Membership): void {
    this.#idle.append(idleAmongAll);
    client.idle.append(idleOfClient);
  }

  /** Notes that the connection must not be closed for others. */
  markBusy({ idleAmongAll, idleOfClient }: Membership): void {
    idleAmongAll.remove();
    idleOfClient.remove();
  }

  /** Notes the memory that a connection holds; false where it is over its share and all are over the limit. */
  noteHeldBytes(membership: Membership, bytes: number): boolean {
    const grows = bytes > membership.heldBytes;
    this.#heldBytes += bytes - membership.heldBytes;
    membership.heldBytes = bytes;
    return !grows || this.#heldBytes <= this.#limits.maxHeldBytes || bytes <= this.#heldBytesShare;
  }
}

/** False where nothing is idle. */
function closeOldest(idle: RecencyList<Evictable> | undefined): boolean {
  const oldest = idle?.oldest;
  oldest?.evict();
  return oldest !== undefined;
}
