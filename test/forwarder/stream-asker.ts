/** A StreamUpstream under test: asked in text, answered in text, its events counted. */
import type { TestContext } from 'node:test';
import type { StreamEvent, StreamLimits } from '../../src/forwarder/stream-limits.ts';
import { StreamUpstream } from '../../src/forwarder/stream-upstream.ts';
import type { UpstreamAddress } from '../../src/forwarder/upstream-address.ts';
import { buildQuery } from '../support/records.ts';
import type { Fault } from '../support/upstream/faults.ts';
import { type AnswerQuery, startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Told, tell } from './tell.ts';

export const RECORDS = ['www.example 300 A 192.0.2.1'];
/** What `ask('www.example A')` is told. */
export const ANSWER = 'www.example. 300 IN A 192.0.2.1';

export interface StreamAsker {
  readonly stream: StreamUpstream;
  /** Events so far, those that never were left out. */
  readonly counts: Partial<Record<StreamEvent, number>>;
  ask(question: string): Promise<Told>;
}

export interface StreamAskerOptions extends Partial<UpstreamAddress> {
  readonly port: number;
  readonly limits?: Partial<StreamLimits>;
  readonly ca?: string;
}

/** Makes one that asks over TCP to 127.0.0.1 if nothing else is said, and is closed after the test. */
export function createStreamAsker(
  t: Pick<TestContext, 'after'>,
  { limits = {}, ca, ...address }: StreamAskerOptions,
): StreamAsker {
  const counts: Partial<Record<StreamEvent, number>> = {};
  const stream = new StreamUpstream(
    { transport: 'tcp', address: '127.0.0.1', serverName: '', ...address },
    {
      events: {
        count(event) {
          counts[event] = (counts[event] ?? 0) + 1;
        },
      },
      limits,
      ...(ca && { ca }),
    },
  );
  t.after(() => stream.close());
  return {
    stream,
    counts,
    ask: (question) =>
      new Promise((resolve) => {
        stream.ask(buildQuery(question), (outcome) => resolve(tell(outcome)));
      }),
  };
}

export interface StartOptions {
  readonly answer?: AnswerQuery;
  readonly faults?: readonly Fault[];
  readonly limits?: Partial<StreamLimits>;
}

/** Starts an upstream that knows `www.example A` if nothing else is said, and one that asks it over TCP. */
export async function startStreamAsker(
  t: TestContext,
  { answer, faults = [], limits = {} }: StartOptions = {},
): Promise<StreamAsker & { upstream: Upstream }> {
  const upstream = await startUpstream({ answer: answer ?? RECORDS, faults });
  t.after(() => upstream.close());
  return { upstream, ...createStreamAsker(t, { port: upstream.port, limits }) };
}

/** Answers each query with its own name when `release()` is called, the last one first. */
export function answerLater(): { answer: AnswerQuery; release(): void } {
  const waiting: (() => void)[] = [];
  return {
    async answer({ name }) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { answers: [`${name} 60 A 192.0.2.2`] };
    },
    release() {
      for (const resolve of waiting.splice(0).reverse()) resolve();
    },
  };
}
