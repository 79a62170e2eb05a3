/** builtins: the functions that conditions may call, but for those with a predicate (checker.ts, evaluate.ts). */
import { OF_ARGO } from './argo.ts';
import type { Builtin } from './builtin.ts';
import { OF_LISTS } from './lists.ts';
import { OF_NUMBERS } from './numbers.ts';
import { OF_TEXT } from './text.ts';

export { expectList } from './lists.ts';

/** Every function by its name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({ ...OF_ARGO, ...OF_NUMBERS, ...OF_TEXT, ...OF_LISTS }),
);
