import {
  type AnalysisPhase,
  type AnalysisRun,
  type AnalysisRunStatus,
  isCompleted,
  type MetricResult,
  type RunSummary,
} from './analysis-run.ts';
import type { Metric } from './analysis-template.ts';
import { type MetricLimits, readLimits } from './limits.ts';
import { endMeasurements } from './metric-results.ts';
import { formatTimestamp } from './timestamp.ts';

/** What a run's own metrics are, arguments in place, and which of them only watch. */
export interface JudgedMetrics {
  readonly metrics: readonly Metric[];
  readonly dryRun: ReadonlySet<string>;
}

/** Best to worst (Argo's analysisStatusOrder). */
const SEVERITY: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

/** Whether nothing more is measured: asked for, or a metric that counts has ended badly. */
function isTerminating(run: AnalysisRun, status: AnalysisRunStatus): boolean {
  if (run.spec.terminate === true) return true;
  return status.metricResults.some(
    (result) => result.dryRun !== true && isCompleted(result.phase) && result.phase !== 'Successful',
  );
}

/**
 * Judges all metrics and the run by the measurements taken so far.
 *
 * Unlike Argo, whose verdict on a metric and the end of the run take two passes, one call goes to the end: a bad metric is worth
 * an abort now. The result is the same.
 */
export function judgeRun(
  run: AnalysisRun,
  before: AnalysisRunStatus,
  judged: JudgedMetrics & { readonly nowMs: number },
): AnalysisRunStatus {
  let status = before;
  let isEnding: boolean;
  do {
    isEnding = isTerminating(run, status);
    if (isEnding) status = endMeasurements(status, judged.nowMs);
    const metricResults = status.metricResults.map((result) => judgeMetricResult(result, judged, isEnding));
    status = { ...status, metricResults };
    // A metric that ended badly just now ends the others too.
  } while (isEnding !== isTerminating(run, status));
  return concludeRun(run, { ...status, startedAt: status.startedAt ?? formatTimestamp(judged.nowMs) }, judged);
}

function judgeMetricResult(result: MetricResult, judged: JudgedMetrics, isEnding: boolean): MetricResult {
  const metric = judged.metrics.find((candidate) => candidate.name === result.name);
  if (metric === undefined || isCompleted(result.phase)) return result;
  const limits = readLimits(metric);
  const phase = judgeMetric(result, limits, isEnding);
  if (phase === result.phase) return result;
  const excess = judged.dryRun.has(metric.name) && isCompleted(phase) ? findExcess(result, limits) : undefined;
  const last = result.measurements.at(-1);
  const message = excess === undefined ? last?.message : `Metric assessed ${phase} due to ${excess.message}`;
  const { message: _, ...rest } = result;
  return { ...rest, phase, ...(message !== undefined && { message }) };
}

/** The phase of one metric (Argo's assessMetricStatus). */
function judgeMetric(result: MetricResult, limits: MetricLimits, isEnding: boolean): AnalysisPhase {
  const last = result.measurements.at(-1);
  if (last === undefined) return isEnding ? 'Successful' : 'Pending';
  if (!isCompleted(last.phase)) return 'Running';
  const excess = findExcess(result, limits);
  if (excess !== undefined) return excess.phase;
  const { count, failureLimit, consecutiveSuccessLimit } = limits;
  if (consecutiveSuccessLimit > 0 && result.consecutiveSuccess >= consecutiveSuccessLimit) return 'Successful';
  if (count !== undefined && result.count >= count) {
    // All were taken without enough successes in a row, and without too many failures.
    if (consecutiveSuccessLimit > 0) return failureLimit >= 0 ? 'Inconclusive' : 'Failed';
    return 'Successful';
  }
  return isEnding ? 'Successful' : 'Running';
}

interface Excess {
  readonly phase: 'Failed' | 'Inconclusive' | 'Error';
  readonly message: string;
}

/** The limit that was passed; where several were, an error counts before inconclusive, and that before failed, as in Argo. */
function findExcess(result: MetricResult, limits: MetricLimits): Excess | undefined {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit } = limits;
  if (result.consecutiveError > consecutiveErrorLimit) {
    const message = `consecutiveErrors (${result.consecutiveError}) > consecutiveErrorLimit (${consecutiveErrorLimit})`;
    return { phase: 'Error', message };
  }
  if (result.inconclusive > inconclusiveLimit) {
    const message = `inconclusive (${result.inconclusive}) > inconclusiveLimit (${inconclusiveLimit})`;
    return { phase: 'Inconclusive', message };
  }
  if (failureLimit >= 0 && result.failed > failureLimit) {
    return { phase: 'Failed', message: `failed (${result.failed}) > failureLimit (${failureLimit})` };
  }
  return undefined;
}

/** The phase of the run, its message and its sums. */
function concludeRun(
  run: AnalysisRun,
  status: AnalysisRunStatus,
  judged: JudgedMetrics & { readonly nowMs: number },
): AnalysisRunStatus {
  const runSummary = emptySummary();
  const dryRunSummary = emptySummary();
  let worst: AnalysisPhase | undefined;
  let message = run.spec.terminate === true ? 'Run Terminated' : '';
  let areAllCompleted = true;
  for (const metric of judged.metrics) {
    const isDryRun = judged.dryRun.has(metric.name);
    const summary = isDryRun ? dryRunSummary : runSummary;
    summary.count += 1;
    const result = status.metricResults.find((candidate) => candidate.name === metric.name);
    if (result === undefined || !isCompleted(result.phase)) {
      areAllCompleted = false;
      continue;
    }
    // Unlike Argo, which counts a metric that passed no limit as successful whatever its phase is.
    addTo(summary, result.phase);
    // Those that only watch never make a run worse.
    if (!isDryRun && (worst === undefined || SEVERITY.indexOf(result.phase) > SEVERITY.indexOf(worst))) {
      worst = result.phase;
      const reason = explainVerdict(result, readLimits(metric));
      if (reason !== undefined) message = describeVerdict(metric.name, result, reason);
    }
  }
  const isOver = areAllCompleted || isTerminating(run, status);
  const phase = isOver ? (worst ?? 'Successful') : 'Running';
  const { message: _, ...rest } = status;
  return {
    ...rest,
    phase,
    ...(isOver && message !== '' && { message }),
    ...(isOver && { completedAt: status.completedAt ?? formatTimestamp(judged.nowMs) }),
    runSummary,
    dryRunSummary,
  };
}

/** Why a metric did not pass; unlike Argo also where no limit was passed but too few successes came in a row. */
function explainVerdict(result: MetricResult, limits: MetricLimits): string | undefined {
  if (result.phase === 'Successful') return undefined;
  const { consecutiveSuccess } = result;
  const missing = `consecutiveSuccess (${consecutiveSuccess}) < consecutiveSuccessLimit (${limits.consecutiveSuccessLimit})`;
  return findExcess(result, limits)?.message ?? missing;
}

function describeVerdict(name: string, result: MetricResult, reason: string): string {
  const verdict = `Metric "${name}" assessed ${result.phase} due to ${reason}`;
  return result.message ? `${verdict}: "Error Message: ${result.message}"` : verdict;
}

function emptySummary(): RunSummary {
  return { count: 0, successful: 0, failed: 0, inconclusive: 0, error: 0 };
}

function addTo(summary: RunSummary, phase: AnalysisPhase): void {
  if (phase === 'Failed') summary.failed += 1;
  else if (phase === 'Inconclusive') summary.inconclusive += 1;
  else if (phase === 'Error') summary.error += 1;
  else summary.successful += 1;
}
