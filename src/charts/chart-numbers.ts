import type { MetricSeries } from '../rollout/index.ts';

/** How a metric's numbers are shown: `scale` turns the value into the unit. */
export interface Unit {
  readonly suffix: '' | ' %' | ' ms';
  readonly scale: number;
}

/**
 * Guesses the unit from the metric's name and its size (Prometheus counts in seconds and ratios; people read ms and %), as the card
 * does. Only what is shown depends on it, never a verdict. In doubt the bare number is shown.
 */
export function unitOf({ metric, limit, points }: MetricSeries): Unit {
  const sizes = points.map(({ value }) => Math.abs(value ?? 0)).filter(Number.isFinite);
  const size = Math.abs(limit?.value ?? sizes.at(-1) ?? 0);
  if (/(latency|duration|response.?time|(^|[^a-z])p(50|75|90|95|99|999)([^0-9]|$))/i.test(metric)) {
    const isMilliseconds = /milli|(^|[^a-z])ms([^a-z]|$)/i.test(metric) || (!/second/i.test(metric) && size >= 20);
    return { suffix: ' ms', scale: isMilliseconds ? 1 : 1000 };
  }
  const isRatio = /(rate|ratio|success|error|availab|saturation|utili[sz]ation|percent)/i.test(metric);
  if (isRatio && size <= 1 && sizes.every((one) => one <= 1)) return { suffix: ' %', scale: 100 };
  return { suffix: '', scale: 1 };
}

/** `99.6 %`, `212 ms`, `12,400`; never rounded up to a full 100 %. */
export function formatValue(value: number, { suffix, scale }: Unit): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const scaled = Number((value * scale).toPrecision(12));
  if (suffix === ' ms' && Math.abs(scaled) >= 10_000) return `${digits(scaled / 1000)} s`;
  if (suffix !== ' %') return `${digits(scaled)}${suffix}`;
  if (scaled <= 99 || scaled >= 100) return `${trim(scaled.toFixed(1))} %`;
  const places = scaled > 99.9 ? 3 : 2;
  return `${trim((Math.floor(scaled * 10 ** places + 1e-6) / 10 ** places).toFixed(places))} %`;
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** As on an axis, where there is room for six or seven letters: `1.5M`. */
export function formatTick(value: number, unit: Unit): string {
  return unit.suffix === '' && Math.abs(value) >= 10_000 ? compact.format(value) : formatValue(value, unit);
}

const symbols = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' } as const;

/** `≥ 95 %` */
export function formatLimit(limit: NonNullable<MetricSeries['limit']>, unit: Unit): string {
  return `${symbols[limit.comparison]} ${formatValue(limit.value, unit)}`;
}

/** `14:05`, and `14:05:30` where the minutes would repeat. Always UTC: people of several places read the same picture. */
export function formatClock(atMs: number, hasSeconds: boolean): string {
  return new Date(atMs).toISOString().slice(11, hasSeconds ? 19 : 16);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e15 || size < 0.001) return value.toExponential(1);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return trim(value.toFixed(1));
  return trim(value.toFixed(size >= 1 ? 2 : 3));
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
