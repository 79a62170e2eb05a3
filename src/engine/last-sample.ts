import type { Metric } from '../analysis/index.ts';
import type { MetricProviders } from '../metric-providers/index.ts';
import type { LastSample } from '../rollout/index.ts';

const lookBackMs = 3_600_000;
/** One a minute. */
const mostPoints = 60;

/** The newest sample of a metric's query within the last hour. A provider that cannot say, or does not answer, is `unknown`. */
export async function readLastSample(
  metric: Metric,
  providers: MetricProviders,
  nowMs: number,
  signal: AbortSignal,
): Promise<LastSample> {
  try {
    const { provider, settings } = providers.choose(metric.provider);
    if (provider.measureRange === undefined) return { kind: 'unknown' };
    const sinceMs = nowMs - lookBackMs;
    const points = await provider.measureRange(
      settings,
      { fromMs: sinceMs, toMs: nowMs, maxPoints: mostPoints },
      signal,
    );
    const last = points.findLast(({ value }) => !Number.isNaN(value));
    return last === undefined ? { kind: 'none', sinceMs } : { kind: 'value', ...last };
  } catch {
    return { kind: 'unknown' };
  }
}
