/** A responder's side of the cache in a thread of its own: whatever it finds has to be what was put for the name. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CacheMemory, CacheReader } from '../../src/cache/cache-reader.ts';
import { question } from '../support/cache.ts';
import { createRandom } from '../table/seeded-random.ts';

const { memory, control, names } = workerData as {
  memory: CacheMemory;
  control: SharedArrayBuffer;
  names: number;
};
/** Stop; found; broken. */
const words = new Int32Array(control);
const reader = new CacheReader(memory, { reader: 0, readers: 1 });
const questions = Array.from({ length: names }, (_, i) => question(`name${i}.example`)).map(
  (each) => ({ ...each, nameLength: each.name.length }),
);
const random = createRandom(3);

parentPort?.postMessage('started');
while (Atomics.load(words, 0) === 0) {
  reader.enter();
  for (let i = 0; i < 20; i++) {
    const number = random(names);
    if (reader.find(questions[number])) check(number);
  }
  reader.leave();
}

/** Every byte is the number of the name, at first sight and later. */
function check(number: number): void {
  const { view } = reader;
  const start = view.recordsStart;
  const end = start + view.endAt(view.records - 1);
  for (let look = 0; look < 2; look++) {
    for (let at = start; at < end; at++) {
      if (view.bytes[at] !== number) {
        Atomics.add(words, 2, 1);
        break;
      }
    }
  }
  Atomics.add(words, 1, 1);
}
