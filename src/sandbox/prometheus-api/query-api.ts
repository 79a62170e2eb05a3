import { keyOfLabels, type Labels, type Matcher } from './labels.ts';
import { parseDurationMs } from './promql/duration.ts';
import { createEvaluation, evaluate } from './promql/evaluate.ts';
import { type Expression, QueryError, typeOf } from './promql/expression.ts';
import { formatValue } from './promql/format-value.ts';
import { parseQuery } from './promql/parse.ts';
import type { SampleStore } from './sample-store.ts';

const MOST_POINTS = 11_000;
const MOST_MS = 8.64e15;

/** Answers the `data` of /api/v1/query. */
export function answerQuery(store: SampleStore, params: URLSearchParams, nowMs: number): object {
  const expression = readQuery(params);
  const atMs = params.has('time') ? readTimeMs(params, 'time') : nowMs;
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
  const expression = readQuery(params);
  const startMs = readTimeMs(params, 'start');
  const endMs = readTimeMs(params, 'end');
  const stepMs = readStepMs(params.get('step') ?? '');
  if (endMs < startMs) throw new QueryError('invalid parameter "end": end timestamp must not be before start time');
  if ((endMs - startMs) / stepMs > MOST_POINTS) {
    throw new QueryError(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
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

/** Reads `match[]`; each is a selector. */
export function readSelectors(params: URLSearchParams): readonly (readonly Matcher[])[] {
  return params.getAll('match[]').map((text) => {
    const expression = parseQuery(text);
    if (expression.kind !== 'selector')
      throw new QueryError(`invalid parameter "match[]": ${JSON.stringify(text)} is no selector`);
    return expression.matchers;
  });
}

function readQuery(params: URLSearchParams): Expression {
  try {
    return parseQuery(params.get('query') ?? '');
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new QueryError(`invalid parameter "query": ${error.message}`, { cause: error });
  }
}

/** Times are seconds since 1970, with fraction, or RFC 3339. */
function readTimeMs(params: URLSearchParams, name: string): number {
  const text = params.get(name) ?? '';
  const ms = /^[-+]?\d*\.?\d+(e[-+]?\d+)?$/i.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (Number.isNaN(ms) || Math.abs(ms) > MOST_MS) {
    throw new QueryError(`invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`);
  }
  return ms;
}

function readStepMs(text: string): number {
  const ms = parseDurationMs(text) ?? Number(text === '' ? Number.NaN : text) * 1000;
  if (Number.isNaN(ms)) throw new QueryError(`invalid parameter "step": cannot parse "${text}" to a valid duration`);
  if (ms <= 0) {
    throw new QueryError(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  return Math.round(ms);
}
