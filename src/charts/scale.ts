import type { Unit } from '../lib/index.ts';
import type { MetricSeries } from '../rollout/index.ts';

/** An axis of values with round numbers on it. */
export interface ValueScale {
  readonly min: number;
  readonly max: number;
  readonly interval: number;
}

export interface TimeScale {
  readonly minMs: number;
  readonly maxMs: number;
  readonly ticksMs: readonly number[];
  /** Ticks are so near that their minutes repeat. */
  readonly hasSeconds: boolean;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const tickSteps = [1, 2, 5, 10, 15, 30]
  .map((n) => n * second)
  .concat(
    [1, 2, 5, 10, 15, 30].map((n) => n * minute),
    [1, 2, 3, 6, 12, 24, 48, 96, 240].map((n) => n * hour),
  );
/** Fewer where their letters are longer. */
const MOST_TICKS = { seconds: 5, minutes: 6.5 } as const;

/** Holds every value and the limit, with room on the limit's bad side, so that it is seen where bad begins. */
export function valueScaleOf(series: MetricSeries, unit: Unit): ValueScale {
  const values = series.points.flatMap(({ value }) => (value !== undefined && Number.isFinite(value) ? [value] : []));
  const all = series.limit === undefined ? values : [...values, series.limit.value];
  const [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const span = spanOf(low, high);
  const room = span * 0.25;
  const isLowBad = series.limit?.comparison.startsWith('>') === true;
  const isHighBad = series.limit?.comparison.startsWith('<') === true;
  const wantedMin = low - (isLowBad ? room : span * 0.08);
  const wantedMax = high + (isHighBad ? room : span * 0.08);
  const interval = niceStep((wantedMax - wantedMin) / 3);
  const [floor, ceiling] = unit.suffix === ' %' ? [0, 1] : [low >= 0 ? 0 : -Infinity, Infinity];
  return {
    min: Math.max(floor, roundTo(Math.floor(wantedMin / interval) * interval)),
    max: Math.min(ceiling, roundTo(Math.ceil(wantedMax / interval) * interval)),
    interval,
  };
}

/** Values that are the same but for the last digits are one value: it stands in the middle of half its size. */
function spanOf(low: number, high: number): number {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-6 && high - low > 1e-12) return high - low;
  return size > 1e-9 ? size * 0.5 : 1;
}

/** From the first point or step to the last, with a little air, and at most six times on it. */
export function timeScaleOf({ points, weightSteps }: MetricSeries): TimeScale {
  const times = points.map(({ atMs }) => atMs);
  const [first, last] = times.length === 0 ? edgesOf(weightSteps.map(({ atMs }) => atMs)) : edgesOf(times);
  // One point alone stands in the middle of a minute.
  const air = last === first ? 30 * second : (last - first) * 0.03;
  const minMs =
    Math.min(first, ...weightSteps.map(({ atMs }) => atMs).filter((atMs) => first - atMs < last - first)) - air;
  const maxMs = last + air;
  const most = (step: number) => (step < minute ? MOST_TICKS.seconds : MOST_TICKS.minutes);
  const step =
    tickSteps.find((one) => (maxMs - minMs) / one <= most(one)) ??
    Math.ceil((maxMs - minMs) / MOST_TICKS.minutes / day) * day;
  const ticksMs: number[] = [];
  // Letters need room on both sides of their tick.
  const edge = (maxMs - minMs) * 0.05;
  for (let atMs = Math.ceil((minMs + edge) / step) * step; atMs <= maxMs - edge * 0.6; atMs += step) ticksMs.push(atMs);
  return { minMs, maxMs, ticksMs, hasSeconds: step < minute };
}

function edgesOf(times: readonly number[]): readonly [number, number] {
  return times.length === 0 ? [0, minute] : [Math.min(...times), Math.max(...times)];
}

/** 1, 2, 2.5 or 5 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10;
  return roundTo(nice * power);
}

/** 0.30000000000000004 → 0.3 */
function roundTo(value: number): number {
  return Number(value.toPrecision(15));
}
