/**
 * Asks one question as a process of its own, which ends by itself. Arguments: a question, an UpstreamAddress as JSON.
 * Prints what was answered, and whether TLS was loaded.
 */
import { StreamUpstream } from '../../src/forwarder/stream-upstream.ts';
import { buildQuery } from '../support/records.ts';
import { tell } from './tell.ts';

const [question, address] = process.argv.slice(2);
const stream = new StreamUpstream(JSON.parse(address), { events: { count() {} } });
stream.ask(buildQuery(question), (outcome) => {
  const { moduleLoadList } = process as unknown as { moduleLoadList: string[] };
  const hasTls = moduleLoadList.includes('NativeModule tls');
  console.log(JSON.stringify({ told: tell(outcome), hasTls }));
});
