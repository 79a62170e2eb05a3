import {
  type AnalysisRun,
  type AnalysisRunStatus,
  type DueMeasurement,
  isCompleted,
  leaveUnderWay,
  type Measurement,
  type MeasurementOutcome,
  type Metric,
  measurementUnderWay,
  parseTimestamp,
  resolveMetrics,
  settleUnderWay,
} from '../analysis/index.ts';
import { ForbiddenError, InvalidError, NotNowError } from '../lib/index.ts';
import type { BegunMeasurement, LastingMetricProvider } from '../metric-providers/index.ts';
import type { AnalysisRunTools } from './analysis-run.ts';
import { readSecrets } from './measurement.ts';

type Tools = Pick<AnalysisRunTools, 'cluster' | 'resources' | 'providers' | 'log'>;

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
        : await provider.poll({ ...place, startedAtMs, ...wordsOf(underWay), settings }, nowMs, signal);
    return { ...outcome, finishedAtMs: cluster.nowMs(), ...reading };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const finishedAtMs = cluster.nowMs();
    const metadata = underWay?.metadata;
    if (!(error instanceof NotNowError)) return { ...outcome, kind: 'failed', finishedAtMs, message, metadata };
    if (underWay === undefined) return undefined;
    const resumeAtMs = finishedAtMs + error.retryAfterMs;
    return { ...outcome, kind: 'underWay', finishedAtMs, resumeAtMs, ...wordsOf(underWay) };
  }
}

function wordsOf({ metadata, message }: Measurement): Pick<BegunMeasurement, 'metadata' | 'message'> {
  return { metadata, message };
}

/** A status that is about to be stored, and what it follows. */
export interface Ending {
  readonly run: AnalysisRun;
  readonly status: AnalysisRunStatus;
  /** Taken in this turn. */
  readonly outcomes: readonly MeasurementOutcome[];
}

/** The status as it is stored first: a verdict before what it interrupts is taken back (`takeBack`). */
export function verdictFirst({ providers }: Pick<Tools, 'providers'>, { run, status }: Ending): AnalysisRunStatus {
  const lasting = run.spec.metrics.filter(({ provider }) => providers.chooseLasting(provider) !== undefined);
  return lasting.length === 0 ? status : leaveUnderWay(status, new Set(lasting.map(({ name }) => name)));
}

/** Whether a run that is over has interrupted what was not taken back yet. */
export function hasLeftOvers(status: AnalysisRunStatus): boolean {
  return status.metricResults.some((result) => measurementUnderWay(result) !== undefined);
}

/** Takes back what the end of a run interrupted. Throws where it cannot now: it stays under way, and the turn is taken again. */
export async function takeBack(tools: Tools, run: AnalysisRun, signal: AbortSignal): Promise<AnalysisRunStatus> {
  await discardOf(tools, run, signal, (name) => {
    const underWay = measurementUnderWay(run.status.metricResults.find((result) => result.name === name));
    return underWay === undefined ? [] : [underWay];
  });
  return settleUnderWay(run.status, tools.cluster.nowMs());
}

/**
 * Removes what is counted no more: what retention forgets, and at a run's end what a process that died may have begun without a word.
 * Before the status is stored, since afterwards nobody knows of it; but a verdict against the canary waits for nothing.
 */
export async function discardForgotten(tools: Tools, ending: Ending, signal: AbortSignal): Promise<void> {
  const { run, status } = ending;
  try {
    await discardOf(tools, run, signal, (name) => forgottenOf(name, ending));
  } catch (error) {
    if (status.phase !== 'Failed' && status.phase !== 'Error') throw error;
    const { namespace, name } = run.metadata;
    tools.log.warn({ namespace, analysisRun: name, err: error }, 'measurements not taken back');
  }
}

type Begun = Pick<Measurement, 'startedAt' | 'metadata'> & { readonly phase?: string | undefined };

async function discardOf(
  tools: Tools,
  run: AnalysisRun,
  signal: AbortSignal,
  begunOf: (metricName: string) => readonly Begun[],
): Promise<void> {
  const { providers, log } = tools;
  const { namespace, name: runName } = run.metadata;
  const discards = run.spec.metrics.flatMap(({ name, provider: settingsByKind }, index) => {
    const provider = providers.chooseLasting(settingsByKind)?.provider;
    if (provider === undefined) return [];
    const isLeft = ({ phase }: Begun) => provider.isElsewhere !== true || phase === undefined || phase === 'Running';
    return begunOf(name)
      .filter(isLeft)
      .map((begun) => ({ provider, name, begun, index }));
  });
  if (discards.length === 0) return;
  const isElsewhere = discards.some(({ provider }) => provider.isElsewhere === true);
  const resolved = isElsewhere ? await resolveSettings(tools, run, signal) : run.spec.metrics;
  await Promise.all(
    discards.map(async ({ provider, name, begun, index }) => {
      const number = numberOf(run, name);
      try {
        const startedAtMs = startOf(begun) ?? 0;
        const settings = providers.chooseLasting(resolved[index]?.provider ?? {})?.settings;
        await provider.discard(
          { ...placeOf(run, name, number), startedAtMs, metadata: begun.metadata, settings },
          signal,
        );
      } catch (error) {
        // Trying again does not help, and must hold up nothing.
        if (!(error instanceof ForbiddenError || error instanceof InvalidError)) throw error;
        log.warn({ namespace, analysisRun: runName, metric: name, number, err: error }, 'measurement not taken back');
      }
    }),
  );
}

/** Their arguments in place, as they were when it was begun; where a Secret is gone, as they are written. */
async function resolveSettings(tools: Tools, { metadata, spec }: AnalysisRun, signal: AbortSignal) {
  const secrets = await readSecrets(tools, { namespace: metadata.namespace, spec }, signal);
  const resolved = secrets.areRead ? resolveMetrics(spec, secrets.values) : undefined;
  return resolved?.isResolved === true ? resolved.value : spec.metrics;
}

function forgottenOf(metricName: string, { run, status, outcomes }: Ending): readonly Begun[] {
  const before = resultOf(run.status, metricName);
  const outcome = outcomes.find(({ metric }) => metric.name === metricName);
  const kept = new Set(resultOf(status, metricName)?.measurements.map(keyOf));
  const underWay = measurementUnderWay(before);
  // What this turn has looked at may have other words for itself since: it is the same one.
  const known: Begun[] = (before?.measurements ?? []).filter((begun) => outcome === undefined || begun !== underWay);
  if (outcome?.kind === 'underWay') known.push({ metadata: outcome.metadata });
  const forgotten = known.filter((begun) => begun.metadata !== undefined && !kept.has(keyOf(begun)));
  const mayBeBegun = outcome === undefined && underWay === undefined && !isCompleted(before?.phase);
  return isCompleted(status.phase) && mayBeBegun ? [...forgotten, {}] : forgotten;
}

function resultOf({ metricResults }: AnalysisRunStatus, metricName: string) {
  return metricResults.find(({ name }) => name === metricName);
}

/** Of the measurement that is under way, or would be next. */
function numberOf(run: AnalysisRun, metricName: string): number {
  const result = resultOf(run.status, metricName);
  return (result?.count ?? 0) + (result?.error ?? 0) + 1;
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
