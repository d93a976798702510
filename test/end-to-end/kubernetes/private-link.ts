/** A network namespace with a cable to this one, which can be pulled out: what is sent then is lost without a sign. */
import { execFileSync } from 'node:child_process';

/** Of the block for measurements (RFC 2544), so that it is nobody's own. */
const OUR_ADDRESS = '198.18.77.1';
const THEIR_ADDRESS = '198.18.77.2';

export class PrivateLink {
  readonly #namespace = `vipdns-${process.pid}`;
  readonly #ourEnd = `vipdns${process.pid}a`.slice(0, 15);
  readonly address = OUR_ADDRESS;

  static isPossible(): boolean {
    try {
      ip('netns', 'add', `vipdns-try-${process.pid}`);
      ip('netns', 'delete', `vipdns-try-${process.pid}`);
      return true;
    } catch {
      return false;
    }
  }

  constructor() {
    const namespace = this.#namespace;
    ip('netns', 'add', namespace);
    ip('link', 'add', this.#ourEnd, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('address', 'add', `${OUR_ADDRESS}/30`, 'dev', this.#ourEnd);
    ip('link', 'set', this.#ourEnd, 'up');
    ip('-netns', namespace, 'address', 'add', `${THEIR_ADDRESS}/30`, 'dev', 'eth0');
    for (const name of ['lo', 'eth0']) ip('-netns', namespace, 'link', 'set', name, 'up');
  }

  /** Runs a command in the namespace. */
  get runner(): string[] {
    return ['ip', 'netns', 'exec', this.#namespace];
  }

  /** Pulls the cable out. */
  cut(): void {
    ip('link', 'set', this.#ourEnd, 'down');
  }

  mend(): void {
    ip('link', 'set', this.#ourEnd, 'up');
  }

  /** Takes it away; the cable goes with it. */
  remove(): void {
    ip('netns', 'delete', this.#namespace);
  }
}

function ip(...arguments_: string[]): void {
  execFileSync('ip', arguments_, { stdio: 'ignore' });
}
