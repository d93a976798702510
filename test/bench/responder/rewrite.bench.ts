/**
 * What a rewritten name costs a query, and what comparing it with rules that do not fit.
 * Run: node test/bench/responder/rewrite.bench.ts
 */
import { Query } from '../../../src/responder/query.ts';
import { compileRewrites, rewriteName } from '../../../src/responder/rewrite.ts';
import { buildQuery } from '../../support/records.ts';
import { measure, printMeasured } from '../measure.ts';

const RULE = { from: '*.corp.example', to: '*.shop.svc.cluster.local' };
const query = new Query(new Uint8Array(256));
const message = buildQuery('db.corp.example A');

for (const others of [0, 10, 1000]) {
  const rules = compileRewrites([
    ...Array.from({ length: others }, (_, i) => ({ from: `a${i}.corp.example`, to: 'b.example' })),
    RULE,
  ]);
  let rewritten = 0;
  printMeasured(
    `decode and rewrite, ${others} rules before it`,
    measure((count) => {
      for (let i = 0; i < count; i++) {
        query.decode(message, message.length);
        if (rewriteName(query, rules)) rewritten++;
      }
    }),
  );
  if (rewritten === 0) throw new Error('Nothing was rewritten');
}
printMeasured(
  'decode alone',
  measure((count) => {
    for (let i = 0; i < count; i++) query.decode(message, message.length);
  }),
);
