import {
  type AnalysisRun,
  isCompleted,
  type Metric,
  type MetricResult,
  parseTimestamp,
  readMeasuredNumber,
  resolveMetrics,
  secretReferences,
} from '../../analysis/index.ts';
import { linesOf, nearestFirst, nextMeasurementAt } from '../metric-lines.ts';
import { waitOf } from '../wait.ts';
import type { Cause, LastSample } from './cause.ts';
import type { DiagnosisFacts } from './diagnosis-facts.ts';

// What an analysis says, or cannot say.

/** A metric that gives nothing to judge by: errors, an empty answer, NaN, or (in the background) nothing measured yet. */
export function noData(facts: DiagnosisFacts): Cause | undefined {
  for (const run of runsAwaited(facts)) {
    const metric = run.spec.metrics.find(({ name }) => {
      const result = resultOf(run, name);
      return isSilent(result) && result?.dryRun !== true;
    });
    if (metric === undefined) continue;
    const result = resultOf(run, metric.name);
    return {
      kind: 'noData',
      metric: metric.name,
      message: lastOf(result)?.message || result?.message || 'its value is not a number',
      query: queryOf(run, metric.name),
      lastSample: lastSampleOf(result, facts.lastSamples[metric.name]),
      nextAtMs: isCompleted(run.status.phase) ? undefined : nextMeasurementAt(run),
    };
  }
  return undefined;
}

/** Metrics that a diagnosis would call silent: for these the provider is worth asking. */
export function silentMetrics(facts: Pick<DiagnosisFacts, 'world'>): readonly {
  readonly run: AnalysisRun;
  readonly metric: Metric;
}[] {
  return runsAwaited(facts).flatMap((run) =>
    run.spec.metrics
      .filter(({ name }) => isSilent(resultOf(run, name)))
      // A query with a secret in it is nobody's to ask again for the sake of an answer.
      .flatMap(({ name }) => metricAsAsked(run, name) ?? [])
      .map((metric) => ({ run, metric })),
  );
}

export function analysisValue(facts: DiagnosisFacts): Cause | undefined {
  const runs = runsAwaited(facts);
  const lines = runs.flatMap((run) => linesOf(run).filter(({ name }) => !isSilent(resultOf(run, name))));
  const [metric] = nearestFirst(lines);
  if (metric === undefined) return undefined;
  const times = runs.filter(({ status }) => !isCompleted(status.phase)).flatMap((run) => nextMeasurementAt(run) ?? []);
  return { kind: 'analysisValue', metric, nextAtMs: times.length === 0 ? undefined : Math.min(...times) };
}

/** Runs that hold it: the step's while it runs or after it decided nothing, and the background one before the last promotion. */
function runsAwaited({ world }: Pick<DiagnosisFacts, 'world'>): readonly AnalysisRun[] {
  const { spec, status } = world.rollout;
  if (status.abort === true) return [];
  const { currentStepAnalysisRunStatus: step, currentBackgroundAnalysisRunStatus: background } = status.canary ?? {};
  const waited = spec.strategy?.blueGreen === undefined ? undefined : waitOf(world.rollout);
  const canary = spec.strategy?.canary;
  const index = status.currentStepIndex ?? 0;
  const isAtEnd = index >= (canary?.steps ?? []).length && status.stableRS !== status.currentPodHash;
  return world.analysisRuns.filter((run) => {
    const { name } = run.metadata;
    if (waited?.kind === 'analysis' && waited.run === name)
      return run.status.phase === 'Inconclusive' || !isCompleted(run.status.phase);
    if (run.status.phase === 'Inconclusive') return name === step?.name || name === background?.name;
    if (isCompleted(run.status.phase)) return false;
    if (name === step?.name) return canary?.steps?.[index]?.analysis !== undefined;
    // Steps that wait for nothing else go on beside it; its errors hold the last promotion only.
    return name === background?.name && isAtEnd && !run.status.metricResults.some(({ count }) => count > 0);
  });
}

function isSilent(result: MetricResult | undefined): boolean {
  if (result === undefined) return false;
  const last = lastOf(result);
  if (result.phase === 'Error' || last?.phase === 'Error') return true;
  return last?.phase === 'Inconclusive' && readMeasuredNumber(last.value) === undefined;
}

function lastOf(result: MetricResult | undefined) {
  return result?.measurements.findLast(({ phase }) => phase !== 'Running');
}

function resultOf(run: AnalysisRun, name: string): MetricResult | undefined {
  return run.status.metricResults.find((result) => result.name === name);
}

/** What was measured last and was a number; else what the provider says of the time before. */
function lastSampleOf(result: MetricResult | undefined, asked: LastSample | undefined): LastSample {
  for (const { value, finishedAt } of result?.measurements.toReversed() ?? []) {
    const number = readMeasuredNumber(value);
    const atMs = parseTimestamp(finishedAt ?? '');
    if (number !== undefined && atMs !== undefined) return { kind: 'value', atMs, value: number };
  }
  return asked ?? { kind: 'unknown' };
}

function queryOf(run: AnalysisRun, name: string): string | undefined {
  const provider = metricAsAsked(run, name)?.provider ?? {};
  for (const settings of Object.values(provider)) {
    if (typeof settings === 'object' && settings !== null && 'query' in settings && typeof settings.query === 'string')
      return settings.query;
  }
  return undefined;
}

/** With its arguments in place; undefined where one of them is a secret. */
function metricAsAsked(run: AnalysisRun, name: string): Metric | undefined {
  if (secretReferences(run).length > 0) return undefined;
  const resolved = resolveMetrics(run.spec);
  return resolved.isResolved ? resolved.value.find((one) => one.name === name) : undefined;
}
