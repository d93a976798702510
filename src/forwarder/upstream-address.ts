/** Where an upstream is, and how it is asked. */
export interface UpstreamAddress {
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /**
   * Name or IP address that the certificate of a tls upstream has to hold; '' is its own address. Nothing to the other
   * transports.
   */
  readonly serverName: string;
}
