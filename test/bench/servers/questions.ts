/** The kinds of questions that are measured, what each asks of a zone, and how a right answer looks. */
import { createRandom } from '../../table/seeded-random.ts';
import { type BenchZone, CLUSTER_DOMAIN, ownerNameOf, reverseNameOf } from './bench-zone.ts';

export type Transport = 'udp' | 'tcp';

export interface QuestionKind {
  readonly name: string;
  readonly title: string;
  readonly transport: Transport;
  readonly expected: { readonly rcode: string; readonly answers: number };
  /** Gives the questions as `name TYPE`. */
  questions(zone: BenchZone): string[];
}

const ONE_ANSWER = { rcode: 'NOERROR', answers: 1 };

export const QUESTION_KINDS: readonly QuestionKind[] = [
  {
    name: 'a',
    title: 'Service A',
    transport: 'udp',
    expected: ONE_ANSWER,
    questions: serviceAddresses,
  },
  {
    name: 'nxdomain',
    title: 'search path, NXDOMAIN',
    transport: 'udp',
    expected: { rcode: 'NXDOMAIN', answers: 0 },
    questions: ({ namespaces }) =>
      namespaces.map((namespace) => `www.example.org.${namespace}.svc.${CLUSTER_DOMAIN} A`),
  },
  headlessOf(15),
  headlessOf(100),
  {
    name: 'srv',
    title: 'Service SRV',
    transport: 'udp',
    expected: ONE_ANSWER,
    questions: ({ services }) =>
      services.map((service) => `_http._tcp.${ownerNameOf(service)} SRV`),
  },
  {
    name: 'ptr',
    title: 'Service PTR',
    transport: 'udp',
    expected: ONE_ANSWER,
    questions: ({ services }) => services.map(({ clusterIp }) => `${reverseNameOf(clusterIp)} PTR`),
  },
  {
    name: 'a-tcp',
    title: 'Service A over TCP',
    transport: 'tcp',
    expected: ONE_ANSWER,
    questions: serviceAddresses,
  },
];

function serviceAddresses({ services }: BenchZone): string[] {
  return services.map((service) => `${ownerNameOf(service)} A`);
}

function headlessOf(endpoints: number): QuestionKind {
  return {
    name: `headless-${endpoints}`,
    title: `headless of ${endpoints}, A`,
    transport: 'udp',
    expected: { rcode: 'NOERROR', answers: endpoints },
    questions: ({ headless }) =>
      headless
        .filter(({ addresses }) => addresses.length === endpoints)
        .map((service) => `${ownerNameOf(service)} A`),
  };
}

/** Gives the questions in an order unlike that of any server's memory, the same for every server. */
export function shuffledQuestions(kind: QuestionKind, zone: BenchZone): string[] {
  const questions = kind.questions(zone);
  const random = createRandom(1);
  for (let i = questions.length - 1; i > 0; i--) {
    const other = random(i + 1);
    [questions[i], questions[other]] = [questions[other], questions[i]];
  }
  return questions;
}
