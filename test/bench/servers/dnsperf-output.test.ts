import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDnsperfOutput } from './dnsperf-output.ts';

const OUTPUT = `DNS Performance Testing Tool
Version 2.10.0

[Status] Sending queries (to 192.0.2.1:53)
> NOERROR binary input 0.000637
> NXDOMAIN binary input 0.001200
> T binary input
> NOERROR www.example.org A 0.000041
> I binary input
[Status] Testing complete (time limit)

Statistics:

  Queries sent:         6
  Queries completed:    3 (50.00%)
  Queries lost:         2 (33.33%)
  Queries interrupted:  1 (16.67%)

  Response codes:       NOERROR 2 (66.67%), NXDOMAIN 1 (33.33%)
  Average packet size:  request 58, response 58
  Run time (s):         1.500046
  Queries per second:   19998.720039

  Average Latency (s):  0.000335 (min 0.000018, max 0.007171)
`;

test('parseDnsperfOutput() reads counts, rcodes, and the latencies of what was answered', () => {
  assert.deepEqual(parseDnsperfOutput(OUTPUT), {
    sent: 6,
    completed: 3,
    lost: 2,
    seconds: 1.500046,
    queriesPerSecond: 19998.720039,
    rcodes: { NOERROR: 2, NXDOMAIN: 1 },
    latencies: [637, 1200, 41],
  });
});

test('parseDnsperfOutput() takes an empty line of rcodes: nobody has answered', () => {
  const silent = OUTPUT.replace(/Response codes:.*/, 'Response codes:       ');
  assert.deepEqual(parseDnsperfOutput(silent).rcodes, {});
});

test('parseDnsperfOutput() throws what dnsperf said where it has not come to statistics', () => {
  assert.throws(
    () => parseDnsperfOutput('Error: unable to open file'),
    /no "Queries sent" in "Error: unable to open file"/,
  );
});
