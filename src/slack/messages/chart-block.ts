import { formatLimit, formatValue, type Unit, unitOf } from '../../lib/index.ts';
import type { MetricSeries } from '../../rollout/index.ts';
import type { DataVisualizationBlock } from './blocks.ts';
import { plain, utcTime } from './mrkdwn.ts';

/** Slack allows 20; at phone width labels overlap beyond these. */
const maxPoints = 12;
const maxPointsWithSeconds = 7;
const leastPoints = 3;

interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** The chart of one metric with its limit; undefined until three finite points and a limit exist (Slack refuses gaps). */
export function chartBlock(series: MetricSeries | undefined): DataVisualizationBlock | undefined {
  if (series?.limit === undefined || !isDrawable(series.limit.value)) return undefined;
  const { limit } = series;
  const points = finitePoints(series);
  if (points.length < leastPoints) return undefined;
  const { shown, labels } = labelled(points);
  const unit = unitOf(series.metric, limit, valuesOf(points));
  const limitValue = rounded(limit.value, unit);
  const lineOf = (name: string, read: (point: Point) => number) => ({
    name,
    data: shown.map((point, index) => ({ label: labels[index] ?? '', value: read(point) })),
  });
  return {
    type: 'data_visualization',
    block_id: 'chart',
    // The name gives way, not the limit.
    title: plain(`${plain(series.metric, 24)}, limit ${formatLimit(limit, unit)}`, 50),
    chart: {
      type: 'line',
      series: [lineOf('canary', (point) => rounded(point.value, unit)), lineOf('limit', () => limitValue)],
      axis_config: { categories: labels, ...(unit.suffix === '' ? {} : { y_label: unit.suffix.trim() }) },
    },
  };
}

/** The same in one line of text, where Slack does not take the chart: `▁▂▅▇ 91.2 % … 99.6 %`. */
export function sparkline(series: MetricSeries | undefined): string | undefined {
  if (series === undefined) return undefined;
  const points = finitePoints(series).slice(-maxPoints);
  if (points.length < leastPoints) return undefined;
  const values = valuesOf(points);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const bars = '▁▂▃▄▅▆▇█';
  const line = values
    .map((value) => bars[high === low ? 3 : Math.round(((value - low) / (high - low)) * (bars.length - 1))])
    .join('');
  const unit = unitOf(series.metric, series.limit, values);
  return `${line} ${formatValue(low, unit)} … ${formatValue(high, unit)}`;
}

function valuesOf(points: readonly Point[]): readonly number[] {
  return points.map((point) => point.value);
}

/** Finite also after scaling. */
function isDrawable(value: number): boolean {
  return Math.abs(value) < 1e15;
}

function finitePoints(series: MetricSeries): readonly Point[] {
  const points: Point[] = [];
  for (const { atMs, value } of series.points) {
    if (value !== undefined && isDrawable(value) && Number.isFinite(atMs)) points.push({ atMs, value });
  }
  return points;
}

/** The last points, each with a label of its own: HH:MM, with seconds where minutes repeat. Slack joins values to labels by name. */
function labelled(points: readonly Point[]): { readonly shown: readonly Point[]; readonly labels: readonly string[] } {
  const last = points.slice(-maxPoints);
  const minutes = last.map((point) => utcTime(point.atMs).slice(0, 5));
  if (new Set(minutes).size === minutes.length) return { shown: last, labels: minutes };
  const shown: Point[] = [];
  const labels: string[] = [];
  for (const point of points.toReversed()) {
    const label = utcTime(point.atMs);
    if (labels.includes(label)) continue;
    shown.unshift(point);
    labels.unshift(label);
    if (shown.length === maxPointsWithSeconds) break;
  }
  return { shown, labels };
}

function rounded(value: number, unit: Unit): number {
  return Number((value * unit.scale).toPrecision(5));
}
