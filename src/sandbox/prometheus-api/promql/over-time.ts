import type { Point } from '../sample-store.ts';
import { extreme } from './aggregate.ts';
import { extrapolate, lastChange, type RangeBounds } from './rate.ts';
import { linearRegression, mean, quantile, variance } from './statistics.ts';

/** A function of one series' samples in a window; undefined leaves the series out. */
export type OverTime = {
  readonly apply: (points: readonly Point[], bounds: RangeBounds, parameters: readonly number[]) => number | undefined;
  /** last_over_time answers a sample itself, under its own name. */
  readonly keepsName?: boolean;
};

function ofValues(summarize: (values: readonly number[], parameter: number) => number): OverTime {
  return {
    apply: (points, _bounds, [parameter = Number.NaN]) =>
      summarize(
        points.map((point) => point.value),
        parameter,
      ),
  };
}

const FUNCTIONS: ReadonlyMap<string, OverTime> = new Map<string, OverTime>([
  ['rate', { apply: (points, bounds) => extrapolate(points, bounds, { isCounter: true, isRate: true }) }],
  ['increase', { apply: (points, bounds) => extrapolate(points, bounds, { isCounter: true, isRate: false }) }],
  ['delta', { apply: (points, bounds) => extrapolate(points, bounds, { isCounter: false, isRate: false }) }],
  ['irate', { apply: (points) => lastChange(points, true) }],
  ['idelta', { apply: (points) => lastChange(points, false) }],
  [
    'deriv',
    { apply: (points) => (points.length < 2 ? undefined : linearRegression(points, points[0]?.tMs ?? 0).slope) },
  ],
  ['predict_linear', { apply: predict }],
  ['changes', { apply: (points) => countSteps(points, (a, b) => a !== b && !(Number.isNaN(a) && Number.isNaN(b))) }],
  ['resets', { apply: (points) => countSteps(points, (a, b) => b < a) }],
  ['avg_over_time', ofValues(mean)],
  ['sum_over_time', ofValues((values) => values.reduce((sum, value) => sum + value, 0))],
  ['min_over_time', ofValues((values) => extreme(values, (candidate, held) => candidate < held))],
  ['max_over_time', ofValues((values) => extreme(values, (candidate, held) => candidate > held))],
  ['count_over_time', ofValues((values) => values.length)],
  ['present_over_time', ofValues(() => 1)],
  ['stdvar_over_time', ofValues(variance)],
  ['stddev_over_time', ofValues((values) => Math.sqrt(variance(values)))],
  ['quantile_over_time', ofValues((values, phi) => quantile(phi, values))],
  ['last_over_time', { apply: (points) => points.at(-1)?.value, keepsName: true }],
]);

export function overTime(name: string): OverTime | undefined {
  return FUNCTIONS.get(name);
}

function predict(
  points: readonly Point[],
  bounds: RangeBounds,
  [afterSeconds = Number.NaN]: readonly number[],
): number | undefined {
  if (points.length < 2) return undefined;
  const { slope, intercept } = linearRegression(points, bounds.toMs);
  return intercept + slope * afterSeconds;
}

function countSteps(points: readonly Point[], isCounted: (before: number, after: number) => boolean): number {
  let count = 0;
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && isCounted(before.value, point.value)) count += 1;
  }
  return count;
}
