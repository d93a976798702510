/** A question with the answers of both servers, and what the other questions of the run tell about it. */
import type { Printed } from '../support/records.ts';
import type { Question } from './questions.ts';

export interface Settings {
  readonly pods: string;
  readonly endpointPodNames: boolean;
  /** Seconds. */
  readonly ttl: number;
  readonly negativeTtl: number;
}

/** Of both servers to the same question. */
export interface Answers {
  readonly coredns: Printed;
  readonly vipdns: Printed;
}

export interface Pair extends Answers {
  readonly question: Question;
  /** Their answers to the same over TCP, which has room for all. */
  readonly whole: Answers;
  readonly world: World;
  readonly settings: Settings;
}

/** What is known beside the answers. */
export interface Facts {
  readonly settings: Settings;
  /** As `namespace/10-244-0-7`, of Pods that run. */
  readonly secondPodAddresses: ReadonlySet<string>;
}

/** What the answers over TCP say together: of most names both servers say the same. */
export class World {
  /** As `namespace/10-244-0-7`, of Pods that run: what the objects say where CoreDNS says nothing. */
  readonly secondPodAddresses: ReadonlySet<string>;
  readonly #answers = new Map<string, { coredns: readonly string[]; vipdns: readonly string[] }>();
  readonly #held = new Map<string, Set<string>>();
  readonly #above = new Set<string>();
  readonly #existing = new Set<string>();
  readonly #missing = new Set<string>();

  constructor(secondPodAddresses: ReadonlySet<string> = new Set()) {
    this.secondPodAddresses = secondPodAddresses;
  }

  /** Notes both answers to a question. */
  note({ name, type }: Question, coredns: Printed, vipdns: Printed): void {
    const folded = name.toLowerCase();
    const key = `${folded} ${type}`;
    // The name as it is written in the objects comes first, and in other cases after that.
    if (!this.#answers.has(key)) {
      this.#answers.set(key, { coredns: coredns.answer, vipdns: vipdns.answer });
    }
    if (coredns.status === 'NOERROR' && vipdns.status === 'NOERROR') this.#existing.add(folded);
    if (coredns.status === 'NXDOMAIN' && vipdns.status === 'NXDOMAIN') this.#missing.add(folded);
    if (coredns.answer.length === 0 || vipdns.answer.length === 0) return;
    this.#held.set(folded, (this.#held.get(folded) ?? new Set()).add(type));
    for (let dot = folded.indexOf('.'); dot >= 0; dot = folded.indexOf('.', dot + 1)) {
      this.#above.add(folded.slice(dot + 1));
    }
  }

  /** Tells whether both answer a type with records; without a type, whether they do with any. */
  holds(name: string, type?: string): boolean {
    const types = this.#held.get(name.toLowerCase());
    return types !== undefined && (type === undefined || types.has(type));
  }

  holdsAddress(name: string): boolean {
    return this.holds(name, 'A') || this.holds(name, 'AAAA');
  }

  /** Tells whether both have records below the name. */
  isAbove(name: string): boolean {
    return this.#above.has(name.toLowerCase());
  }

  /** Tells whether both say of some type that the name exists. */
  exists(name: string): boolean {
    return this.#existing.has(name.toLowerCase());
  }

  /** Gives what a server answers to another question of the run; nothing where it was not asked. */
  answersOf(server: 'coredns' | 'vipdns', name: string, type: string): readonly string[] {
    return this.#answers.get(`${name.toLowerCase()} ${type}`)?.[server] ?? [];
  }

  /** Tells whether both say that the name does not exist. */
  isMissing(name: string): boolean {
    return this.#missing.has(name.toLowerCase());
  }

  /** Tells whether a name was asked for, and both say that it has no address. */
  hasNoAddress(name: string): boolean {
    return ['A', 'AAAA'].every((type) => {
      const answers = this.#answers.get(`${name.toLowerCase()} ${type}`);
      return answers?.coredns.length === 0 && answers.vipdns.length === 0;
    });
  }
}

/** Puts answers to the same questions, in the same order, together. */
export function pairUp(
  questions: readonly Question[],
  { coredns, vipdns }: { coredns: readonly Printed[]; vipdns: readonly Printed[] },
  { settings, secondPodAddresses }: Facts,
): Pair[] {
  const world = new World(secondPodAddresses);
  const whole = new Map<string, Answers>();
  for (const [i, { name, type, form }] of questions.entries()) {
    if (form.transport !== 'tcp') continue;
    const key = `${name} ${type}`;
    if (!whole.has(key)) whole.set(key, { coredns: coredns[i], vipdns: vipdns[i] });
    world.note(questions[i], coredns[i], vipdns[i]);
  }
  return questions.map((question, i) => ({
    question,
    coredns: coredns[i],
    vipdns: vipdns[i],
    whole: whole.get(`${question.name} ${question.type}`) ?? {
      coredns: coredns[i],
      vipdns: vipdns[i],
    },
    world,
    settings,
  }));
}
