import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentedRows } from './document.ts';
import { NOT_COMPARED, ROWS } from './rows.ts';

test('documentedRows() gives the names of rows in the sections that are compared', () => {
  const table = '| row | question |\n| --- | --- |\n';
  const text = `# Title\n\n## Answers\n\n${table}| \`any\` | ANY |\n\n## Not here\n\n| \`x\` | y |\n`;
  assert.deepEqual(documentedRows(text), ['any']);
});

test('every row of docs/differences.md is one of the comparison, or has a reason why not', () => {
  const documented = documentedRows();
  assert.equal(new Set(documented).size, documented.length);
  const known = [...ROWS.map(({ id }) => id), ...Object.keys(NOT_COMPARED)];
  assert.deepEqual(documented.toSorted(), known.toSorted());
});
