/** How a metric's numbers are shown: `scale` turns the value into the unit. */
export interface Unit {
  readonly suffix: '' | ' %' | ' ms';
  readonly scale: number;
}

export interface Limit {
  readonly comparison: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

/**
 * Guesses the unit from a metric's name and its size (Prometheus counts in seconds and ratios; people read ms and %). Only what is shown
 * depends on it, never a verdict. In doubt the bare number is shown.
 */
export function unitOf(name: string, limit: Limit | undefined, values: readonly (number | undefined)[]): Unit {
  const sizes = values.map((value) => Math.abs(value ?? 0)).filter(Number.isFinite);
  const size = Math.abs(limit?.value ?? sizes.at(-1) ?? 0);
  if (/(latency|duration|response.?time|(^|[^a-z])p(50|75|90|95|99|999)([^0-9]|$))/i.test(name)) {
    const isMilliseconds = /milli|(^|[^a-z])ms([^a-z]|$)/i.test(name) || (!/second/i.test(name) && size >= 20);
    return { suffix: ' ms', scale: isMilliseconds ? 1 : 1000 };
  }
  const isRatio = /(rate|ratio|success|error|availab|saturation|utili[sz]ation|percent)/i.test(name);
  if (isRatio && size <= 1 && sizes.every((one) => one <= 1)) return { suffix: ' %', scale: 100 };
  return { suffix: '', scale: 1 };
}

/** `99.6 %`, `212 ms`, `12.5 s`, `12,400`; about three significant digits, and never rounded up to a full 100 %. */
export function formatValue(value: number, { suffix, scale }: Unit): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  // 0.57 × 100 is 56.99999999999999.
  const scaled = Number((value * scale).toPrecision(12));
  if (suffix === ' ms' && Math.abs(scaled) >= 10_000) return `${digits(scaled / 1000)} s`;
  return `${suffix === ' %' ? percentDigits(scaled) : digits(scaled)}${suffix}`;
}

const symbols = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' } as const;

/** `≥ 95 %` */
export function formatLimit(limit: Limit, unit: Unit): string {
  return `${symbols[limit.comparison]} ${formatValue(limit.value, unit)}`;
}

/** `44 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `25`; a share of pods may have a fraction: `33.3`. */
export function formatPercent(share: number): string {
  return Number.isNaN(share) ? '?' : trimZeros(Math.min(100, Math.max(0, share)).toFixed(1));
}

function percentDigits(value: number): string {
  // An error rate of 0.04 % is not 0: below one the places count as well.
  if (Math.abs(value) < 1) return trimZeros(value.toFixed(3));
  if (value <= 99 || value >= 100) return trimZeros(value.toFixed(1));
  // 99.97 must not read as 100: near the top each nine counts, and nothing is rounded up to it.
  const places = value > 99.9 ? 3 : 2;
  return trimZeros((Math.floor(value * 10 ** places + 1e-6) / 10 ** places).toFixed(places));
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e15 || size < 0.001) return value.toExponential(1);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return trimZeros(value.toFixed(1));
  return trimZeros(value.toFixed(size >= 1 ? 2 : 3));
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
