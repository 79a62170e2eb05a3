import { type Metric, parseDuration, readLimits } from '../../analysis/index.ts';

/** How long something takes if all goes well. `mostMs` undefined: nobody can say, it waits for a person or has no end. */
export interface ExpectedTime {
  readonly leastMs: number;
  readonly mostMs: number | undefined;
}

export const noTime: ExpectedTime = { leastMs: 0, mostMs: 0 };

export function addTimes(a: ExpectedTime, b: ExpectedTime): ExpectedTime {
  const isOpen = a.mostMs === undefined || b.mostMs === undefined;
  return { leastMs: a.leastMs + b.leastMs, mostMs: isOpen ? undefined : (a.mostMs ?? 0) + (b.mostMs ?? 0) };
}

/** Several at once take as long as the longest of them. */
export function longestOf(times: readonly ExpectedTime[]): ExpectedTime {
  let longest = noTime;
  for (const { leastMs, mostMs } of times) {
    const isOpen = longest.mostMs === undefined || mostMs === undefined;
    longest = {
      leastMs: Math.max(longest.leastMs, leastMs),
      mostMs: isOpen ? undefined : Math.max(longest.mostMs ?? 0, mostMs ?? 0),
    };
  }
  return longest;
}

/**
 * From the first wait to the last measurement when each one passes: an early end by consecutiveSuccessLimit is the least, all of
 * `count` the most. The queries themselves are not counted.
 */
export function timeOfMetric(metric: Metric): ExpectedTime {
  const { count, consecutiveSuccessLimit } = readLimits(metric);
  const delayMs = msOf(metric.initialDelay);
  const intervalMs = msOf(metric.interval);
  const after = (measurements: number) => delayMs + Math.max(0, measurements - 1) * intervalMs;
  const most = consecutiveSuccessLimit > 0 ? consecutiveSuccessLimit : count;
  if (most === undefined) return { leastMs: after(1), mostMs: undefined };
  const measurements = count === undefined ? most : Math.min(most, count);
  return { leastMs: after(measurements), mostMs: after(count ?? measurements) };
}

function msOf(duration: string | undefined): number {
  const parsed = parseDuration(duration ?? '');
  return parsed.isValid ? Math.max(0, parsed.ms) : 0;
}
