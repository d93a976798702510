/** respond(): one query answered from the table, by kind of answer, at two sizes of the zone. */

import { buildQuery } from '../../support/records.ts';
import { endpoint, endpointPort, port, service, slice } from '../../support/resources.ts';
import { TestZone, UDP } from '../../support/zone.ts';
import { measure, printMeasured } from '../measure.ts';

/** Different names asked in turn, so that not one record stays in the processor's cache. */
const NAMES_ASKED = 1000;

function addressOf(i: number): string {
  return `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
}

/** A zone of `count` ClusterIP Services and one headless Service of 15 endpoints for each thousand. */
function fill(count: number): TestZone {
  const zone = new TestZone({ maxBytes: 512 << 20, buckets: 1 << 18 });
  for (let i = 0; i < count; i++) {
    const key = `ns-${i % 50}/svc-${i}`;
    zone.zone.setService(key, {
      service: service(key, { clusterIps: [addressOf(i)], ports: [port('http/TCP/80')] }),
      groups: [],
    });
  }
  for (let i = 0; i < NAMES_ASKED / 10; i++) {
    const key = `ns-${i % 50}/set-${i}`;
    const endpoints = Array.from({ length: 15 }, (_, j) =>
      endpoint(`10.244.${i}.${j}`, { hostname: `pod-${j}` }),
    );
    zone.zone.setService(key, {
      service: service(key, { headless: true }),
      groups: [slice(key, endpoints, { ports: [endpointPort('http/TCP/80')] })],
    });
  }
  zone.zone.commit();
  return zone;
}

const QUESTIONS: Record<string, (i: number, count: number) => string> = {
  'Service A': (i) => `svc-${i}.ns-${i % 50}.svc.cluster.local A`,
  'Service AAAA: NODATA': (i) => `svc-${i}.ns-${i % 50}.svc.cluster.local AAAA`,
  'search path: NXDOMAIN': (i) => `www${i}.example.org.ns-${i % 50}.svc.cluster.local A`,
  'missing Service: NXDOMAIN': (i) => `missing-${i}.ns-${i % 50}.svc.cluster.local A`,
  'named port SRV': (i) => `_http._tcp.svc-${i}.ns-${i % 50}.svc.cluster.local SRV`,
  'reverse PTR': (i) => `${addressOf(i).split('.').reverse().join('.')}.in-addr.arpa PTR`,
  'headless of 15 A': (i) => `set-${i % 100}.ns-${(i % 100) % 50}.svc.cluster.local A`,
  'outside our zones: REFUSED': (i) => `www${i}.example.org A`,
};

for (const count of [1000, 100_000]) {
  const zone = fill(count);
  const { records, usedBytes } = zone.table.stats();
  console.log(`${count} Services: ${records} names, ${(usedBytes / 1e6).toFixed(1)} MB`);
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const step = Math.floor(count / NAMES_ASKED);
    const queries = Array.from({ length: NAMES_ASKED }, (_, i) =>
      buildQuery(question(i * step, count), { payloadBytes: 1232 }),
    );
    const { responder, response, reader } = zone;
    let next = 0;
    const measured = measure((calls) => {
      for (let i = 0; i < calls; i++) {
        const query = queries[next];
        next = next + 1 === NAMES_ASKED ? 0 : next + 1;
        reader.enter();
        if (responder.respond(query, query.length, response, UDP) === 0) throw new Error(name);
        reader.leave();
      }
    });
    printMeasured(name, measured);
  }
}
