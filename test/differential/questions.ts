/** Every question about a name: each type, in each form in which a client may ask. */
import type { QuestionOptions } from '../support/records.ts';

/** How a question is asked. */
export interface Form {
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  readonly options: QuestionOptions;
}

export interface Question {
  readonly name: string;
  /** As dns-packet has it; `UNKNOWN_65` is HTTPS. */
  readonly type: string;
  readonly form: Form;
}

/** TCP comes first: what it brings is the whole answer, of which others may bring a part. */
const TCP: Form = { name: 'tcp', transport: 'tcp', options: {} };
export const UDP: Form = { name: 'udp', transport: 'udp', options: {} };
const FORMS: readonly Form[] = [
  TCP,
  UDP,
  { name: 'udp+edns', transport: 'udp', options: { payloadBytes: 1232 } },
  { name: 'udp+do', transport: 'udp', options: { payloadBytes: 1232, dnssecOk: true } },
];
/** For types that names have here. */
const FURTHER_FORMS: readonly Form[] = [
  { name: 'udp+large', transport: 'udp', options: { payloadBytes: 4096 } },
  { name: 'tcp+edns', transport: 'tcp', options: { payloadBytes: 1232 } },
];
const OTHER_CLASS: Form = { name: 'udp+ch', transport: 'udp', options: { class: 'CH' } };
/** Names that are asked for in it. */
const OTHER_CLASS_NAMES = 20;

/** As dns-packet has it. */
const HTTPS = 'UNKNOWN_65';
const HELD_TYPES = ['A', 'AAAA', 'SRV', 'PTR'];
const OTHER_TYPES = ['CNAME', 'NS', 'SOA', 'TXT', 'MX', 'ANY', HTTPS, 'DS'];
/** Types that nobody has here, one of which is asked for each name. */
const RARE_TYPES = ['DNSKEY', 'CAA', 'NAPTR', 'UNKNOWN_64', 'UNKNOWN_65280', 'AXFR', 'IXFR'];

/** Builds the questions in the order in which they are to be asked. */
export function buildQuestions(names: readonly string[]): Question[] {
  const everyType = names.flatMap((name, i) =>
    [...HELD_TYPES, ...OTHER_TYPES, RARE_TYPES[i % RARE_TYPES.length]].map((type) => ({
      name,
      type,
    })),
  );
  const held = everyType.filter(({ type }) => HELD_TYPES.includes(type));
  const inEach = (pairs: readonly Omit<Question, 'form'>[], forms: readonly Form[]) =>
    forms.flatMap((form) => pairs.map((pair) => ({ ...pair, form })));
  const some = names.slice(0, OTHER_CLASS_NAMES).map((name) => ({ name, type: 'A' }));
  return [
    ...inEach(everyType, FORMS),
    ...inEach(held, FURTHER_FORMS),
    ...inEach(some, [OTHER_CLASS]),
  ];
}
