/** A response as dig would print it, for tests of what compares such. */
import type { Printed } from '../support/records.ts';

export function printed(fields: Partial<Printed> = {}): Printed {
  return {
    status: 'NOERROR',
    flags: 'qr aa rd',
    question: [],
    answer: [],
    authority: [],
    additional: [],
    payloadBytes: 0,
    extendedErrors: [],
    bytes: 100,
    ...fields,
  };
}

/** With the SOA of a zone; CoreDNS has the time to live 30 in the runs, vipdns 7. */
export function denied(status: 'NOERROR' | 'NXDOMAIN', ttl: number): Printed {
  const soa = `SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 ${ttl}`;
  return printed({ status, authority: [`cluster.local. ${ttl} IN ${soa}`] });
}
