/**
 * An upstream for tests: a DNS server on a loopback address that answers as it is told, keeps what it was asked,
 * and fails in the ways in which resolvers and networks fail.
 */
import { until } from '../fake-clock.ts';
import { answerFrom } from './answer-from.ts';
import { createCertificate } from './certificate.ts';
import { Endpoints } from './endpoints.ts';
import type { Delivery, Fault } from './faults.ts';
import { type Client, decodeQuery, type ReceivedQuery } from './query.ts';
import { buildResponse, fitDatagram, type Reply } from './response.ts';
import type { Send } from './udp-endpoint.ts';

/** Gives what to answer, at once or later; undefined is silence. */
export type AnswerQuery = (query: ReceivedQuery) => Reply | undefined | Promise<Reply | undefined>;

export interface UpstreamOptions {
  /** A function, or records such as `www.example 300 A 192.0.2.1` (see `answerFrom()`). */
  readonly answer: AnswerQuery | readonly string[];
  readonly faults?: readonly Fault[];
  /** Loopback address, 127.0.0.1 by default. */
  readonly host?: string;
  /** Names and addresses that the certificate is for; by default the loopback address. */
  readonly certificateNames?: readonly string[];
}

/** Starts an upstream on free ports. */
export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const upstream = new Upstream(options);
  await upstream.reopen();
  return upstream;
}

export class Upstream {
  readonly host: string;
  /** Of the TLS port, PEM; it is its own authority. */
  readonly certificate: string;
  /** What it was asked so far, what it did not answer included. */
  readonly queries: ReceivedQuery[] = [];
  /** Messages so far that were no well-formed query, and why. */
  readonly unreadable: string[] = [];
  /** May be replaced at any time, as may the faults. */
  answer: AnswerQuery;
  faults: readonly Fault[];
  readonly #certificate;
  #isSilent = false;
  #endpoints: Endpoints | undefined;
  #ports = { plain: 0, tls: 0 };

  constructor({ answer, faults = [], host = '127.0.0.1', certificateNames }: UpstreamOptions) {
    this.host = host;
    this.answer = typeof answer === 'function' ? answer : answerFrom(answer);
    this.faults = faults;
    this.#certificate = createCertificate({ names: certificateNames ?? [host] });
    this.certificate = this.#certificate.cert;
  }

  /** Such as `127.0.0.1:5353`, for UDP and TCP. */
  get address(): string {
    return this.#addressAt(this.#ports.plain);
  }

  /** Such as `127.0.0.1:8853`. */
  get tlsAddress(): string {
    return this.#addressAt(this.#ports.tls);
  }

  get port(): number {
    return this.#ports.plain;
  }

  get tlsPort(): number {
    return this.#ports.tls;
  }

  /** Connections since it was opened last, over which queries could come. */
  get connections(): { readonly tcp: number; readonly tls: number } {
    const { tcp, tls } = this.#endpoints ?? {};
    return { tcp: tcp?.accepted ?? 0, tls: tls?.accepted ?? 0 };
  }

  /** Resolves with all queries once there are `count`. */
  async received(count: number): Promise<readonly ReceivedQuery[]> {
    await until(`${count} queries at ${this.address}`, () => this.queries.length >= count);
    return this.queries;
  }

  /** Takes queries in, and answers none of them, then or later. */
  silence(): void {
    this.#isSilent = true;
  }

  resume(): void {
    this.#isSilent = false;
  }

  /** Ends all connections, as a server does with those that idle; others may be opened. */
  disconnect(): void {
    this.#endpoints?.tcp.disconnect();
    this.#endpoints?.tls.disconnect();
  }

  /** Takes no connections over TCP any more, as one behind a firewall that lets only datagrams through. */
  async closeTcp(): Promise<void> {
    await this.#endpoints?.tcp.close();
  }

  /** Goes away: its ports are closed, and who sends there is told so by the system. */
  async close(): Promise<void> {
    await this.#endpoints?.close();
    this.#endpoints = undefined;
  }

  /** Comes back on the same ports. */
  async reopen(): Promise<void> {
    this.#endpoints = await Endpoints.open(this.#ports, {
      host: this.host,
      certificate: this.#certificate,
      receive: (message, client, send) => void this.#receive(message, client, send),
    });
    this.#ports = this.#endpoints.ports;
  }

  #addressAt(port: number): string {
    return this.host.includes(':') ? `[${this.host}]:${port}` : `${this.host}:${port}`;
  }

  async #receive(message: Buffer, client: Client, send: Send): Promise<void> {
    const query = this.#read(message, client);
    if (query === undefined || this.#isSilent) return;
    const reply = await this.answer(query);
    if (reply === undefined) return;
    const response = buildResponse(query, reply);
    const whole: Delivery = {
      message: client.transport === 'udp' ? fitDatagram(response, query) : response,
      delayMs: 0,
      source: 'upstream',
      connection: 'open',
    };
    const deliveries = this.faults.reduce<readonly Delivery[]>(
      (soFar, fault) => fault(soFar, query),
      [whole],
    );
    for (const delivery of deliveries) this.#deliver(delivery, send);
  }

  #read(message: Buffer, client: Client): ReceivedQuery | undefined {
    try {
      const query = decodeQuery(message, client);
      this.queries.push(query);
      return query;
    } catch (error) {
      this.unreadable.push(String(error));
      return undefined;
    }
  }

  #deliver(delivery: Delivery, send: Send): void {
    const endpoints = this.#endpoints;
    const deliver = () => {
      // What was under way when it went away does not arrive.
      if (endpoints === this.#endpoints && !this.#isSilent) send(delivery);
    };
    if (delivery.delayMs === 0) deliver();
    else setTimeout(deliver, delivery.delayMs);
  }
}
