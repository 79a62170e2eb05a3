/** The mean; 0 samples have none. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The population variance. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return sum / values.length;
}

/** The φ-quantile with linear interpolation between ranks; outside [0, 1] it is an infinity, as in Prometheus. */
export function quantile(phi: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  // Prometheus sorts NaN before every number.
  const missing = values.filter((value) => Number.isNaN(value));
  const sorted = [...missing, ...values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b)];
  const rank = phi * (sorted.length - 1);
  const low = Math.max(0, Math.floor(rank));
  const high = Math.min(sorted.length - 1, low + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[low] ?? Number.NaN) * (1 - weight) + (sorted[high] ?? Number.NaN) * weight;
}

/** Least squares through points: value per second, and the value at `originMs`. */
export function linearRegression(
  points: readonly { readonly tMs: number; readonly value: number }[],
  originMs: number,
): { readonly slope: number; readonly intercept: number } {
  const first = points[0]?.value ?? 0;
  let sumX = 0;
  let sumY = 0;
  let sumXy = 0;
  let sumXx = 0;
  let isConstant = true;
  for (const { tMs, value } of points) {
    if (value !== first) isConstant = false;
    const x = (tMs - originMs) / 1000;
    sumX += x;
    sumY += value;
    sumXy += x * value;
    sumXx += x * x;
  }
  // Exact where rounding would make a slope out of nothing.
  if (isConstant) return { slope: 0, intercept: first };
  const count = points.length;
  const covariance = sumXy - (sumX * sumY) / count;
  const slope = covariance / (sumXx - (sumX * sumX) / count);
  return { slope, intercept: sumY / count - (slope * sumX) / count };
}
