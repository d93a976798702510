/** The process of two upstreams: it does what it is told over its channel, and ends with it. */
import { delay, type Fault, lose } from '../../support/upstream/faults.ts';
import type { AnswerQuery } from '../../support/upstream/upstream.ts';
import { startUpstream, type Upstream } from '../../support/upstream/upstream.ts';
import type { Behaviour, Request, UpstreamCounts } from './faulty-upstreams.ts';
import { Relay } from './relay.ts';

const answerAll: AnswerQuery = ({ name }) => ({ answers: [`${name} 3600 A 192.0.2.1`] });

const upstreams = [
  await startUpstream({ answer: answerAll }),
  await startUpstream({ answer: answerAll }),
];
process.on('message', (request: Request) => process.send?.(handle(request)));
process.on('disconnect', () => process.exit());
process.send?.(upstreams.map(({ port }) => port));

function handle(request: Request): readonly UpstreamCounts[] {
  switch (request.type) {
    case 'behave':
      request.behaviours.forEach((behaviour, i) => void behave(upstreams[i], behaviour));
      break;
    case 'reset':
      for (const { queries } of upstreams) queries.length = 0;
      break;
    case 'count':
      break;
  }
  return upstreams.map(({ queries }) => ({
    queries: queries.length,
    ports: new Set(queries.map(({ client }) => client.port)).size,
  }));
}

function behave(upstream: Upstream, behaviour: Behaviour): void {
  const { isSilent = false, delayMs = 0, loss = 0, rcode, relayPort } = behaviour;
  const faults: Fault[] = [];
  if (loss > 0) faults.push(lose(loss));
  if (delayMs > 0) faults.push(delay(delayMs));
  upstream.faults = faults;
  if (relayPort !== undefined) upstream.answer = new Relay(relayPort).answer;
  else upstream.answer = rcode === undefined ? answerAll : () => ({ rcode });
  if (isSilent) upstream.silence();
  else upstream.resume();
}
