import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatQuestionTable } from './question-table.ts';
import type { Turn } from './results.ts';

function turn(server: string, round: number, figures: { micros: number; p99: number }): Turn {
  const losses = { sent: 100_000, lost: 0, wrong: 0 };
  const { micros, p99 } = figures;
  return {
    ...{ names: 1000, question: 'a', server, round },
    load: {
      ...{ ...losses, lost: round === 2 ? 1 : 0 },
      queriesPerSecond: 100_000,
      userMicroseconds: micros / 4,
      systemMicroseconds: (micros * 3) / 4,
    },
    probe: {
      ...losses,
      queriesPerSecond: 20_000,
      latency: { p50: 20, p90: 30, p99, p999: 400, max: 1000 * round },
    },
  };
}

const TURNS = [
  turn('floor', 1, { micros: 4, p99: 50 }),
  turn('vipdns', 1, { micros: 6, p99: 60 }),
  turn('floor', 2, { micros: 8, p99: 100 }),
  turn('vipdns', 2, { micros: 12, p99: 120 }),
];

test('formatQuestionTable() gives medians, the greatest maximum, ratios by round and what was lost', () => {
  const table = formatQuestionTable(TURNS, { servers: ['floor', 'vipdns'], bases: ['floor'] });
  const [head, , floor, vipdns, ...rest] = table.split('\n');
  assert.equal(
    head,
    '| server | q/s | CPU us | user | system | / floor | p50 us | p90 | p99 | p99.9 | max | p99 / floor | lost |',
  );
  assert.equal(
    floor,
    '| floor | 100,000 | 6.00 | 1.50 | 4.50 | – | 20 | 30 | 75 | 400 | 2,000 | – | <0.01 % |',
  );
  assert.equal(
    vipdns,
    '| vipdns | 100,000 | 9.00 | 2.25 | 6.75 | 1.50 | 20 | 30 | 90 | 400 | 2,000 | 1.20 | <0.01 % |',
  );
  assert.deepEqual(rest, []);
});

test('formatQuestionTable() leaves out who took no turn, and has no ratio to it', () => {
  const turns = TURNS.filter(({ server }) => server === 'vipdns');
  const table = formatQuestionTable(turns, { servers: ['floor', 'vipdns'], bases: ['floor'] });
  const rows = table.split('\n').slice(2);
  assert.equal(rows.length, 1);
  assert.equal(rows[0].split(' | ')[5], '–');
});
