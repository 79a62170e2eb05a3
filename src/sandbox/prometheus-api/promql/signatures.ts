import type { ValueType } from './expression.ts';

/** What a function takes: the types in order; those from `required` on may be left out; `repeats` lets the last go on. */
export type Signature = { readonly takes: readonly ValueType[]; readonly required: number; readonly repeats?: boolean };

const vector: Signature = { takes: ['instant vector'], required: 1 };
const range: Signature = { takes: ['range vector'], required: 1 };
const optionalVector: Signature = { takes: ['instant vector'], required: 0 };
const nothing: Signature = { takes: [], required: 0 };

function signatures(names: string, signature: Signature): [string, Signature][] {
  return names.split(' ').map((name) => [name, signature]);
}

/** Every function this server evaluates. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...signatures(
    'abs ceil floor exp sqrt ln log2 log10 sgn deg rad sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh',
    vector,
  ),
  ...signatures('absent scalar sort sort_desc timestamp histogram_count histogram_sum', vector),
  ...signatures('rate increase delta irate idelta deriv changes resets absent_over_time', range),
  ...signatures(
    'avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time present_over_time',
    range,
  ),
  ...signatures('stddev_over_time stdvar_over_time', range),
  ...signatures('time pi', nothing),
  ...signatures('minute hour day_of_week day_of_month day_of_year days_in_month month year', optionalVector),
  ['vector', { takes: ['scalar'], required: 1 }],
  ['round', { takes: ['instant vector', 'scalar'], required: 1 }],
  ['clamp', { takes: ['instant vector', 'scalar', 'scalar'], required: 3 }],
  ['clamp_min', { takes: ['instant vector', 'scalar'], required: 2 }],
  ['clamp_max', { takes: ['instant vector', 'scalar'], required: 2 }],
  ['histogram_quantile', { takes: ['scalar', 'instant vector'], required: 2 }],
  ['histogram_fraction', { takes: ['scalar', 'scalar', 'instant vector'], required: 3 }],
  ['quantile_over_time', { takes: ['scalar', 'range vector'], required: 2 }],
  ['predict_linear', { takes: ['range vector', 'scalar'], required: 2 }],
  ['label_replace', { takes: ['instant vector', 'string', 'string', 'string', 'string'], required: 5 }],
  ['label_join', { takes: ['instant vector', 'string', 'string', 'string'], required: 3, repeats: true }],
]);

/** Aggregations, and what their first argument is where they have two. */
export const AGGREGATIONS: ReadonlyMap<string, 'scalar' | 'string' | undefined> = new Map([
  ['sum', undefined],
  ['avg', undefined],
  ['min', undefined],
  ['max', undefined],
  ['count', undefined],
  ['group', undefined],
  ['stddev', undefined],
  ['stdvar', undefined],
  ['topk', 'scalar'],
  ['bottomk', 'scalar'],
  ['quantile', 'scalar'],
  ['count_values', 'string'],
]);
