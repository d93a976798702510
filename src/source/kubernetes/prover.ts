/**
 * Proves again and again that what is held is what the server has: a watch can lose events without a sign, and then
 * nothing else would ever tell. By number of objects, which costs the server next to nothing; object by object where
 * a selector keeps it from counting, after a longer absence, and where somebody asks.
 *
 * Either way it shows a server that has gone back in time (restored from a backup), whose watches would begin in its
 * future and bring nothing.
 */
import type { ApiClient } from './api-client.ts';
import type { Clock } from './clock.ts';
import type { HeldResource } from './held-resource.ts';
import { readPage, readPages } from './lister.ts';
import { OutOfStepError } from './out-of-step-error.ts';
import { Proof } from './proof.ts';
import type { ResourceRequests, Scope } from './resource-requests.ts';

const PAGE_LIMIT = 500;
/** A watch has this long to bring what a proof misses; bookmarks come about every minute. */
const MAX_WAIT_MS = 80_000;

/**
 * Quick: one request, which shows a server that went back, and a wrong number where the server can count. Usual: the
 * number, or object by object. Thorough: object by object.
 */
export type ProofDepth = 'quick' | 'usual' | 'thorough';

export interface ProverOptions {
  readonly client: ApiClient;
  readonly requests: ResourceRequests;
  readonly scope: Scope;
  readonly held: HeldResource;
  readonly clock: Clock;
}

export class Prover {
  readonly #options: ProverOptions;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  /** Compares; throws OutOfStepError, or what keeps it from asking. True where something was proved. */
  async prove(depth: ProofDepth, signal: AbortSignal): Promise<boolean> {
    const { held, scope } = this.#options;
    const { lists } = held;
    const proof = new Proof(held);
    try {
      const isCompared = await this.#ask(proof, { depth, signal });
      // A watch is behind by what is on its way, and what was missed comes no sooner.
      if (proof.findFault() !== undefined) {
        await held.reached(proof.version, { timeoutMs: MAX_WAIT_MS, signal });
      }
      // A list meanwhile is a better proof, and makes this one void.
      if (signal.aborted || held.lists !== lists) return false;
      const fault = proof.findFault();
      if (fault === undefined) return isCompared;
      throw new OutOfStepError(`Cannot trust the watch of ${scope.resource.plural}: ${fault}`);
    } finally {
      proof.end();
    }
  }

  /** Asks the server for what the proof compares with; false where that is its version alone. */
  async #ask(
    proof: Proof,
    { depth, signal }: { depth: ProofDepth; signal: AbortSignal },
  ): Promise<boolean> {
    const isWorthCounting = depth === 'quick' || (depth === 'usual' && !this.#hasSelector);
    if (isWorthCounting && (await this.#count(proof, signal))) return true;
    if (depth === 'quick') return false;
    await this.#compare(proof, signal);
    return true;
  }

  get #hasSelector(): boolean {
    const { labelSelector, resource } = this.#options.scope;
    return labelSelector !== '' || resource.fieldSelector !== '';
  }

  /** Has the server count its objects; false where it does not, but then its version is known. */
  async #count(proof: Proof, signal: AbortSignal): Promise<boolean> {
    const { client, requests } = this.#options;
    let count = 0;
    const metadata = await readPage(
      {
        client,
        request: (continueToken) => requests.listIdentities({ limit: 1, continueToken }),
        createReader: (codec) => codec.createIdentityListReader(),
        take: () => {
          count++;
        },
        signal,
      },
      '',
    );
    proof.takeVersion(metadata);
    const { continueToken, remainingItemCount } = metadata;
    const isWhole = continueToken === '';
    if (!isWhole && remainingItemCount === undefined) return false;
    proof.takeCount(count + (isWhole ? 0 : (remainingItemCount ?? 0)));
    return true;
  }

  async #compare(proof: Proof, signal: AbortSignal): Promise<void> {
    const { client, requests } = this.#options;
    const metadata = await readPages({
      client,
      request: (continueToken) => requests.listIdentities({ limit: PAGE_LIMIT, continueToken }),
      createReader: (codec) => codec.createIdentityListReader(),
      take: (identity) => proof.takeIdentity(identity),
      signal,
    });
    proof.endIdentities(metadata);
  }
}
