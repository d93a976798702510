/** Many clients ask for one name at once. */
import type { FaultyMeasurement, Figures } from '../measurement.ts';
import { StubClient } from '../stub-client.ts';

/** Time for many of them to come before the first answer, and less than what makes a server ask again. */
const DELAY_MS = 20;
/** A thousand in one moment would test nothing but the buffer of a socket. */
const PER_SECOND = 10_000;

const CASES = [
  { title: 'answered', behaviour: { delayMs: DELAY_MS } },
  { title: 'SERVFAIL', behaviour: { delayMs: DELAY_MS, rcode: 'SERVFAIL' } },
  { title: 'silence', behaviour: { isSilent: true } },
] as const;
const CLIENTS = [200, 1000];

const titleOf = (clients: number, title: string) => `${clients}, ${title}`;

export const oneName: FaultyMeasurement = {
  name: 'one-name',
  title: 'Many clients ask for one name at once',
  text: `Queries upstream when 200 and 1,000 clients ask for one new name, ${PER_SECOND} a second, from a port each, and both
upstreams answer after ${DELAY_MS} ms, answer SERVFAIL after ${DELAY_MS} ms, or are silent. Clients ask once and wait for ten seconds. One is meant to
be enough where it is answered; each server has its own attempts where it is not.`,
  columns: {
    ...Object.fromEntries(
      CASES.flatMap(({ title }) => CLIENTS.map((clients) => [titleOf(clients, title), 0])),
    ),
    'clients without a response': 0,
  },
  rounds: 3,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port, { sendsAgain: false });
    await client.askInTurn(names.take(100));
    const figures: Record<string, number> = {};
    let unanswered = 0;
    for (const { title, behaviour } of CASES) {
      for (const clients of CLIENTS) {
        await upstreams.behave(behaviour, behaviour);
        const question = names.takeOne();
        const questions = Array.from({ length: clients }, () => question);
        const outcomes = await client.askAtRate(questions, PER_SECOND);
        unanswered += outcomes.filter(({ rcode }) => rcode === undefined).length;
        figures[titleOf(clients, title)] = await upstreams.queries();
      }
    }
    return { ...figures, 'clients without a response': unanswered } satisfies Figures;
  },
};
