import { assertNever } from '../../../lib/index.ts';
import { withoutName } from '../labels.ts';
import type { SampleStore, Series } from '../sample-store.ts';
import { aggregate } from './aggregate.ts';
import { combine } from './combine.ts';
import type { Expression, Moment, Selector, Subquery } from './expression.ts';
import { EvaluationError } from './expression.ts';
import { callFunction } from './functions.ts';
import { type Matrix, refuseTwins, type Value, type Vector } from './value.ts';

/** How far back a selector takes the latest sample of a series. */
const LOOKBACK_MS = 5 * 60_000;
/** The step of a subquery that names none. */
const EVALUATION_INTERVAL_MS = 60_000;
// A subquery inside a range query multiplies; Prometheus itself stops at 50 million samples.
const MOST_EVALUATIONS = 2_000_000;

/** Everything that evaluating one query needs beyond the query itself. */
export type Evaluation = {
  readonly store: SampleStore;
  readonly startMs: number;
  readonly endMs: number;
  /** Series of each selector, looked up once per query. */
  readonly selected: Map<Selector, readonly Series[]>;
  spent: number;
};

export function createEvaluation(store: SampleStore, startMs: number, endMs: number): Evaluation {
  return { store, startMs, endMs, selected: new Map(), spent: 0 };
}

/** Evaluates an expression at one moment. */
export function evaluate(expression: Expression, atMs: number, evaluation: Evaluation): Value {
  evaluation.spent += 1;
  if (evaluation.spent > MOST_EVALUATIONS)
    throw new EvaluationError('query processing would load too many samples into memory');
  switch (expression.kind) {
    case 'number':
      return { kind: 'scalar', value: expression.value };
    case 'string':
      return { kind: 'string', value: expression.value };
    case 'selector':
      return { kind: 'vector', elements: selectInstant(expression, atMs, evaluation) };
    case 'range':
      return { kind: 'matrix', matrix: selectRange(expression.selector, expression.rangeMs, atMs, evaluation) };
    case 'subquery':
      return { kind: 'matrix', matrix: evaluateSubquery(expression, atMs, evaluation) };
    case 'negation':
      return negate(evaluate(expression.inner, atMs, evaluation));
    case 'binary': {
      const left = evaluate(expression.left, atMs, evaluation);
      return combine(expression, left, evaluate(expression.right, atMs, evaluation));
    }
    case 'aggregation': {
      const parameter = expression.parameter && evaluate(expression.parameter, atMs, evaluation);
      const elements = vectorOf(evaluate(expression.inner, atMs, evaluation));
      return { kind: 'vector', elements: aggregate(expression, elements, parameter) };
    }
    case 'call': {
      const args = expression.args.map((arg) => evaluate(arg, atMs, evaluation));
      return callFunction(expression, args, atMs);
    }
    default:
      return assertNever(expression);
  }
}

function vectorOf(value: Value): Vector {
  if (value.kind !== 'vector') throw new EvaluationError(`expected an instant vector, got a ${value.kind}`);
  return value.elements;
}

function selectInstant(selector: Selector, atMs: number, evaluation: Evaluation): Vector {
  const momentMs = momentOf(selector.moment, atMs, evaluation);
  const elements = [];
  for (const series of seriesOf(selector, evaluation)) {
    const point = series.latest(momentMs - LOOKBACK_MS, momentMs);
    if (point !== undefined) elements.push({ labels: series.labels, value: point.value, sampleMs: point.tMs });
  }
  return elements;
}

function selectRange(selector: Selector, rangeMs: number, atMs: number, evaluation: Evaluation): Matrix {
  const toMs = momentOf(selector.moment, atMs, evaluation);
  // Left-open since Prometheus 3: the sample exactly at the window's start is outside.
  const fromMs = toMs - rangeMs;
  const windows = [];
  for (const series of seriesOf(selector, evaluation)) {
    const points = series.between(fromMs, toMs);
    if (points.length > 0) windows.push({ labels: series.labels, points });
  }
  return { windows, fromMs, toMs };
}

function evaluateSubquery(subquery: Subquery, atMs: number, evaluation: Evaluation): Matrix {
  const toMs = momentOf(subquery.moment, atMs, evaluation);
  const fromMs = toMs - subquery.rangeMs;
  const stepMs = subquery.stepMs ?? EVALUATION_INTERVAL_MS;
  const windows = new Map<string, { labels: Vector[number]['labels']; points: { tMs: number; value: number }[] }>();
  // Steps lie on whole multiples of the step, whenever the query is asked.
  for (let tMs = (Math.floor(fromMs / stepMs) + 1) * stepMs; tMs <= toMs; tMs += stepMs) {
    for (const { labels, value } of vectorOf(evaluate(subquery.inner, tMs, evaluation))) {
      const key = JSON.stringify(Object.entries(labels).sort());
      const window = windows.get(key) ?? { labels, points: [] };
      window.points.push({ tMs, value });
      windows.set(key, window);
    }
  }
  return { windows: [...windows.values()], fromMs, toMs };
}

function momentOf(moment: Moment, atMs: number, evaluation: Evaluation): number {
  const { at, offsetMs } = moment;
  if (at === 'start') return evaluation.startMs - offsetMs;
  if (at === 'end') return evaluation.endMs - offsetMs;
  return (at ?? atMs) - offsetMs;
}

function seriesOf(selector: Selector, evaluation: Evaluation): readonly Series[] {
  const held = evaluation.selected.get(selector);
  if (held !== undefined) return held;
  const found = evaluation.store.select(selector.matchers);
  evaluation.selected.set(selector, found);
  return found;
}

function negate(value: Value): Value {
  if (value.kind === 'scalar') return { kind: 'scalar', value: -value.value };
  const elements = vectorOf(value).map((element) => ({ labels: withoutName(element.labels), value: -element.value }));
  return { kind: 'vector', elements: refuseTwins(elements) };
}
