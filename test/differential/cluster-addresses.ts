/** Addresses of a random cluster: virtual IPs that are given out once, and few others, which many have. */
import type { RandomChoice } from './random-choice.ts';

export type IpFamily = 'IPv4' | 'IPv6';

export class VirtualIps {
  #given = 0;

  /** Gives one that nobody has had. */
  next(family: IpFamily): string {
    return virtualIp(family, ++this.#given);
  }

  /** Gives one that a Service has, or had, or will have. */
  some(family: IpFamily, random: RandomChoice): string {
    return virtualIp(family, 1 + random.below(this.#given + 1));
  }
}

/** Gives the address of a Pod; that of number 0 ends with zeros, which IPv6 leaves out. */
export function podAddress(family: IpFamily, number: number): string {
  if (family === 'IPv4') return `10.244.${number >> 8}.${number & 0xff}`;
  return number === 0 ? 'fd00:244::' : `fd00:244::${number.toString(16)}`;
}

function virtualIp(family: IpFamily, number: number): string {
  if (family === 'IPv4') return `10.97.${number >> 8}.${number & 0xff}`;
  return `fd00:96::${(0x100 + number).toString(16)}`;
}
