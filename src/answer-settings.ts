/** What the configuration says of how queries are answered: the same for every thread that does. */
import type { Configuration } from './config/configuration.ts';
import type { ResponderOptions } from './responder/respond.ts';

export type AnswerSettings = Required<
  Pick<
    ResponderOptions,
    'ttl' | 'negativeTtl' | 'podsInsecure' | 'forwarded' | 'filterAaaa' | 'rewrite'
  >
>;

/** `forwarded` are the zones that somebody else answers, the root being empty. */
export function answerSettings(
  { ttl, negativeTtl, pods, filterAaaa, rewrite }: Configuration,
  forwarded: readonly string[],
): AnswerSettings {
  return { ttl, negativeTtl, podsInsecure: pods === 'insecure', forwarded, filterAaaa, rewrite };
}

/** Gives the zones of every forward. */
export function forwardedZones({ forward }: Configuration): readonly string[] {
  return forward.flatMap(({ zones }) => zones);
}
