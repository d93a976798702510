/** Memory with the small zone of config/demo: after the start, and after five seconds of load. */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readMemory } from '../process-usage.ts';
import { createQueryFile } from '../query-file.ts';
import type { DemoMemory } from '../results.ts';
import type { Session } from '../session.ts';
import { measureLoad } from '../turn.ts';
import { startVipdns } from './measured-vipdns.ts';

const DEMO = fileURLToPath(new URL('../../../../config/demo', import.meta.url));
const LOAD_SECONDS = 5;

/** What a start leaves over is collected by then. */
const SETTLE_MS = 1000;

const QUESTIONS = [
  'web.shop.svc.cluster.local A',
  'web.shop.svc.cluster.local AAAA',
  '_http._tcp.web.shop.svc.cluster.local SRV',
  'www.example.org.shop.svc.cluster.local A',
  '10.10.96.10.in-addr.arpa PTR',
];

export async function measureMemory(session: Session): Promise<DemoMemory> {
  const server = await startVipdns(session, { manifests: DEMO, responders: 1 });
  await setTimeout(SETTLE_MS);
  const atStart = readMemory(server.process.pid);
  const queryFile = createQueryFile(session, QUESTIONS);
  await measureLoad(session, server, { queryFile, transport: 'udp', seconds: LOAD_SECONDS });
  const afterLoad = readMemory(server.process.pid);
  await server.end();
  return { atStart, afterLoad };
}
