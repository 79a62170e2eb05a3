import {
  type AnalysisPhase,
  type AnalysisRun,
  isCompleted,
  type Measurement,
  type MetricResult,
} from './analysis-run.ts';
import type { Metric } from './analysis-template.ts';
import { isBlind } from './blind.ts';
import { type MetricLimit, readLimit, readMeasuredNumber } from './limit.ts';
import { readLimits } from './limits.ts';
import { resolveMetrics } from './resolve.ts';
import { parseTimestamp } from './timestamp.ts';

/** One metric of a run, as cards show it (MetricLine of rollout/delivery.ts, and what it alone knows). */
export interface MetricDescription {
  readonly name: string;
  readonly verdict: 'passing' | 'failing' | 'noData' | 'inconclusive' | 'waiting' | 'failed' | 'passed';
  /** The last value as a number, where it is one. */
  readonly value: number | undefined;
  readonly limit: MetricLimit | undefined;
  readonly condition: string | undefined;
  /** Measurements taken and planned (0: without end); errors are not taken. */
  readonly taken: number;
  readonly planned: number;
  readonly failed: number;
  readonly message: string | undefined;
  /** It only watches: its verdict never counts. */
  readonly isDryRun: boolean;
  /** Its query makes a number of missing data. */
  readonly isBlind: boolean;
  /** The measurements that the run still keeps, in order; no value: an error, or nothing that is a number. */
  readonly points: readonly { readonly atMs: number; readonly value: number | undefined; readonly isFailed: boolean }[];
}

/** All metrics of a run, measured or not yet, in the order of its spec. */
export function describeMetrics(run: AnalysisRun): readonly MetricDescription[] {
  const resolved = resolveMetrics(run.spec);
  const metrics: readonly Metric[] = resolved.isResolved ? resolved.value : run.spec.metrics;
  return metrics.map((metric) => {
    const result = run.status.metricResults.find((candidate) => candidate.name === metric.name);
    const last = result?.measurements.at(-1);
    return {
      name: metric.name,
      verdict: readVerdict(result, metric),
      value: readMeasuredNumber(last?.value),
      limit: readLimit(metric),
      condition: metric.successCondition || metric.failureCondition || undefined,
      taken: result?.count ?? 0,
      planned: readLimits(metric).count ?? 0,
      failed: result?.failed ?? 0,
      message: result?.message || last?.message || undefined,
      isDryRun: result?.dryRun === true,
      isBlind: isBlind(metric),
      points: (result?.measurements ?? []).flatMap(readPoint),
    };
  });
}

/** The metric that decided a run which did not pass: the first of its worst phase, among those that count. */
export function findGuilty(run: AnalysisRun): MetricDescription | undefined {
  const { phase } = run.status;
  if (!isCompleted(phase) || phase === 'Successful') return undefined;
  const result = run.status.metricResults.find((candidate) => candidate.phase === phase && candidate.dryRun !== true);
  return describeMetrics(run).find((metric) => metric.name === result?.name);
}

function readVerdict(result: MetricResult | undefined, metric: Metric): MetricDescription['verdict'] {
  const last = result?.measurements.at(-1);
  if (result === undefined || last === undefined) return 'waiting';
  if (result.phase === 'Failed') return 'failed';
  if (result.phase === 'Inconclusive') return 'inconclusive';
  if (result.phase === 'Error') return 'noData';
  if (result.phase === 'Successful' && hasPassed(result, metric)) return 'passed';
  // Still measured, or stopped with its run: what it said last.
  const verdicts: Partial<Record<AnalysisPhase, MetricDescription['verdict']>> = {
    Successful: 'passing',
    Failed: 'failing',
    Inconclusive: 'inconclusive',
    Error: 'noData',
  };
  return verdicts[last.phase] ?? 'waiting';
}

function hasPassed(result: MetricResult, metric: Metric): boolean {
  const { count, consecutiveSuccessLimit } = readLimits(metric);
  const isCounted = count !== undefined && result.count >= count;
  return isCounted || (consecutiveSuccessLimit > 0 && result.consecutiveSuccess >= consecutiveSuccessLimit);
}

function readPoint(measurement: Measurement): MetricDescription['points'] {
  const atMs = parseTimestamp(measurement.finishedAt ?? measurement.startedAt ?? '');
  if (atMs === undefined) return [];
  return [{ atMs, value: readMeasuredNumber(measurement.value), isFailed: measurement.phase === 'Failed' }];
}
