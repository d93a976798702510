/** The exposition: its text is read back by a reader of its own, and every family is held to the conventions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createResponderCounters, responderCounters } from '../../src/monitoring/counters.ts';
import { createMetrics, type MetricsSources } from '../../src/monitoring/metrics.ts';
import { createZoneGauges, ZONE_GAUGES, ZoneGauges } from '../../src/monitoring/zone-gauges.ts';
import { type ExposedFamily, parseExposition } from './exposition.ts';

function sources(changes: Partial<MetricsSources> = {}): MetricsSources {
  return {
    responderCounters: createResponderCounters(2),
    zoneGauges: createZoneGauges(),
    version: '1.2.3',
    revision: 'abc',
    threads: () => [
      { name: 'zone', isAlive: true, restarts: 0 },
      { name: 'responder-0', isAlive: false, restarts: 3, stuck: 2 },
    ],
    droppedLogLines: () => 7,
    udpSockets: () => ({ drops: 5, queuedBytes: 768, receiveBufferBytes: 8192 }),
    ...changes,
  };
}

async function scrape(changes?: Partial<MetricsSources>): Promise<Map<string, ExposedFamily>> {
  return parseExposition(await createMetrics(sources(changes))());
}

function value(families: Map<string, ExposedFamily>, family: string, labels = ''): number {
  const sample = families
    .get(family)
    ?.samples.find((each) => labelText(each.labels) === labels && each.name === family);
  assert.ok(sample, `${family}{${labels}}`);
  return sample.value;
}

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, text]) => `${name}=${text}`)
    .join();
}

test('createMetrics() exposes what two responders counted, summed', async () => {
  const buffer = createResponderCounters(2);
  const read = createMetrics(sources({ responderCounters: buffer }));
  for (const index of [0, 1]) {
    const counters = responderCounters(buffer, index);
    counters.countQuery('udp', 4, 1, 40);
    counters.countQuery('tcp', 6, 65_000, 70);
    counters.countResponse(3, 100);
    counters.countDurations(1, 20);
    counters.countTruncated();
    counters.countIgnored();
    counters.countTransportEvent('tcpOpened');
    counters.countTransportEvent('tcpReset');
    counters.countTransportEvent('udpSendError');
  }
  const families = parseExposition(await read());
  const requests = 'vipdns_dns_requests_total';
  assert.equal(value(families, requests, 'proto=udp,family=1,type=A'), 2);
  assert.equal(value(families, requests, 'proto=tcp,family=2,type=other'), 2);
  assert.equal(value(families, 'vipdns_dns_responses_total', 'rcode=NXDOMAIN'), 2);
  assert.equal(value(families, 'vipdns_dns_responses_truncated_total'), 2);
  assert.equal(value(families, 'vipdns_dns_messages_ignored_total'), 2);
  assert.equal(value(families, 'vipdns_tcp_connections'), 2);
  assert.equal(value(families, 'vipdns_tcp_connections_cut_total', 'cause=reset'), 2);
  assert.equal(value(families, 'vipdns_udp_dropped_total', 'cause=send_error'), 2);
  responderCounters(buffer, 1).countIgnored();
  assert.equal(value(parseExposition(await read()), 'vipdns_dns_messages_ignored_total'), 3);
});

test('createMetrics() exposes histograms in seconds and bytes, cumulative', async () => {
  const buffer = createResponderCounters(1);
  const counters = responderCounters(buffer, 0);
  for (const microseconds of [1, 3, 3, 5_000_000]) {
    counters.countResponse(0, 200);
    counters.countDurations(1, microseconds);
  }
  const families = await scrape({ responderCounters: buffer });
  const durations = families.get('vipdns_dns_request_duration_seconds')?.samples ?? [];
  const bucket = (le: string) => durations.find(({ labels }) => labels.le === le)?.value;
  assert.deepEqual(
    ['0.000001', '0.000002', '0.000004', '1.048576', '+Inf'].map(bucket),
    [1, 1, 3, 3, 4],
  );
  const sizes = families.get('vipdns_dns_response_size_bytes')?.samples ?? [];
  assert.deepEqual(
    sizes.slice(-2).map((sample) => [sample.name, sample.value]),
    [
      ['vipdns_dns_response_size_bytes_sum', 800],
      ['vipdns_dns_response_size_bytes_count', 4],
    ],
  );
});

test('createMetrics() exposes every gauge of the zone', async () => {
  const zoneGauges = createZoneGauges();
  const gauges = new ZoneGauges(zoneGauges);
  gauges.set(Object.fromEntries(ZONE_GAUGES.map((name, i) => [name, 1000 + i])));
  gauges.set({ serial: 4_294_967_295, ready: 1 });
  const families = await scrape({ zoneGauges });
  assert.equal(value(families, 'vipdns_zone_serial'), 4_294_967_295);
  assert.equal(value(families, 'vipdns_zone_ready'), 1);
  const values = [...families]
    .filter(([name]) => /^vipdns_(zone|table|source)_/.test(name))
    .map(([, { samples }]) => samples[0].value);
  const expected = ZONE_GAUGES.map((name) => gauges.get(name));
  assert.deepEqual(values.toSorted(), expected.toSorted());
});

test('createMetrics() exposes build, threads and process', async () => {
  const families = await scrape();
  const build = `version=1.2.3,revision=abc,nodeversion=${process.version}`;
  assert.equal(value(families, 'vipdns_build_info', build), 1);
  assert.equal(value(families, 'vipdns_thread_alive', 'thread=zone'), 1);
  assert.equal(value(families, 'vipdns_thread_alive', 'thread=responder-0'), 0);
  assert.equal(value(families, 'vipdns_thread_restarts_total', 'thread=responder-0'), 3);
  assert.equal(value(families, 'vipdns_thread_stuck_total', 'thread=responder-0'), 2);
  assert.equal(
    families.get('vipdns_thread_stuck_total')?.samples.length,
    1,
    'nobody looks at zone',
  );
  assert.equal(value(families, 'vipdns_udp_kernel_dropped_total'), 5);
  assert.equal(value(families, 'vipdns_udp_queued_bytes'), 768);
  assert.equal(value(families, 'vipdns_udp_receive_buffer_bytes'), 8192);
  assert.equal(value(families, 'vipdns_log_lines_dropped_total'), 7);
  assert.ok(value(families, 'process_cpu_seconds_total') > 0);
  assert.ok(value(families, 'process_resident_memory_bytes') > 10_000_000);
  const age = Date.now() / 1000 - value(families, 'process_start_time_seconds');
  assert.ok(age >= 0 && age < 600, `started ${age} s ago`);
});

test('createMetrics() keeps labels from breaking out of their quotes', async () => {
  const name = 'a"b\\c\nd';
  const families = await scrape({ threads: () => [{ name, isAlive: true, restarts: 1 }] });
  const [sample] = families.get('vipdns_thread_alive')?.samples ?? [];
  assert.deepEqual(sample.labels, { thread: name });
});

/** What `promtool check metrics` complains about, besides what cannot be parsed. */
test('every metric family follows the conventions of Prometheus', async () => {
  const families = await scrape();
  assert.ok(families.size > 30);
  for (const [name, { type, help, samples }] of families) {
    assert.match(name, /^(vipdns|process|nodejs)_[a-z][a-z0-9_]*$/, name);
    assert.doesNotMatch(name, /__|_(count|sum|bucket|counter|gauge|info_total)$/, name);
    assert.doesNotMatch(
      name,
      /_(milliseconds|microseconds|ms|minutes|hours|kilobytes|megabytes|kb|mb|percent)(_|$)/,
      `${name} is not in base units`,
    );
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') assert.match(name, /_(seconds|bytes)$/, name);
    if (name.endsWith('_info')) assert.equal(samples[0].value, 1);
    assert.match(help, /^[0-9A-Z].{8,}\.$/, `${name}: ${help}`);
    const labelNames = samples.flatMap(({ labels }) => Object.keys(labels));
    for (const label of labelNames) assert.match(label, /^[a-z][a-z]*$/, `${name} ${label}`);
    const series = samples.map((sample) => `${sample.name}{${labelText(sample.labels)}}`);
    assert.equal(new Set(series).size, series.length, `${name} has a series twice`);
    for (const sample of samples) assert.ok(Number.isFinite(sample.value), name);
  }
});
