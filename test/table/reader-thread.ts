/** A reader in a thread of its own: finds records for as long as the writer goes on, and checks each. */
import { parentPort, workerData } from 'node:worker_threads';
import { TableReader } from '../../src/table/table-reader.ts';
import { createRandom } from './seeded-random.ts';
import { isWhole, keyBytes, versionOf, WORD } from './self-describing.ts';

const FINDS_PER_BATCH = 20;

const { table, control, keys, ignoresQuietPoints } = workerData as {
  table: SharedArrayBuffer;
  control: SharedArrayBuffer;
  keys: number;
  ignoresQuietPoints: boolean;
};
const reader = new TableReader(table, 0);
const words = new Int32Array(control);
const all = Array.from({ length: keys }, (_, i) => keyBytes(i));
/** The newest version that was seen of each key: what is found later is no older. */
const versions = new Uint32Array(keys);
const random = createRandom(2);

parentPort?.postMessage('started');
while (Atomics.load(words, WORD.stop) === 0) {
  if (!ignoresQuietPoints) reader.enter();
  for (let i = 0; i < FINDS_PER_BATCH; i++) check(random(keys));
  if (!ignoresQuietPoints) reader.leave();
}

function check(number: number): void {
  const key = all[number];
  reader.key.set(key);
  const record = reader.find(key.length);
  // The first key is never deleted.
  if (record === 0 && number === 0) Atomics.add(words, WORD.broken, 1);
  if (record === 0) return;
  const start = reader.valueStart(record);
  const length = reader.valueLength(record);
  const version = versionOf(reader.bytes, start);
  if (version < versions[number]) Atomics.add(words, WORD.broken, 1);
  versions[number] = version;
  // Twice, some time apart: a record that is freed meanwhile is written over.
  for (let look = 0; look < 2; look++) {
    if (!isWhole(reader.bytes, { start, length, key })) Atomics.add(words, WORD.broken, 1);
  }
  Atomics.add(words, WORD.found, 1);
}
