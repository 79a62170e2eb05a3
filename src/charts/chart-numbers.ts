import { formatValue, type Unit, unitOf } from '../lib/index.ts';
import type { MetricSeries } from '../rollout/index.ts';

export function unitOfSeries({ metric, limit, points }: MetricSeries): Unit {
  return unitOf(
    metric,
    limit,
    points.map(({ value }) => value),
  );
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** As on an axis, where there is room for six or seven letters: `1.5M`. */
export function formatTick(value: number, unit: Unit): string {
  return unit.suffix === '' && Math.abs(value) >= 10_000 ? compact.format(value) : formatValue(value, unit);
}

/** `14:05`, and `14:05:30` where the minutes would repeat. Always UTC: people of several places read the same picture. */
export function formatClock(atMs: number, hasSeconds: boolean): string {
  return new Date(atMs).toISOString().slice(11, hasSeconds ? 19 : 16);
}
