/** A reader in a thread of its own: finds records for as long as the writer goes on, and checks each. */
import { parentPort, workerData } from 'node:worker_threads';
import { TableReader } from '../../src/table/table-reader.ts';
import { isWhole, keyBytes, WORD } from './self-describing.ts';

const { table, control, keys, ignoresQuietPoints } = workerData as {
  table: SharedArrayBuffer;
  control: SharedArrayBuffer;
  keys: number;
  ignoresQuietPoints: boolean;
};
const reader = new TableReader(table, 0);
const words = new Int32Array(control);
const all = Array.from({ length: keys }, (_, i) => keyBytes(i));

parentPort?.postMessage('started');
while (Atomics.load(words, WORD.stop) === 0) {
  if (!ignoresQuietPoints) reader.enter();
  for (let i = 0; i < 20; i++) {
    const key = all[Math.floor(Math.random() * keys)];
    reader.key.set(key);
    const record = reader.find(key.length);
    if (record === 0) continue;
    const start = reader.valueStart(record);
    const length = reader.valueLength(record);
    // Twice, some time apart: a record that is freed meanwhile is written over.
    for (let look = 0; look < 2; look++) {
      if (!isWhole(reader.bytes, { start, length, key })) Atomics.add(words, WORD.broken, 1);
    }
    Atomics.add(words, WORD.found, 1);
  }
  if (!ignoresQuietPoints) reader.leave();
}
