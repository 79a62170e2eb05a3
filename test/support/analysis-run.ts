import {
  AnalysisRun,
  type AnalysisRunStatus,
  decideAnalysisRun,
  type Evidence,
  isCompleted,
  type MeasurementOutcome,
  recordMeasurements,
  resolveMetrics,
} from '../../src/analysis/index.ts';
import type { Json } from '../../src/lib/index.ts';

/** A run in memory: `aRun({ metrics: [...] })`. */
export function aRun(spec: object, status: object = {}): AnalysisRun {
  const metadata = { name: 'checkout-7d9f-2', namespace: 'shop', uid: 'run-uid', resourceVersion: '1' };
  return AnalysisRun.parse({ metadata, spec, status });
}

/** A metric that is measured once a second and passes at 0.95. */
export function aMetric(fields: object = {}): object {
  const provider = { prometheus: { query: 'up' } };
  return { name: 'success-rate', interval: '1s', successCondition: 'result[0] >= 0.95', provider, ...fields };
}

/** What a measurement brings: JSON, or an Error. */
export type Reading = Json | Error;

export interface Driven {
  readonly status: AnalysisRunStatus;
  /** Each measurement: which metric, and how long after the start. */
  readonly taken: readonly { readonly metric: string; readonly atMs: number }[];
}

export const START_MS = Date.parse('2026-11-20T10:00:00Z');

interface DriveOptions {
  readonly evidence?: Evidence;
  readonly secrets?: ReadonlyMap<string, string>;
  /** Sets spec.terminate at this time. */
  readonly terminateAtMs?: number;
  readonly untilMs?: number;
}

/** Lets a run run on a made-up clock, each measurement taking no time, until it is over or `untilMs` have passed. */
export function drive(
  start: AnalysisRun,
  readings: Readonly<Record<string, readonly Reading[]>>,
  options: DriveOptions = {},
): Driven {
  const { evidence = 'strict', untilMs = 600_000, terminateAtMs } = options;
  const taken: { metric: string; atMs: number }[] = [];
  let run = start;
  let nowMs = START_MS;
  while (nowMs <= START_MS + untilMs) {
    if (terminateAtMs !== undefined && nowMs - START_MS >= terminateAtMs) {
      run = { ...run, spec: { ...run.spec, terminate: true } };
    }
    const decision = decideAnalysisRun(run, nowMs);
    run = { ...run, status: decision.status };
    if (isCompleted(run.status.phase)) break;
    if (decision.due.length > 0) {
      const outcomes = decision.due.map((due): MeasurementOutcome => {
        const resolved = resolveMetrics(run.spec, options.secrets);
        const metric = resolved.isResolved ? resolved.value[due.index] : undefined;
        if (metric === undefined) throw new Error(`no metric ${due.index}`);
        const before = taken.filter((other) => other.metric === due.metricName).length;
        taken.push({ metric: due.metricName, atMs: nowMs - START_MS });
        const all = readings[due.metricName] ?? [];
        const reading = all[Math.min(before, all.length - 1)] ?? null;
        const common = {
          metric,
          startedAtMs: nowMs,
          finishedAtMs: nowMs,
          secrets: [...(options.secrets?.values() ?? [])],
        };
        if (reading instanceof Error) return { ...common, kind: 'failed', message: reading.message };
        return { ...common, kind: 'read', result: reading, value: JSON.stringify(reading) };
      });
      run = { ...run, status: recordMeasurements(run, outcomes, { nowMs, evidence }) };
    }
    if (isCompleted(run.status.phase)) break;
    const next = Math.min(decision.due.length > 0 ? nowMs + 250 : Infinity, decision.wakeAtMs ?? Infinity);
    const stop = terminateAtMs !== undefined && nowMs < START_MS + terminateAtMs ? START_MS + terminateAtMs : Infinity;
    if (Math.min(next, stop) === Infinity) break;
    nowMs = Math.min(next, stop);
  }
  return { status: run.status, taken };
}
