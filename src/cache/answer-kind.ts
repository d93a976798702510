/**
 * What kinds of answers are kept, each with limits of its own. `positive` has what was asked for; `negative` says
 * that it does not exist, RFC 2308; `failure` that nobody could say, RFC 9520.
 */
export const ANSWER_KINDS = ['positive', 'negative', 'failure'] as const;

export type AnswerKind = (typeof ANSWER_KINDS)[number];
