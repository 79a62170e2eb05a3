/** What is printed of a set of measurements: how many, and where they lie. Milliseconds unless said otherwise. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest rank: of fewer than a hundred values the p99 is the greatest. */
function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function spreadOf(values: readonly number[]): Spread {
  const at = (q: number) => round(quantile(values, q));
  return { count: values.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** A number against what was promised. Nothing measured is a target missed. */
export function against(measured: number, targetBelow: number) {
  return { measured: round(measured), targetBelow, isMet: measured < targetBelow };
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
