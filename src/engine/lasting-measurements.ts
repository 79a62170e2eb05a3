import {
  type AnalysisRun,
  type AnalysisRunStatus,
  type DueMeasurement,
  isCompleted,
  type Measurement,
  type MeasurementOutcome,
  type Metric,
  measurementUnderWay,
  metricTerminated,
  parseTimestamp,
} from '../analysis/index.ts';
import { NotNowError } from '../lib/index.ts';
import type { BegunMeasurement, LastingMetricProvider } from '../metric-providers/index.ts';
import type { AnalysisRunTools } from './analysis-run.ts';

type Tools = Pick<AnalysisRunTools, 'cluster' | 'providers' | 'log'>;

interface Asked {
  readonly run: AnalysisRun;
  readonly due: DueMeasurement;
  readonly metric: Metric;
  readonly hidden: readonly string[];
}

/**
 * Begins a measurement that takes time, or looks at the one that is under way. Never throws. Undefined: whether it was begun cannot be
 * told now; the next turn asks for the same one.
 */
export async function takeLastingMeasurement(
  { cluster }: Pick<Tools, 'cluster'>,
  { provider, settings }: { readonly provider: LastingMetricProvider; readonly settings: unknown },
  { run, due, metric, hidden }: Asked,
  signal: AbortSignal,
): Promise<MeasurementOutcome | undefined> {
  const nowMs = cluster.nowMs();
  const { underWay } = due;
  const place = placeOf(run, due.metricName, due.number);
  const startedAtMs = startOf(underWay) ?? nowMs;
  const outcome = { metric, startedAtMs, secrets: hidden };
  try {
    const reading =
      underWay === undefined
        ? await provider.start(settings, place, nowMs, signal)
        : await provider.poll({ ...place, startedAtMs, metadata: underWay.metadata }, nowMs, signal);
    return { ...outcome, finishedAtMs: cluster.nowMs(), ...reading };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const finishedAtMs = cluster.nowMs();
    const metadata = underWay?.metadata;
    if (!(error instanceof NotNowError)) return { ...outcome, kind: 'failed', finishedAtMs, message, metadata };
    if (underWay === undefined) return undefined;
    return { ...outcome, kind: 'underWay', finishedAtMs, resumeAtMs: finishedAtMs + error.retryAfterMs, metadata };
  }
}

/** A status that is about to be stored, and what it follows. */
export interface Ending {
  readonly run: AnalysisRun;
  readonly status: AnalysisRunStatus;
  /** Taken in this turn. */
  readonly outcomes: readonly MeasurementOutcome[];
}

/**
 * Takes back what was begun and counts no more: what a run's end interrupts, what retention forgets, and what a process that died has
 * begun without a word. Before the status is stored, since afterwards nobody looks here again; but no failure of it holds up a verdict.
 */
export async function discardAbandoned(tools: Tools, ending: Ending, signal: AbortSignal): Promise<void> {
  const discards = ending.run.spec.metrics.flatMap(({ name, provider: settingsByKind }) => {
    const lasting = tools.providers.chooseLasting(settingsByKind);
    return lasting === undefined
      ? []
      : abandonedOf(name, ending).map((begun) => ({ begun, provider: lasting.provider }));
  });
  await Promise.all(
    discards.map(async ({ begun, provider }) => {
      try {
        await provider.discard(begun, signal);
      } catch (error) {
        const { namespace, name } = begun.run;
        const { metricName, number } = begun;
        tools.log.warn({ namespace, analysisRun: name, metricName, number, err: error }, 'measurement not taken back');
      }
    }),
  );
}

function abandonedOf(metricName: string, { run, status, outcomes }: Ending): readonly BegunMeasurement[] {
  const resultIn = ({ metricResults }: AnalysisRunStatus) => metricResults.find(({ name }) => name === metricName);
  const before = resultIn(run.status);
  const after = resultIn(status);
  const outcome = outcomes.find(({ metric }) => metric.name === metricName);
  const kept = new Set(after?.measurements.filter(isLeftAlone).map(keyOf));
  const number = (before?.count ?? 0) + (before?.error ?? 0) + 1;
  const begun = (measurement: Pick<Measurement, 'startedAt' | 'metadata'>): BegunMeasurement => ({
    ...placeOf(run, metricName, number),
    startedAtMs: startOf(measurement) ?? 0,
    metadata: measurement.metadata,
  });
  const known: Pick<Measurement, 'startedAt' | 'metadata'>[] = [...(before?.measurements ?? [])];
  if (outcome?.kind === 'underWay') known.push({ metadata: outcome.metadata });
  const forgotten = known.filter(({ metadata }) => metadata !== undefined && !kept.has(keyOf({ metadata })));
  const unique = [...new Map(forgotten.map((one) => [keyOf(one), one])).values()];
  const mayBeBegun = outcome === undefined && measurementUnderWay(before) === undefined && !isCompleted(before?.phase);
  if (isCompleted(status.phase) && mayBeBegun) unique.push({});
  return unique.map(begun);
}

/** It runs and shall run, or it ended by itself: what is left of it may be looked at as long as the run remembers it. */
function isLeftAlone({ phase, message }: Measurement): boolean {
  return !(phase === 'Inconclusive' && message === metricTerminated);
}

function keyOf({ metadata }: Pick<Measurement, 'metadata'>): string {
  return JSON.stringify(Object.entries(metadata ?? {}).sort(([a], [b]) => a.localeCompare(b)));
}

function placeOf(run: AnalysisRun, metricName: string, number: number) {
  const { namespace, name, uid } = run.metadata;
  return { run: { namespace, name, uid }, metricName, number };
}

function startOf(measurement: Pick<Measurement, 'startedAt'> | undefined): number | undefined {
  return parseTimestamp(measurement?.startedAt ?? '');
}
