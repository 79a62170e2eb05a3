/** A small seeded generator (mulberry32): the same seed gives the same world. Answers numbers in [0, 1). */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// Kubernetes' alphabet for generated names: no vowels, so that no words appear.
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters as the API server appends them to `generateName`. Deliberately unseeded: a restarted world must not repeat names. */
export function createNameSuffix(): string {
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += NAME_LETTERS[Math.floor(Math.random() * NAME_LETTERS.length)];
  return suffix;
}
