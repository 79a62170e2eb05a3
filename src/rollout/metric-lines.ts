import {
  type AnalysisRun,
  isInterrupted,
  type Metric,
  type MetricResult,
  matchesRule,
  measurementUnderWay,
  parseDuration,
  parseTimestamp,
  readLimit,
  readLimits,
  readMeasuredNumber,
  readSight,
  resolveMetrics,
  type SightScope,
} from '../analysis/index.ts';
import type { MetricLine, MetricSeries, MetricVerdict } from './delivery.ts';

/** What a run says so far, one line per metric; with a scope also what each can see. */
export function linesOf(run: AnalysisRun, scope?: SightScope): MetricLine[] {
  const resolved = scope === undefined ? undefined : resolveMetrics(run.spec);
  return run.spec.metrics.map((metric, index) => {
    const asked = resolved?.isResolved === true ? resolved.value[index] : undefined;
    const sight = asked === undefined || scope === undefined ? undefined : readSight(asked, scope);
    const result = resultOf(run, metric.name);
    const line = lineOf(metric, result);
    return { ...(isOnTrial(run, metric.name) ? onTrial(line, result) : line), sight };
  });
}

/** Before its first measurement only the run's rules say so. */
function isOnTrial(run: AnalysisRun, name: string): boolean {
  return resultOf(run, name)?.dryRun ?? run.spec.dryRun.some((rule) => matchesRule(rule.metricName, name));
}

/** A measurement in error is nothing to look at yet; so many in a row that they would have ended the run are. */
function onTrial(line: Omit<MetricLine, 'sight'>, result: MetricResult | undefined): Omit<MetricLine, 'sight'> {
  const isWatched = line.verdict === 'failing' || wouldHaveFailed(result);
  return { ...line, isDryRun: true, ...(isWatched && { verdict: 'watch' as const }) };
}

/** Whether a metric on trial has come to an end that, had it counted, would have ended its run badly. */
export function wouldHaveFailed(result: MetricResult | undefined): boolean {
  const isOver = result?.phase === 'Failed' || result?.phase === 'Error' || result?.phase === 'Inconclusive';
  return isOver && !isInterrupted(result);
}

function lineOf(metric: Metric, result: MetricResult | undefined): Omit<MetricLine, 'sight'> {
  const last = result?.measurements.findLast((one) => one.phase !== 'Running');
  return {
    name: metric.name,
    verdict: verdictOf(result),
    value: readMeasuredNumber(last?.value),
    limit: readLimit(metric),
    condition: metric.successCondition || metric.failureCondition || undefined,
    taken: result?.count ?? 0,
    planned: readLimits(metric).count ?? 0,
    failed: result?.failed ?? 0,
    message: result?.message || last?.message || undefined,
    ...(measurementUnderWay(result) !== undefined && { isUnderWay: true as const }),
  };
}

function verdictOf(result: MetricResult | undefined): MetricLine['verdict'] {
  // Argo calls a metric successful that was ended before anything was measured: that proves nothing.
  const isUnmeasured = result?.phase === 'Successful' && (result.count ?? 0) === 0;
  switch (isUnmeasured ? undefined : result?.phase) {
    case 'Successful':
      return 'passed';
    case 'Failed':
      return 'failed';
    case 'Error':
      return 'noData';
    case 'Inconclusive':
      return 'inconclusive';
  }
  const last = result?.measurements.findLast((one) => one.phase !== 'Running');
  switch (last?.phase) {
    case 'Successful':
      return 'passing';
    case 'Failed':
      return 'failing';
    case 'Error':
      return 'noData';
    case 'Inconclusive':
      return 'inconclusive';
    default:
      return 'waiting';
  }
}

/** The metric that decided against the canary: the first one, not on trial, whose own verdict is the run's. */
export function guiltyMetric(run: AnalysisRun | undefined): Metric | undefined {
  if (run?.status.phase !== 'Failed' && run?.status.phase !== 'Error') return undefined;
  const guilty = run.status.metricResults.find((result) => result.dryRun !== true && result.phase === run.status.phase);
  return run.spec.metrics.find((metric) => metric.name === guilty?.name);
}

/** One metric's measurements over time, for a chart. */
export function seriesOf(run: AnalysisRun, metric: Metric, weightSteps: MetricSeries['weightSteps']): MetricSeries {
  const result = resultOf(run, metric.name);
  const points = (result?.measurements ?? []).flatMap((one) => {
    const atMs = parseTimestamp(one.finishedAt ?? one.startedAt ?? '');
    return atMs === undefined || one.phase === 'Running'
      ? []
      : [{ atMs, value: readMeasuredNumber(one.value), isFailed: one.phase === 'Failed' }];
  });
  return { metric: metric.name, limit: readLimit(metric), points, weightSteps, verdict: seriesVerdict(result) };
}

function seriesVerdict(result: MetricResult | undefined): MetricSeries['verdict'] {
  switch (result?.phase) {
    case 'Successful':
      return 'passed';
    case 'Failed':
      return 'failed';
    case 'Inconclusive':
      return 'inconclusive';
    case 'Error':
      return 'error';
    default:
      return 'running';
  }
}

const AFTER_ERROR_MS = 10_000;

/** When a running analysis measures next, Unix ms. */
export function nextMeasurementAt(run: AnalysisRun): number | undefined {
  let next: number | undefined;
  for (const metric of run.spec.metrics) {
    const last = resultOf(run, metric.name)?.measurements.at(-1);
    const finishedAtMs = parseTimestamp(last?.finishedAt ?? '');
    const interval = parseDuration(metric.interval ?? '');
    if (last === undefined || finishedAtMs === undefined || !interval.isValid) continue;
    const atMs = finishedAtMs + (last.phase === 'Error' ? AFTER_ERROR_MS : interval.ms);
    next = next === undefined ? atMs : Math.min(next, atMs);
  }
  return next;
}

function resultOf(run: AnalysisRun, name: string): MetricResult | undefined {
  return run.status.metricResults.find((result) => result.name === name);
}

/**
 * Of several metrics the one to look at: what failed or fails first, then what tells nothing, then the one nearest its limit.
 */
export function nearestFirst(lines: readonly MetricLine[]): MetricLine[] {
  return [...lines].sort((a, b) => rank(a) - rank(b) || marginOf(a) - marginOf(b));
}

const order: readonly MetricVerdict[] = [
  'failed',
  'failing',
  'inconclusive',
  'noData',
  'watch',
  'passing',
  'waiting',
  'passed',
];

function rank(line: MetricLine): number {
  return order.indexOf(line.verdict);
}

/** How far the value is from its limit, as a share of the limit. */
function marginOf(line: MetricLine): number {
  if (line.value === undefined || line.limit === undefined) return Number.POSITIVE_INFINITY;
  const scale = Math.abs(line.limit.value) || 1;
  return Math.abs(line.value - line.limit.value) / scale;
}
