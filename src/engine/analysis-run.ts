import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { z } from 'zod';
import {
  AnalysisRun,
  type AnalysisRunStatus,
  analysisRunEvents,
  type DueMeasurement,
  decideAnalysisRun,
  type Evidence,
  expiresAtMs,
  failAnalysisRun,
  formatTimestamp,
  isCompleted,
  type Measurement,
  type MeasurementOutcome,
  type MetricResult,
  type RunSummary,
  recordMeasurements,
  resolveMetrics,
} from '../analysis/index.ts';
import type { Cluster, EventToSend, KubernetesObject, ObjectName, Resource } from '../kubernetes/index.ts';
import { ConflictError, type Json, type JsonObject, NotFoundError } from '../lib/index.ts';
import type { MetricProviders } from '../metric-providers/index.ts';
import type { TurnKey } from '../queue-stores/index.ts';
import {
  discardForgotten,
  hasLeftOvers,
  takeBack,
  takeLastingMeasurement,
  verdictFirst,
} from './lasting-measurements.ts';
import { readSecrets, takeMeasurement } from './measurement.ts';
import { controllerOf } from './owned.ts';

export interface AnalysisRunTools {
  readonly cluster: Pick<Cluster, 'get' | 'patchMerge' | 'delete' | 'nowMs'>;
  readonly resources: { readonly analysisRuns: Resource; readonly secrets: Resource };
  readonly providers: MetricProviders;
  readonly evidence: Evidence;
  /** By its instance label, as of Rollouts: another controller measures the others. Absent: all are. */
  readonly isOurs?: ((run: AnalysisRun) => boolean) | undefined;
  /** Tells the owning Rollout or Experiment; urgent when a verdict fell. */
  nudge(key: TurnKey, options: { readonly urgent: boolean }): Promise<void>;
  /** Sent beside the turn. Absent: no events. */
  readonly sendEvent?: ((event: EventToSend) => void) | undefined;
  readonly log: Logger;
}

export interface TurnAnswer {
  /** When to take the next turn though nothing changed; absent: when something changes. */
  readonly wakeAfterMs?: number;
}

const SHORTEST_WAKE_MS = 250;
/** A run's time to live may be weeks: a wake that far ahead is one more thing to lose. */
const LONGEST_WAKE_MS = 3_600_000;
const POSTPONED_MS = 2000;
const WRITE_TRIES = 5;

/**
 * Creates the turn of one AnalysisRun: read it live, take what is due, all at once, write what it means, tell the rollout.
 *
 * Safe to be killed anywhere and to run twice: all it knows is in the object, its write carries the resourceVersion it read, so the
 * worst is a measurement taken again. Measuring may take as long as the provider does, and holds nobody up: it is no rollout's turn.
 */
export function createAnalysisRunTurn(
  tools: AnalysisRunTools,
): (key: TurnKey, signal: AbortSignal) => Promise<TurnAnswer> {
  return async (key, signal) => {
    const name: ObjectName = { namespace: key.namespace, name: key.name };
    const run = await readRun(tools, name, signal);
    if (run === undefined || tools.isOurs?.(run) === false) return {};
    const nowMs = tools.cluster.nowMs();
    if (isCompleted(run.status.phase)) return settle(tools, run, signal);
    const decision = decideAnalysisRun(run, nowMs);
    if (decision.due.length === 0) {
      const judge = (latest: AnalysisRun) => decideAnalysisRun(latest, nowMs).status;
      const status = await store(tools, { run, outcomes: [], judge }, signal);
      if (status === undefined) return { wakeAfterMs: SHORTEST_WAKE_MS };
      return isCompleted(status.phase) ? afterEnd(tools, { ...run, status }) : wakeAt(decision.wakeAtMs, nowMs);
    }

    const taken = await takeMeasurements(tools, run, decision.due, signal);
    // Stopping: what was interrupted is no measurement. Whoever takes over takes it again.
    signal.throwIfAborted();
    const judge = (latest: AnalysisRun): AnalysisRunStatus => {
      const judgedAtMs = tools.cluster.nowMs();
      if (!taken.isTaken) return failAnalysisRun(latest, taken.reason, judgedAtMs);
      const startedAt = latest.status.startedAt ?? formatTimestamp(nowMs);
      const context = { nowMs: judgedAtMs, evidence: tools.evidence };
      return recordMeasurements({ ...latest, status: { ...latest.status, startedAt } }, taken.outcomes, context);
    };
    const outcomes = taken.isTaken ? taken.outcomes : [];
    const status = await store(tools, { run, outcomes, judge }, signal);
    if (status === undefined) return { wakeAfterMs: SHORTEST_WAKE_MS };
    if (isCompleted(status.phase)) return afterEnd(tools, { ...run, status });
    const next = decideAnalysisRun({ ...run, status }, tools.cluster.nowMs());
    if (next.due.length === 0) return wakeAt(next.wakeAtMs, tools.cluster.nowMs());
    // Due still, because nobody could tell whether it was begun: the API server is given a moment.
    return { wakeAfterMs: outcomes.length < decision.due.length ? POSTPONED_MS : SHORTEST_WAKE_MS };
  };
}

function wakeAt(wakeAtMs: number | undefined, nowMs: number): TurnAnswer {
  if (wakeAtMs === undefined) return {};
  return { wakeAfterMs: Math.min(LONGEST_WAKE_MS, Math.max(SHORTEST_WAKE_MS, Math.ceil(wakeAtMs - nowMs))) };
}

function afterEnd({ cluster }: AnalysisRunTools, run: AnalysisRun): TurnAnswer {
  return hasLeftOvers(run.status) ? { wakeAfterMs: SHORTEST_WAKE_MS } : wakeAt(expiresAtMs(run), cluster.nowMs());
}

/** What is left to do for a run that is over: first what its end interrupted. */
async function settle(tools: AnalysisRunTools, run: AnalysisRun, signal: AbortSignal): Promise<TurnAnswer> {
  if (!hasLeftOvers(run.status)) return expire(tools, run, signal);
  const status = await takeBack(tools, run, signal);
  await writeStatus(tools, { run, status }, signal);
  return afterEnd(tools, { ...run, status });
}

/** Deletes a run that has been over for as long as its ttlStrategy says; Argo does so whenever it happens to look. */
async function expire(tools: AnalysisRunTools, run: AnalysisRun, signal: AbortSignal): Promise<TurnAnswer> {
  const atMs = expiresAtMs(run);
  if (atMs === undefined || atMs > tools.cluster.nowMs()) return wakeAt(atMs, tools.cluster.nowMs());
  const { namespace, name, uid } = run.metadata;
  await tools.cluster.delete(tools.resources.analysisRuns, { namespace, name }, uid, { signal });
  tools.log.info({ namespace, analysisRun: name, phase: run.status.phase }, 'analysis run expired');
  return {};
}

/** The run, read live; undefined when it is gone or going. One that is no AnalysisRun at all throws: its CRD is not Argo's. */
async function readRun(
  tools: AnalysisRunTools,
  name: ObjectName,
  signal: AbortSignal,
): Promise<AnalysisRun | undefined> {
  const object: KubernetesObject | undefined = await tools.cluster.get(tools.resources.analysisRuns, name, signal);
  if (object === undefined) return undefined;
  const run = AnalysisRun.parse(object);
  return run.metadata.deletionTimestamp === undefined ? run : undefined;
}

type Taken =
  | { readonly isTaken: true; readonly outcomes: readonly MeasurementOutcome[] }
  /** Nothing was measured, and nothing ever will be: an argument has no value. */
  | { readonly isTaken: false; readonly reason: string };

async function takeMeasurements(
  tools: AnalysisRunTools,
  run: AnalysisRun,
  due: readonly DueMeasurement[],
  signal: AbortSignal,
): Promise<Taken> {
  const secrets = await readSecrets(tools, { namespace: run.metadata.namespace, spec: run.spec }, signal);
  if (!secrets.areRead) return { isTaken: false, reason: `Unable to resolve metric arguments: ${secrets.reason}` };
  const resolved = resolveMetrics(run.spec, secrets.values);
  if (!resolved.isResolved) {
    return { isTaken: false, reason: `Unable to resolve metric arguments: ${resolved.reason}` };
  }
  const hidden = [...secrets.values.values()];
  const outcomes = await Promise.all(
    due.map(async (one) => {
      const metric = resolved.value[one.index];
      if (metric === undefined) return undefined;
      const lasting = tools.providers.chooseLasting(metric.provider);
      return lasting === undefined
        ? takeMeasurement(tools, { metric, hidden }, signal)
        : takeLastingMeasurement(tools, lasting, { run, due: one, metric, hidden }, signal);
    }),
  );
  return { isTaken: true, outcomes: outcomes.filter((outcome) => outcome !== undefined) };
}

interface Verdict {
  readonly run: AnalysisRun;
  /** What this turn took. */
  readonly outcomes: readonly MeasurementOutcome[];
  /** The status by what this turn knows, of the run as it is stored. */
  judge(latest: AnalysisRun): AnalysisRunStatus;
}

/**
 * Stores a status, unless it says what is stored already. Where somebody wrote the run meanwhile (its rollout asked it to end), the
 * measurements stand and are judged again; where somebody measured meanwhile, or it is over or gone, they are dropped: undefined.
 */
async function store(
  tools: AnalysisRunTools,
  verdict: Verdict,
  signal: AbortSignal,
): Promise<AnalysisRunStatus | undefined> {
  const { run } = verdict;
  let latest = run;
  for (let tries = 1; ; tries++) {
    const judged = verdict.judge(latest);
    if (saysTheSame(latest.status, judged)) return judged;
    const ending = { run: latest, status: judged, outcomes: verdict.outcomes };
    await discardForgotten(tools, ending, signal);
    const status = verdictFirst(tools, ending);
    try {
      await writeStatus(tools, { run: latest, status }, signal);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      if (!(error instanceof ConflictError) || tries === WRITE_TRIES) throw error;
      const { namespace, name, uid } = run.metadata;
      const fresh = await readRun(tools, { namespace, name }, signal);
      if (fresh === undefined || fresh.metadata.uid !== uid) return undefined;
      if (isCompleted(fresh.status.phase)) {
        // Ended meanwhile by another turn, that knew nothing of what this one began.
        await discardForgotten(tools, { run: fresh, status: fresh.status, outcomes: verdict.outcomes }, signal);
        return undefined;
      }
      if (!isDeepStrictEqual(fresh.status.metricResults, run.status.metricResults)) return undefined;
      latest = fresh;
      continue;
    }
    await tell(tools, { run: latest, status });
    return status;
  }
}

/**
 * The sums follow from the rest; left out, a CRD too old to store them does not make every turn a write. When to look again at what is
 * under way is no news either: whoever reads an old time looks sooner.
 */
function saysTheSame(before: AnalysisRunStatus, after: AnalysisRunStatus): boolean {
  const essence = ({ phase, message, startedAt, metricResults }: AnalysisRunStatus) => [
    phase,
    message,
    startedAt,
    metricResults.map((result) => ({ ...result, measurements: result.measurements.map(withoutResume) })),
  ];
  return isDeepStrictEqual(essence(before), essence(after));
}

function withoutResume({ resumeAt: _, ...measurement }: Measurement): object {
  return measurement;
}

interface Change {
  readonly run: AnalysisRun;
  readonly status: AnalysisRunStatus;
}

/** AnalysisRuns have no status subresource: a merge patch on the object, our fields only, for the version that was judged. */
async function writeStatus(tools: AnalysisRunTools, { run, status }: Change, signal: AbortSignal): Promise<void> {
  const { namespace, name, resourceVersion } = run.metadata;
  const { runSummary, dryRunSummary } = status;
  // A merge patch leaves what it does not name: null takes back an earlier message.
  const patch = {
    ...status,
    message: status.message ?? null,
    metricResults: status.metricResults.length === 0 ? undefined : status.metricResults.map(withoutZeros),
    ...(runSummary !== undefined && { runSummary: withNullForZero(runSummary) }),
    ...(dryRunSummary !== undefined && { dryRunSummary: withNullForZero(dryRunSummary) }),
  };
  const body: JsonObject = { metadata: { resourceVersion: resourceVersion ?? '' }, status: toJson(patch) };
  await tools.cluster.patchMerge(tools.resources.analysisRuns, { namespace, name }, body, { signal });
}

/** As Argo writes them: a counter that is 0 is not there. */
function withoutZeros(result: MetricResult): object {
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== 0));
}

/** The same in a merge patch, where what is left out would stay. */
function withNullForZero(summary: RunSummary): object {
  return Object.fromEntries(Object.entries(summary).map(([key, value]) => [key, value === 0 ? null : value]));
}

function toJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)));
}

/** Owners that wait for what a run comes to. */
const turnKinds: Readonly<Record<string, TurnKey['kind'] | undefined>> = {
  Rollout: 'rollout',
  Experiment: 'experiment',
  Deployment: 'deployment',
};

/** After the write: events on the run, and a nudge for its owner, urgent when a verdict fell. */
async function tell(tools: AnalysisRunTools, { run, status }: Change): Promise<void> {
  const { namespace, name, uid } = run.metadata;
  if (run.status.phase !== status.phase) {
    const { phase, message } = status;
    tools.log.info({ namespace, analysisRun: name, phase, message, before: run.status.phase }, 'analysis run changed');
    const owner = controllerOf(run);
    const kind = owner === undefined ? undefined : turnKinds[owner.kind];
    if (owner !== undefined && kind !== undefined) {
      await tools.nudge({ kind, namespace, name: owner.name }, { urgent: isCompleted(phase) });
    }
  }
  const regarding = { resource: tools.resources.analysisRuns, namespace, name, uid };
  for (const event of analysisRunEvents(run.status, status)) tools.sendEvent?.({ ...event, regarding });
}
