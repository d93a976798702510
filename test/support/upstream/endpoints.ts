/** The ports of an upstream: one number for UDP and TCP, another for TLS. */
import type { Certificate } from './certificate.ts';
import { StreamEndpoint } from './stream-endpoint.ts';
import { type Receive, UdpEndpoint } from './udp-endpoint.ts';

const ATTEMPTS = 20;

export interface Ports {
  /** 0 for any. */
  readonly plain: number;
  readonly tls: number;
}

export interface EndpointOptions {
  readonly host: string;
  readonly certificate: Certificate;
  readonly receive: Receive;
}

export class Endpoints {
  readonly udp: UdpEndpoint;
  readonly tcp: StreamEndpoint;
  readonly tls: StreamEndpoint;

  private constructor(udp: UdpEndpoint, tcp: StreamEndpoint, tls: StreamEndpoint) {
    this.udp = udp;
    this.tcp = tcp;
    this.tls = tls;
  }

  static async open(ports: Ports, options: EndpointOptions): Promise<Endpoints> {
    const { host } = options;
    const [udp, tcp] = await openPlain(ports.plain, options);
    return new Endpoints(udp, tcp, await StreamEndpoint.open(host, ports.tls, options));
  }

  get ports(): Ports {
    return { plain: this.udp.port, tls: this.tls.port };
  }

  async close(): Promise<void> {
    await Promise.all([this.udp.close(), this.tcp.close(), this.tls.close()]);
  }
}

/** Opens UDP and TCP at one port; where any will do, one that is free for both. */
async function openPlain(
  port: number,
  { host, receive }: EndpointOptions,
): Promise<[UdpEndpoint, StreamEndpoint]> {
  for (let attempt = 1; ; attempt++) {
    const udp = await UdpEndpoint.open(host, port, receive);
    try {
      return [udp, await StreamEndpoint.open(host, udp.port, { receive })];
    } catch (error) {
      await udp.close();
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}
