import { keyOfLabels, type Labels, type Matcher } from './labels.ts';
import { parseDurationMs } from './promql/duration.ts';
import { createEvaluation, evaluate } from './promql/evaluate.ts';
import { type Expression, QueryError, QueryTimeout, typeOf } from './promql/expression.ts';
import { formatValue } from './promql/format-value.ts';
import { parseQuery, parseSelector } from './promql/parse.ts';
import type { SampleStore } from './sample-store.ts';

const MOST_POINTS = 11_000;
const MOST_MS = 8.64e15;

/** Answers the `data` of /api/v1/query. */
export function answerQuery(store: SampleStore, params: URLSearchParams, nowMs: number): object {
  const atMs = readOptionalTimeMs(params, 'time') ?? nowMs;
  checkTimeout(params);
  const expression = readQuery(params);
  const value = evaluate(expression, atMs, createEvaluation(store, atMs, atMs));
  switch (value.kind) {
    case 'scalar':
    case 'string':
      return {
        resultType: value.kind,
        result: [atMs / 1000, value.kind === 'string' ? value.value : formatValue(value.value)],
      };
    case 'vector': {
      const result = value.elements.map(({ labels, value: number }) => ({
        metric: labels,
        value: [atMs / 1000, formatValue(number)],
      }));
      return { resultType: 'vector', result };
    }
    case 'matrix': {
      const result = value.matrix.windows.map(({ labels, points }) => ({
        metric: labels,
        values: points.map((point) => [point.tMs / 1000, formatValue(point.value)]),
      }));
      return { resultType: 'matrix', result };
    }
  }
}

/** Answers the `data` of /api/v1/query_range: one list of values per series. */
export function answerRangeQuery(store: SampleStore, params: URLSearchParams): object {
  const startMs = readTimeMs(params, 'start');
  const endMs = readTimeMs(params, 'end');
  if (endMs < startMs) throw new QueryError('invalid parameter "end": end timestamp must not be before start time');
  const stepMs = readStepMs(params.get('step') ?? '');
  if ((endMs - startMs) / stepMs > MOST_POINTS) {
    throw new QueryError(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  checkTimeout(params);
  // As Debian's Prometheus, which says of a range query's mistakes nothing of the parameter.
  const expression = parseQuery(params.get('query') ?? '');
  const type = typeOf(expression);
  if (type !== 'scalar' && type !== 'instant vector') {
    throw new QueryError(`invalid expression type "${type}" for range query, must be Scalar or instant Vector`);
  }
  const evaluation = createEvaluation(store, startMs, endMs);
  const series = new Map<string, { metric: Labels; values: [number, string][] }>();
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    const value = evaluate(expression, atMs, evaluation);
    const elements = value.kind === 'vector' ? value.elements : [];
    if (value.kind === 'scalar') add({}, value.value, atMs);
    for (const element of elements) add(element.labels, element.value, atMs);
  }
  function add(metric: Labels, value: number, atMs: number): void {
    const key = keyOfLabels(metric);
    const held = series.get(key) ?? { metric, values: [] };
    held.values.push([atMs / 1000, formatValue(value)]);
    series.set(key, held);
  }
  const result = [...series].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held);
  return { resultType: 'matrix', result };
}

/** Reads `match[]`; each is a selector. `prefix`: what Prometheus says before a mistake in one, which depends on the path. */
export function readSelectors(params: URLSearchParams, prefix = ''): readonly (readonly Matcher[])[] {
  return params.getAll('match[]').map((text) => {
    try {
      return parseSelector(text);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      const isEmpty = error.message.endsWith('vector selector must contain at least one non-empty matcher');
      if (isEmpty)
        throw new QueryError('invalid parameter "match[]": match[] must contain at least one non-empty matcher');
      throw new QueryError(prefix + error.message, { cause: error });
    }
  });
}

/** Checks `start` and `end` of the questions that look at all samples whatever they say. */
export function checkPeriod(params: URLSearchParams): void {
  readOptionalTimeMs(params, 'start');
  readOptionalTimeMs(params, 'end');
}

function readQuery(params: URLSearchParams): Expression {
  try {
    return parseQuery(params.get('query') ?? '');
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new QueryError(`invalid parameter "query": ${error.message}`, { cause: error });
  }
}

const SECONDS = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;

/** Times are seconds since 1970, with fraction, or RFC 3339. */
function readTimeMs(params: URLSearchParams, name: string, hint = ''): number {
  const text = params.get(name) ?? '';
  const ms = SECONDS.test(text) ? Math.round(Number(text) * 1000) : RFC3339.test(text) && Date.parse(text);
  if (ms === false || Number.isNaN(ms) || Math.abs(ms) > MOST_MS) {
    throw new QueryError(`invalid parameter "${name}": ${hint}cannot parse "${text}" to a valid timestamp`);
  }
  return ms;
}

/** A time that may be left out. */
function readOptionalTimeMs(params: URLSearchParams, name: string): number | undefined {
  return params.get(name) ? readTimeMs(params, name, `Invalid time value for '${name}': `) : undefined;
}

/** Queries here take no time worth a limit; a limit that is no duration is a mistake all the same. */
function checkTimeout(params: URLSearchParams): void {
  const text = params.get('timeout');
  if (text && readDurationMs('timeout', text) <= 0) throw new QueryTimeout('query timed out in query execution');
}

function readStepMs(text: string): number {
  const ms = readDurationMs('step', text);
  if (ms > 0) return Math.round(ms);
  throw new QueryError(
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  );
}

const MOST_NANOSECONDS = 2 ** 63;

/** A duration with units, or a number of seconds. */
function readDurationMs(name: string, text: string): number {
  const isNumber = SECONDS.test(text) || /^[-+]?(?:nan|inf|infinity)$/i.test(text);
  const ms = parseDurationMs(text) ?? Number(text) * 1000;
  if (!isNumber && parseDurationMs(text) === undefined) {
    throw new QueryError(`invalid parameter "${name}": cannot parse "${text}" to a valid duration`);
  }
  if (Math.abs(ms) * 1e6 > MOST_NANOSECONDS) {
    throw new QueryError(`invalid parameter "${name}": cannot parse "${text}" to a valid duration. It overflows int64`);
  }
  return ms;
}
