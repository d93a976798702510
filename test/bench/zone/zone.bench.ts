/** Zone.setService(): 10,000 Services of 15 endpoints compiled, and one of them compiled again. */
import { endpoint, endpointPort, port, service, slice } from '../../support/resources.ts';
import { TestZone } from '../../support/zone.ts';

const SERVICES = 10_000;
const ENDPOINTS = 15;

function input(i: number, readyFrom: number) {
  const key = `ns-${i % 100}/svc-${i}`;
  const isHeadless = i % 4 === 0;
  const endpoints = Array.from({ length: ENDPOINTS }, (_, j) =>
    endpoint(`10.${128 + (i >> 12)}.${(i >> 4) & 255}.${((i & 15) << 4) + j}`, {
      ready: j >= readyFrom,
    }),
  );
  return {
    key,
    value: {
      service: service(key, {
        headless: isHeadless,
        clusterIps: isHeadless ? [] : [`10.96.${i >> 8}.${i & 255}`],
        ports: [port('http/TCP/80')],
      }),
      groups: [slice(key, endpoints, { ports: [endpointPort('http/TCP/8080')] })],
    },
  };
}

const zone = new TestZone({ maxBytes: 512 << 20, buckets: 1 << 18 });
const inputs = Array.from({ length: SERVICES }, (_, i) => input(i, 0));
const from = performance.now();
for (const { key, value } of inputs) zone.zone.setService(key, value);
zone.zone.commit();
const elapsedMs = performance.now() - from;
const { records, usedBytes, reservedBytes } = zone.table.stats();
console.log(`${SERVICES} Services of ${ENDPOINTS} endpoints: ${elapsedMs.toFixed(0)} ms`);
console.log(
  `${records} names, ${(usedBytes / 1e6).toFixed(1)} MB, ${(reservedBytes / 1e6).toFixed(1)} MB reserved`,
);

const again: number[] = [];
for (let i = 0; i < 2000; i++) {
  const { key, value } = input(i, 1 + (i % 3));
  const start = performance.now();
  zone.zone.setService(key, value);
  zone.zone.commit();
  again.push(performance.now() - start);
}
again.sort((a, b) => a - b);
console.log(
  `one again: p50 ${again[1000].toFixed(3)} ms, p99 ${again[1980].toFixed(3)} ms, max ${again[1999].toFixed(3)} ms`,
);
