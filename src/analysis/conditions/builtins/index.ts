/** builtins: the functions that conditions may call, but for those with a predicate (predicates.ts). */
import { OF_ARGO } from './argo.ts';
import { OF_BITS } from './bits.ts';
import type { Builtin } from './builtin.ts';
import { OF_ENCODINGS } from './encodings.ts';
import { OF_LISTS } from './lists.ts';
import { OF_MAPS } from './maps.ts';
import { OF_NUMBERS } from './numbers.ts';
import { OF_TEXT } from './text.ts';
import { OF_TIMES } from './times.ts';

export { ARGO_FUNCTIONS } from './argo.ts';
export { expectHashable } from './maps.ts';

/** Every function by its name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({
    ...OF_ARGO,
    ...OF_NUMBERS,
    ...OF_TEXT,
    ...OF_LISTS,
    ...OF_MAPS,
    ...OF_ENCODINGS,
    ...OF_BITS,
    ...OF_TIMES,
  }),
);
