import type { MetricSeries } from '../rollout/index.ts';

const mostNearMs = 1500;

/**
 * The measurements stay: they are what was judged. History fills in where no measurement is near: nearer than half of `stepMs`, the
 * distance that so many points would have. A rollback within seconds has a picture too.
 */
export function addHistory(
  { points, limit }: Pick<MetricSeries, 'points' | 'limit'>,
  history: readonly { readonly atMs: number; readonly value: number }[],
  stepMs: number,
): MetricSeries['points'] {
  const nearMs = Math.min(mostNearMs, stepMs / 2);
  const between = history.filter(({ atMs }) => points.every((point) => Math.abs(point.atMs - atMs) > nearMs));
  const added = between.map(({ atMs, value }) => ({ atMs, value, isFailed: violates(limit, value) }));
  return [...points, ...added].sort((a, b) => a.atMs - b.atMs);
}

function violates(limit: MetricSeries['limit'], value: number): boolean {
  switch (limit?.comparison) {
    case undefined:
      return false;
    case '<':
      return !(value < limit.value);
    case '<=':
      return !(value <= limit.value);
    case '>':
      return !(value > limit.value);
    case '>=':
      return !(value >= limit.value);
  }
}
