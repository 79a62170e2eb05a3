import type { Aggregation, Operation, Query, Selector } from './query.ts';

/** One sample that a query answers though no series exists. `value` undefined: known to be a number, not which (`time()`). */
interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number | undefined;
}
type Answer =
  | { readonly type: 'scalar'; readonly value: number | undefined }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly Sample[] };

/**
 * What a query answers when Prometheus has not one series that it asks for: the query is evaluated, over nothing. No values: it says
 * so. Values: it makes them up (`or vector(0)`), and nobody can tell none from zero. `undefined`: some number, not known which.
 */
export function answerWithoutData(query: Query): {
  readonly isScalar: boolean;
  readonly values: readonly (number | undefined)[];
} {
  const answer = evaluate(query);
  switch (answer.type) {
    case 'scalar':
      return { isScalar: true, values: [answer.value] };
    case 'text':
      return { isScalar: true, values: [] };
    case 'vector':
      return { isScalar: false, values: answer.samples.map(({ value }) => value) };
  }
}

const NOTHING: Answer = { type: 'vector', samples: [] };

function evaluate(query: Query): Answer {
  switch (query.kind) {
    case 'number':
      return { type: 'scalar', value: query.value };
    case 'text':
      return { type: 'text', value: query.value };
    case 'selector':
      return NOTHING;
    case 'subquery':
      return evaluate(query.inner);
    case 'call':
      return call(query.name, query.args);
    case 'aggregation':
      return aggregate(query);
    case 'operation':
      return operate(query);
  }
}

function samplesOf(query: Query | undefined): readonly Sample[] {
  const answer = query === undefined ? NOTHING : evaluate(query);
  return answer.type === 'vector' ? answer.samples : [];
}

function numberOf(query: Query | undefined): number | undefined {
  const answer = query === undefined ? undefined : evaluate(query);
  return answer?.type === 'scalar' ? answer.value : undefined;
}

function vector(samples: readonly Sample[]): Answer {
  return { type: 'vector', samples };
}

function call(name: string, args: readonly Query[]): Answer {
  const [first] = args;
  switch (name) {
    case 'vector':
      return vector([{ labels: new Map(), value: numberOf(first) }]);
    case 'scalar': {
      const samples = samplesOf(first);
      return { type: 'scalar', value: samples.length === 1 ? samples[0]?.value : Number.NaN };
    }
    case 'pi':
      return { type: 'scalar', value: Math.PI };
    case 'time':
      return { type: 'scalar', value: undefined };
    case 'absent':
    case 'absent_over_time':
      return samplesOf(first).length > 0 ? NOTHING : vector([{ labels: labelsOfAbsence(first), value: 1 }]);
  }
  // day_of_week() and its like take the present time when they are given nothing.
  if (args.length === 0) return vector([{ labels: new Map(), value: undefined }]);
  // They ask for buckets or native histograms, and a number is neither.
  if (name.startsWith('histogram_')) return NOTHING;
  const samples = args.map(evaluate).find((answer) => answer.type === 'vector')?.samples ?? [];
  const [, ...parameters] = args.map(numberOf);
  return vector(samples.map((sample) => ({ ...sample, value: stillValue(name, sample.value, parameters) })));
}

function labelsOfAbsence(query: Query | undefined): ReadonlyMap<string, string> {
  if (query?.kind !== 'selector') return new Map();
  const equal = query.matchers.filter(({ label, operator }) => operator === '=' && label !== '__name__');
  return new Map(equal.map(({ label, value }) => [label, value]));
}

const SAME = ['sort', 'sort_desc', 'sort_by_label', 'sort_by_label_desc', 'label_replace', 'label_join', 'info'];
const SAME_OVER_TIME = ['avg_over_time', 'min_over_time', 'max_over_time', 'last_over_time', 'first_over_time'];
const STILL = ['rate', 'irate', 'increase', 'delta', 'idelta', 'deriv', 'changes', 'resets', 'stddev_over_time'];

/** What a function makes of a value that does not move. */
function stillValue(
  name: string,
  value: number | undefined,
  [a, b]: readonly (number | undefined)[],
): number | undefined {
  if (SAME.includes(name) || SAME_OVER_TIME.includes(name)) return value;
  if (STILL.includes(name)) return 0;
  if (name === 'present_over_time') return 1;
  if (value === undefined) return undefined;
  switch (name) {
    case 'abs':
      return Math.abs(value);
    case 'ceil':
      return Math.ceil(value);
    case 'floor':
      return Math.floor(value);
    case 'sgn':
      return Math.sign(value);
    case 'sqrt':
      return Math.sqrt(value);
    case 'clamp':
      return a === undefined || b === undefined ? undefined : Math.max(a, Math.min(b, value));
    case 'clamp_min':
      return a === undefined ? undefined : Math.max(a, value);
    case 'clamp_max':
      return a === undefined ? undefined : Math.min(a, value);
    default:
      return undefined;
  }
}

function aggregate({ operator, inner, labels, isWithout }: Aggregation): Answer {
  const groups = new Map<string, Sample[]>();
  for (const sample of samplesOf(inner)) {
    const kept = [...sample.labels].filter(([label]) => labels.includes(label) !== isWithout);
    const key = JSON.stringify(kept.sort());
    groups.set(key, [...(groups.get(key) ?? []), { labels: new Map(kept), value: sample.value }]);
  }
  // These keep whole samples.
  if (['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(operator)) return vector([...groups.values()].flat());
  return vector(
    [...groups.values()].map((samples) => ({
      labels: samples[0]?.labels ?? new Map(),
      value: sumUp(
        operator,
        samples.map(({ value }) => value),
      ),
    })),
  );
}

function sumUp(operator: string, values: readonly (number | undefined)[]): number | undefined {
  if (operator === 'count') return values.length;
  if (operator === 'group' || operator === 'count_values') return 1;
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) return undefined;
  if (operator === 'min') return Math.min(...known);
  if (operator === 'max') return Math.max(...known);
  let sum = 0;
  for (const value of known) sum += value;
  if (operator === 'sum') return sum;
  if (operator === 'avg') return sum / known.length;
  if (known.length > 1) return undefined;
  return operator === 'quantile' ? known[0] : 0;
}

function operate(operation: Operation): Answer {
  const left = evaluate(operation.left);
  const right = evaluate(operation.right);
  if (left.type === 'scalar' && right.type === 'scalar') {
    const value = compute(operation.operator, left.value, right.value);
    return { type: 'scalar', value };
  }
  if (left.type === 'vector' && right.type === 'vector') return vector(match(operation, left.samples, right.samples));
  const [side, other] = left.type === 'vector' ? [left, right] : [right, left];
  if (side.type !== 'vector' || other.type !== 'scalar') return NOTHING;
  return vector(
    side.samples.flatMap((sample) => {
      const values = side === left ? [sample.value, other.value] : [other.value, sample.value];
      return result(operation, sample, values[0], values[1]);
    }),
  );
}

function match(operation: Operation, left: readonly Sample[], right: readonly Sample[]): readonly Sample[] {
  const keyOf = ({ labels }: Sample) =>
    JSON.stringify([...labels].filter(([label]) => operation.labels.includes(label) === operation.isOn).sort());
  const lefts = new Set(left.map(keyOf));
  const rights = new Map(right.map((sample) => [keyOf(sample), sample]));
  switch (operation.operator) {
    case 'and':
      return left.filter((sample) => rights.has(keyOf(sample)));
    case 'unless':
      return left.filter((sample) => !rights.has(keyOf(sample)));
    case 'or':
      return [...left, ...right.filter((sample) => !lefts.has(keyOf(sample)))];
  }
  const matched = left.flatMap((sample) => {
    const other = rights.get(keyOf(sample));
    if (other === undefined && operation.fillRight === undefined) return [];
    return result(operation, sample, sample.value, other === undefined ? operation.fillRight : other.value);
  });
  const { fillLeft } = operation;
  const unmatched = fillLeft === undefined ? [] : right.filter((sample) => !lefts.has(keyOf(sample)));
  return [...matched, ...unmatched.flatMap((sample) => result(operation, sample, fillLeft, sample.value))];
}

const COMPARISONS = ['==', '!=', '>', '<', '>=', '<='];

/** A comparison without `bool` keeps the sample that holds, with the value of the vector's side. */
function result(
  { operator, isBool }: Operation,
  sample: Sample,
  left: number | undefined,
  right: number | undefined,
): readonly Sample[] {
  const value = compute(operator, left, right);
  if (!COMPARISONS.includes(operator) || isBool) return [{ ...sample, value }];
  return value === 0 ? [] : [sample];
}

function compute(operator: string, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
    case 'atan2':
      return Math.atan2(a, b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '>':
      return Number(a > b);
    case '<':
      return Number(a < b);
    case '>=':
      return Number(a >= b);
    case '<=':
      return Number(a <= b);
    default:
      return undefined;
  }
}

/** Whether a query looks for absence and for nothing else: then its number without data is an answer, not an invention. */
export function asksForAbsence(query: Query): boolean {
  return selectorsOf(query).length > 0 && selectorsOf(query, 'outsideOfAbsence').length === 0;
}

/** The selectors of a query, from left to right: all, or those that are not asked whether they are absent. */
export function selectorsOf(query: Query, which: 'all' | 'outsideOfAbsence' = 'all'): readonly Selector[] {
  switch (query.kind) {
    case 'selector':
      return [query];
    case 'subquery':
      return selectorsOf(query.inner, which);
    case 'call':
      if (which === 'outsideOfAbsence' && query.name.startsWith('absent')) return [];
      return query.args.flatMap((argument) => selectorsOf(argument, which));
    case 'aggregation':
      return [query.parameter, query.inner].flatMap((inner) => (inner === undefined ? [] : selectorsOf(inner, which)));
    case 'operation':
      return [...selectorsOf(query.left, which), ...selectorsOf(query.right, which)];
    default:
      return [];
  }
}
