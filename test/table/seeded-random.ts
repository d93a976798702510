/** Numbers from a seed (xorshift32), for tests that make millions of choices: too many for an arbitrary each. */
export type Random = (below: number) => number;

/** Creates a function that gives whole numbers from 0 to `below` less one, the same for the same seed. */
export function createRandom(seed: number): Random {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
