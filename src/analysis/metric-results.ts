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
const TERMINATED = 'Metric Terminated';

/** Ends what is under way, as Argo's providers do when a run is terminated, and counts it. */
export function endMeasurements(status: AnalysisRunStatus, nowMs: number): AnalysisRunStatus {
  const metricResults = status.metricResults.map((result): MetricResult => {
    const last = measurementUnderWay(result);
    return last === undefined || isCompleted(result.phase) ? result : addMeasurement(result, ended(last, nowMs));
  });
  return { ...status, metricResults };
}

function ended({ resumeAt: _, ...begun }: Measurement, nowMs: number): Measurement {
  return { ...begun, phase: 'Inconclusive', message: TERMINATED, finishedAt: formatTimestamp(nowMs) };
}

/** Whether a metric was interrupted by its run's end, so that it came to none of its own. */
export function isInterrupted(result: MetricResult | undefined): boolean {
  const last = result?.measurements.at(-1);
  return last?.message === TERMINATED || (isCompleted(result?.phase) && measurementUnderWay(result) !== undefined);
}

/**
 * A verdict that interrupts measurements is stored while these are still under way: it waits for nobody, and whoever comes after a kill
 * sees what is to be taken back. `lasting`: the metrics of which something may be left.
 */
export function leaveUnderWay(status: AnalysisRunStatus, lasting: ReadonlySet<string>): AnalysisRunStatus {
  return withLast(status, (last, { name }) => {
    if (last.message !== TERMINATED || !lasting.has(name)) return last;
    const { message: _, finishedAt: __, ...begun } = last;
    return { ...begun, phase: 'Running' };
  });
}

/** The same status when all has been taken back; it was counted with the verdict. */
export function settleUnderWay(status: AnalysisRunStatus, nowMs: number): AnalysisRunStatus {
  return withLast(status, (last, result) => (measurementUnderWay(result) === undefined ? last : ended(last, nowMs)));
}

function withLast(
  status: AnalysisRunStatus,
  change: (last: Measurement, result: MetricResult) => Measurement,
): AnalysisRunStatus {
  const metricResults = status.metricResults.map((result) => {
    const last = result.measurements.at(-1);
    if (last === undefined) return result;
    return { ...result, measurements: [...result.measurements.slice(0, -1), change(last, result)] };
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
