import type { MetricSeries } from '../../src/rollout/index.ts';

const startMs = Date.UTC(2026, 10, 20, 14, 2, 7);

/** A success rate that falls below its limit, at 10 % and then 25 %. */
export function aFailingSeries(change: Partial<MetricSeries> = {}): MetricSeries {
  const values = [0.996, 0.998, 0.994, 0.997, 0.995, 0.982, 0.968, 0.951, 0.912, 0.904];
  return {
    metric: 'success-rate',
    limit: { comparison: '>=', value: 0.95 },
    points: values.map((value, n) => ({ atMs: startMs + n * 30_000, value, isFailed: value < 0.95 })),
    weightSteps: [
      { atMs: startMs - 5_000, percent: 10 },
      { atMs: startMs + 150_000, percent: 25 },
    ],
    verdict: 'failed',
    ...change,
  };
}
