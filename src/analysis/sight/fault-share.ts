import type { MetricLimit } from '../limit.ts';
import type { Query, Selector } from './query.ts';
import { selectorsOf } from './without-data.ts';

/** How great a share of all requests must go wrong before the limit is crossed, 0…1, and what "wrong" is. */
export interface FaultShare {
  readonly share: number;
  /** `slow`: slower than the limit, or than the bucket that is counted. */
  readonly of: 'errors' | 'slow';
}

/**
 * Reads the share from a limit on a ratio (`errors / requests`, also inside `1 - …`, `100 * …`) or on a quantile of latencies.
 * Undefined where the value is no such share: then nothing is said rather than something wrong.
 */
export function faultShareOf(query: Query, limit: MetricLimit | undefined): FaultShare | undefined {
  if (limit === undefined) return undefined;
  const { base, factor, addend } = straighten(query);
  if (factor === 0 || !Number.isFinite(factor) || !Number.isFinite(addend)) return undefined;
  const mustBeGreat = limit.comparison.startsWith('>') === factor > 0;
  if (base.kind === 'call' && base.name === 'histogram_quantile') {
    const [quantile] = base.args;
    // A quantile stays below its limit as long as fewer than the rest are slower.
    const isUsable = quantile?.kind === 'number' && quantile.value > 0 && quantile.value < 1 && !mustBeGreat;
    return isUsable ? { share: rounded(1 - quantile.value), of: 'slow' } : undefined;
  }
  const of = kindOfRatio(base, mustBeGreat);
  if (of === undefined) return undefined;
  const atLimit = (limit.value - addend) / factor;
  const share = rounded(mustBeGreat ? 1 - atLimit : atLimit);
  return share > 0 && share < 1 ? { share, of } : undefined;
}

/** 1 − 0.95 is not quite 0.05. */
function rounded(share: number): number {
  return Math.round(share * 1e9) / 1e9;
}

interface Straight {
  readonly base: Query;
  /** value = factor × base + addend */
  readonly factor: number;
  readonly addend: number;
}

/** Takes constants off: `1 - (1 - x) / 0.05` is 20 × x − 19. Also what stands in for no data at the very end. */
function straighten(query: Query): Straight {
  const plain: Straight = { base: query, factor: 1, addend: 0 };
  if (query.kind !== 'operation') {
    if (query.kind !== 'call' || !['clamp_max', 'clamp_min', 'clamp', 'sort', 'sort_desc'].includes(query.name))
      return plain;
    const [inner] = query.args;
    return inner === undefined ? plain : straighten(inner);
  }
  const { operator, left, right } = query;
  if (operator === 'or' && selectorsOf(right).length === 0) return straighten(left);
  const [a, b] = [constantOf(left), constantOf(right)];
  if (b !== undefined) return scale(straighten(left), operator, b) ?? plain;
  if (a === undefined) return plain;
  const inner = straighten(right);
  if (operator === '-') return { base: inner.base, factor: -inner.factor, addend: a - inner.addend };
  return operator === '+' || operator === '*' ? (scale(inner, operator, a) ?? plain) : plain;
}

function scale({ base, factor, addend }: Straight, operator: string, by: number): Straight | undefined {
  switch (operator) {
    case '+':
      return { base, factor, addend: addend + by };
    case '-':
      return { base, factor, addend: addend - by };
    case '*':
      return { base, factor: factor * by, addend: addend * by };
    case '/':
      return { base, factor: factor / by, addend: addend / by };
    default:
      return undefined;
  }
}

function constantOf(query: Query): number | undefined {
  if (query.kind === 'number') return query.value;
  if (query.kind === 'call' && (query.name === 'vector' || query.name === 'scalar') && query.args[0] !== undefined) {
    return constantOf(query.args[0]);
  }
  if (query.kind !== 'operation') return undefined;
  const [a, b] = [constantOf(query.left), constantOf(query.right)];
  if (a === undefined || b === undefined) return undefined;
  return { '+': a + b, '-': a - b, '*': a * b, '/': a / b }[query.operator];
}

/** Words by which counters and labels tell good requests from bad ones. */
const BAD = /err|fail|5xx|exception|timeout|reject|drop/;
const GOOD = /succ|ok|2xx|good/;
const OUTCOME = /status|code|class|result|outcome|err|succ|response|grpc/;

/** Whether this divides some of the requests, the good or the bad ones, by all of them. */
function kindOfRatio(query: Query, mustBeGreat: boolean): FaultShare['of'] | undefined {
  if (query.kind !== 'operation' || query.operator !== '/') return undefined;
  const [part, ...moreParts] = countersOf(query.left) ?? [];
  const [whole, ...moreWholes] = countersOf(query.right) ?? [];
  if (part === undefined || whole === undefined || moreParts.length + moreWholes.length > 0) return undefined;
  const [partName, wholeName] = [nameOf(part), nameOf(whole)];
  if (partName === undefined || wholeName === undefined) return undefined;
  if (partName.endsWith('_bucket')) return /_(?:count|bucket)$/.test(wholeName) ? 'slow' : undefined;
  if (partName === wholeName) {
    const more = part.matchers.filter(({ label }) => !whole.matchers.some((other) => other.label === label));
    return more.length > 0 && more.every(({ label }) => OUTCOME.test(label)) ? 'errors' : undefined;
  }
  const isTold = (mustBeGreat ? GOOD : BAD).test(partName);
  return isTold && countsRequests(partName) && countsRequests(wholeName) ? 'errors' : undefined;
}

/** The selectors under a rate that is only added up; undefined where more is done to them. */
function countersOf(query: Query): readonly Selector[] | undefined {
  switch (query.kind) {
    case 'aggregation':
      return query.operator === 'sum' ? countersOf(query.inner) : undefined;
    case 'call':
      if (!['rate', 'irate', 'increase'].includes(query.name)) return undefined;
      return query.args[0]?.kind === 'selector' ? [query.args[0]] : undefined;
    case 'operation':
      // `errors or vector(0)`: no errors yet.
      return query.operator === 'or' && selectorsOf(query.right).length === 0 ? countersOf(query.left) : undefined;
    default:
      return undefined;
  }
}

function nameOf(selector: Selector): string | undefined {
  return selector.matchers.find(({ label, operator }) => label === '__name__' && operator === '=')?.value;
}

function countsRequests(name: string): boolean {
  return /_(?:total|count)$/.test(name) && !/(?:seconds|bytes|milliseconds|joules|meters)_total$/.test(name);
}
