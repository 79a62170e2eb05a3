import { type AnalysisRunStatus, isCompleted, type MetricResult } from './analysis-run.ts';
import type { Metric } from './analysis-template.ts';
import { parseDuration } from './duration.ts';
import { readLimits } from './limits.ts';
import { parseTimestamp } from './timestamp.ts';

/** After a measurement in error, whatever the interval is: sooner than a long one, later than a short one. As Argo. */
const ERROR_RETRY_MS = 10_000;

/** When a metric is measured next; undefined: never again. In the past: now. */
export function nextMeasurementAt(metric: Metric, status: AnalysisRunStatus, nowMs: number): number | undefined {
  const result = status.metricResults.find((candidate) => candidate.name === metric.name);
  if (isCompleted(result?.phase)) return undefined;
  const last = result?.measurements.at(-1);
  if (last === undefined) {
    const startedAtMs = parseTimestamp(status.startedAt ?? '') ?? nowMs;
    return startedAtMs + toMs(metric.initialDelay);
  }
  if (last.finishedAt === undefined) return parseTimestamp(last.resumeAt ?? '') ?? nowMs;
  if (hasEnough(metric, result)) return undefined;
  const isRetry = last.phase === 'Error' || !metric.interval;
  return (parseTimestamp(last.finishedAt) ?? nowMs) + (isRetry ? ERROR_RETRY_MS : toMs(metric.interval));
}

function hasEnough(metric: Metric, result: MetricResult | undefined): boolean {
  const { count } = readLimits(metric);
  return count !== undefined && (result?.count ?? 0) >= count;
}

/** Validated before: what does not parse is not a duration of this run. */
function toMs(duration: string | undefined): number {
  const parsed = parseDuration(duration || '0');
  return parsed.isValid ? parsed.ms : 0;
}
