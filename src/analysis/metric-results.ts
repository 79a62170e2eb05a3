import {
  type AnalysisRunSpec,
  type AnalysisRunStatus,
  isCompleted,
  type Measurement,
  type MetricResult,
} from './analysis-run.ts';
import { type MeasurementOutcome, redactAll } from './judge-measurement.ts';
import { formatTimestamp } from './timestamp.ts';
import { matchesRule } from './validate.ts';

/** The result of a metric that was never measured. */
export function createMetricResult(outcome: MeasurementOutcome, isDryRun: boolean): MetricResult {
  const metadata = outcome.metricMetadata;
  return {
    name: outcome.metric.name,
    phase: 'Running',
    measurements: [],
    count: 0,
    successful: 0,
    failed: 0,
    inconclusive: 0,
    error: 0,
    consecutiveError: 0,
    consecutiveSuccess: 0,
    ...(isDryRun && { dryRun: true }),
    ...(metadata !== undefined && { metadata: redactAll(metadata, outcome.secrets) }),
  };
}

/**
 * Adds a measurement, in the place of one that was under way, and counts it once it is finished. An error is not counted as taken.
 * One that was under way began when it began, whoever looked at it last.
 */
export function addMeasurement(result: MetricResult, measurement: Measurement): MetricResult {
  const underWay = measurementUnderWay(result);
  const earlier = underWay === undefined ? result.measurements : result.measurements.slice(0, -1);
  const startedAt = underWay?.startedAt ?? measurement.startedAt;
  const added = startedAt === undefined ? measurement : { ...measurement, startedAt };
  const counted = { ...result, measurements: [...earlier, added] };
  if (!isCompleted(measurement.phase)) return counted;
  if (measurement.phase === 'Error') {
    counted.error += 1;
    counted.consecutiveError += 1;
    counted.consecutiveSuccess = 0;
    return counted;
  }
  counted.count += 1;
  counted.consecutiveError = 0;
  counted.consecutiveSuccess = measurement.phase === 'Successful' ? counted.consecutiveSuccess + 1 : 0;
  if (measurement.phase === 'Successful') counted.successful += 1;
  else if (measurement.phase === 'Failed') counted.failed += 1;
  else counted.inconclusive += 1;
  return counted;
}

/** The measurement that was begun and not finished: a Job that runs. */
export function measurementUnderWay(result: MetricResult | undefined): Measurement | undefined {
  const last = result?.measurements.at(-1);
  return last === undefined || last.finishedAt !== undefined || isCompleted(last.phase) ? undefined : last;
}

/** What a measurement says that its run's end interrupted; Argo's words. */
export const metricTerminated = 'Metric Terminated';

/** Ends what is under way, as Argo's providers do when a run is terminated; the engine takes back what was begun. */
export function endMeasurements(status: AnalysisRunStatus, nowMs: number): AnalysisRunStatus {
  const metricResults = status.metricResults.map((result): MetricResult => {
    const last = measurementUnderWay(result);
    if (last === undefined || isCompleted(result.phase)) return result;
    const { resumeAt: _, ...begun } = last;
    const finishedAt = formatTimestamp(nowMs);
    return addMeasurement(result, { ...begun, phase: 'Inconclusive', message: metricTerminated, finishedAt });
  });
  return { ...status, metricResults };
}

const RETAINED_MEASUREMENTS = 10;

/** Keeps the last measurements of each metric: ten, or what the run's rules say. Counters keep counting. */
export function forgetOldMeasurements(
  status: AnalysisRunStatus,
  rules: AnalysisRunSpec['measurementRetention'],
): AnalysisRunStatus {
  const metricResults = status.metricResults.map((result) => {
    // As Argo: of several rules for one metric the last counts.
    const rule = rules.findLast(({ metricName }) => matchesRule(metricName, result.name));
    const limit = rule !== undefined && rule.limit > 0 ? rule.limit : RETAINED_MEASUREMENTS;
    return result.measurements.length <= limit
      ? result
      : { ...result, measurements: result.measurements.slice(-limit) };
  });
  return { ...status, metricResults };
}
