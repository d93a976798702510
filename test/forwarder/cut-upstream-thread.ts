/** An upstream in a thread of its own that cuts every answer over UDP; tells its port, and runs until it is ended. */
import { parentPort } from 'node:worker_threads';
import { truncateDatagrams } from '../support/upstream/faults.ts';
import { startUpstream } from '../support/upstream/upstream.ts';

const { port } = await startUpstream({
  answer: ['*.example 300 A 192.0.2.1'],
  faults: [truncateDatagrams()],
});
parentPort?.postMessage(port);
