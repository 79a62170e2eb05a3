import { type AnalysisRun, type AnalysisRunStatus, isCompleted, type Measurement } from './analysis-run.ts';
import type { Metric } from './analysis-template.ts';
import { type JudgedMetrics, judgeRun } from './judge.ts';
import { type Evidence, judgeMeasurement, type MeasurementOutcome } from './judge-measurement.ts';
import { addMeasurement, createMetricResult, forgetOldMeasurements, measurementUnderWay } from './metric-results.ts';
import { resolveMetrics } from './resolve.ts';
import { nextMeasurementAt } from './schedule.ts';
import { formatTimestamp } from './timestamp.ts';
import { matchesRule, validateRunSpec } from './validate.ts';

/** A measurement to take now. */
export interface DueMeasurement {
  /** Which of the spec's metrics. */
  readonly index: number;
  readonly metricName: string;
  /** Counts all that were finished, errors too, from 1: what is begun twice by a kill has the same number. */
  readonly number: number;
  /** Begun before, to be looked at again. */
  readonly underWay?: Measurement;
}

export interface AnalysisRunDecision {
  /** The run's status by what is known now. */
  readonly status: AnalysisRunStatus;
  readonly due: readonly DueMeasurement[];
  /** When the next measurement is due; undefined when something is due now or nothing ever will be. */
  readonly wakeAtMs?: number;
}

/**
 * Says where a run stands and what to measure now. Nothing is measured once the run is over or ending.
 * A run that cannot be right (its arguments, its spec) is over at once, in Argo's words; unlike Argo it gets a completedAt.
 */
export function decideAnalysisRun(run: AnalysisRun, nowMs: number): AnalysisRunDecision {
  const { status } = run;
  if (isCompleted(status.phase)) return { status, due: [] };
  const judged = readMetrics(run);
  if (!judged.isValid) return { status: refuse(status, judged.reason, nowMs), due: [] };

  const after = judgeRun(run, status, { ...judged, nowMs });
  if (isCompleted(after.phase)) return { status: after, due: [] };

  const due: DueMeasurement[] = [];
  let wakeAtMs: number | undefined;
  for (const [index, metric] of judged.metrics.entries()) {
    const atMs = nextMeasurementAt(metric, after, nowMs);
    if (atMs === undefined) continue;
    if (atMs <= nowMs) due.push(dueMeasurement(after, index, metric.name));
    else wakeAtMs = Math.min(atMs, wakeAtMs ?? atMs);
  }
  return { status: after, due, ...(wakeAtMs !== undefined && { wakeAtMs }) };
}

function dueMeasurement(status: AnalysisRunStatus, index: number, metricName: string): DueMeasurement {
  const result = status.metricResults.find(({ name }) => name === metricName);
  const underWay = measurementUnderWay(result);
  const number = (result?.count ?? 0) + (result?.error ?? 0) + 1;
  return { index, metricName, number, ...(underWay !== undefined && { underWay }) };
}

/** The run's status with these measurements taken into account. A run that is over stays as it is. */
export function recordMeasurements(
  run: AnalysisRun,
  outcomes: readonly MeasurementOutcome[],
  context: { readonly nowMs: number; readonly evidence: Evidence },
): AnalysisRunStatus {
  const { nowMs, evidence } = context;
  if (isCompleted(run.status.phase)) return run.status;
  const judged = readMetrics(run);
  if (!judged.isValid) return refuse(run.status, judged.reason, nowMs);

  let { metricResults } = run.status;
  for (const outcome of outcomes) {
    const { name } = outcome.metric;
    const known = metricResults.find((result) => result.name === name);
    if (isCompleted(known?.phase)) continue;
    const result = addMeasurement(
      known ?? createMetricResult(outcome, judged.dryRun.has(name)),
      judgeMeasurement(outcome, evidence),
    );
    metricResults =
      known === undefined
        ? [...metricResults, result]
        : metricResults.map((other) => (other === known ? result : other));
  }
  const status = judgeRun(run, { ...run.status, metricResults }, { ...judged, nowMs });
  return forgetOldMeasurements(status, run.spec.measurementRetention);
}

/** A run that cannot go on for a reason outside its measurements, such as a Secret that is not there. */
export function failAnalysisRun(run: AnalysisRun, reason: string, nowMs: number): AnalysisRunStatus {
  return refuse(run.status, reason, nowMs);
}

function refuse(status: AnalysisRunStatus, message: string, nowMs: number): AnalysisRunStatus {
  const at = formatTimestamp(nowMs);
  return { ...status, phase: 'Error', message, startedAt: status.startedAt ?? at, completedAt: at };
}

type ReadMetrics = ({ readonly isValid: true } & JudgedMetrics) | { readonly isValid: false; readonly reason: string };

function readMetrics(run: AnalysisRun): ReadMetrics {
  const resolved = resolveMetrics(run.spec);
  if (!resolved.isResolved) {
    return { isValid: false, reason: `Unable to resolve metric arguments: ${resolved.reason}` };
  }
  const metrics: readonly Metric[] = resolved.value;
  const problem = validateRunSpec(run.spec, metrics);
  if (problem !== undefined) return { isValid: false, reason: `Analysis spec invalid: ${problem}` };
  const names = metrics.map((metric) => metric.name);
  const dryRun = names.filter((name) => run.spec.dryRun.some((rule) => matchesRule(rule.metricName, name)));
  return { isValid: true, metrics, dryRun: new Set(dryRun) };
}
