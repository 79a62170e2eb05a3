import type { Operations } from '../../src/operations/index.ts';

/** For tests of what only tells: an operation that is asked for fails the test. */
export const noOperations: Operations = new Proxy({} as Operations, {
  get: (_, verb) => () => {
    throw new Error(`nobody should have asked for ${String(verb)}`);
  },
});
