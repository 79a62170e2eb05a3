import { type AnalysisRun, isCompleted } from '../analysis/index.ts';
import {
  heldPauseReason,
  isKeptUpAfterAbort,
  podHashLabel,
  type Rollout,
  stepIndexOf,
  type VerificationCheck,
  type World,
  waitOf,
} from '../rollout/index.ts';

/** What of a look must be remembered to know, at the next one, what happened since. '' is "not so". */
export interface Sight {
  readonly podHash: string;
  readonly step: number;
  /** The active Service of blue-green selects its pods, and an older revision is stable still. */
  readonly switched: string;
  /** Since when it waits at a pause step without an end. */
  readonly gate: string;
  /**
   * What the present step waits for, where a person might skip it: `pause <its end, Unix ms>`, `analysis <run>`, `experiment <name>` or
   * `webhook <step index>`.
   */
  readonly wait: string;
  readonly paused: string;
  readonly inconclusive: string;
  /** Since when a verdict holds it behind its point of no return. */
  readonly frozen: string;
  /** When it was aborted, `pending` until the controller says when. */
  readonly abort: string;
  readonly full: string;
  readonly live: string;
  readonly invalid: string;
  readonly stalled: string;
  /** `spec.restartAt`. */
  readonly restart: string;
}

export type Seen = Readonly<Record<string, string>>;

const checks: readonly VerificationCheck[] = ['weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'];

export function sightOf(world: World): Sight {
  const { rollout } = world;
  const { spec, status } = rollout;
  const hasPod = status.currentPodHash !== undefined && status.currentPodHash !== '';
  const conditions = status.conditions ?? [];
  const invalid = conditions.find(({ type }) => type === 'InvalidSpec');
  const stalled = conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  const isStable = hasPod && status.stableRS === status.currentPodHash;
  return {
    podHash: status.currentPodHash ?? '',
    step: stepIndexOf(rollout),
    switched: isServing(world) ? 'true' : '',
    gate: gateOf(rollout),
    wait: skippableWaitOf(rollout),
    paused: spec.paused === true ? 'true' : '',
    inconclusive: pauseOf(rollout, 'InconclusiveAnalysisRun') || pauseOf(rollout, 'InconclusiveExperiment'),
    frozen: pauseOf(rollout, heldPauseReason),
    abort: status.abort === true && !isStable ? (status.abortedAt ?? 'pending') : '',
    // Both asked for at once: abort wins, and the controller takes the other back.
    full: status.promoteFull === true && status.abort !== true && !isStable ? 'true' : '',
    live: isStable && isAvailable(world) ? 'true' : '',
    invalid: invalid === undefined ? '' : (invalid.message ?? 'InvalidSpec'),
    stalled: stalled === undefined ? '' : (stalled.lastTransitionTime ?? stalled.lastUpdateTime ?? 'true'),
    restart: spec.restartAt ?? '',
  };
}

/** Seen in the Service, not in the status, which names what is to come. */
function isServing({ rollout, services }: World): boolean {
  const { currentPodHash, stableRS } = rollout.status;
  const active = services[rollout.spec.strategy?.blueGreen?.activeService ?? ''];
  const isUpdate = stableRS !== undefined && stableRS !== currentPodHash;
  return isUpdate && active !== undefined && active.selector[podHashLabel] === currentPodHash;
}

/** Not by the phase: a rollout that is paused when it has arrived is live all the same. */
function isAvailable({ rollout, replicaSets }: World): boolean {
  const ours = replicaSets.find(({ podHash }) => podHash === rollout.status.currentPodHash);
  const available = ours?.availableReplicas ?? rollout.status.availableReplicas ?? 0;
  return available >= (rollout.spec.replicas ?? 1);
}

/** What was remembered of the last look; undefined when this is the first. */
export function sightFrom(seen: Seen): Sight | undefined {
  if (seen.podHash === undefined) return undefined;
  return {
    podHash: seen.podHash,
    step: Number(seen.step ?? 0),
    switched: seen.switched ?? '',
    gate: seen.gate ?? '',
    wait: seen.wait ?? '',
    paused: seen.paused ?? '',
    inconclusive: seen.inconclusive ?? '',
    frozen: seen.frozen ?? '',
    abort: seen.abort ?? '',
    full: seen.full ?? '',
    live: seen.live ?? '',
    invalid: seen.invalid ?? '',
    stalled: seen.stalled ?? '',
    restart: seen.restart ?? '',
  };
}

/** Checks of a rollback that were not seen yet. Pods that the author keeps up after an abort are not waited for. */
export function openChecks(seen: Seen, rollout: Rollout): readonly VerificationCheck[] {
  const isKeptUp = isKeptUpAfterAbort(rollout);
  return checks.filter((check) => seen[`verified:${check}`] === undefined && !(check === 'podsGone' && isKeptUp));
}

/** Finished runs of the revision in sight, oldest first. */
export function finishedRuns(world: World, revision: number): AnalysisRun[] {
  return world.analysisRuns
    .filter(
      (run) =>
        isCompleted(run.status.phase) && run.metadata.annotations['rollout.argoproj.io/revision'] === String(revision),
    )
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
}

function timeOf(run: AnalysisRun): string {
  return run.status.completedAt ?? run.metadata.creationTimestamp ?? '';
}

function pauseOf({ status }: Rollout, reason: string): string {
  return status.pauseConditions?.find((pause) => pause.reason === reason)?.startTime ?? '';
}

function gateOf(rollout: Rollout): string {
  const wait = waitOf(rollout);
  return wait?.kind === 'gate' ? wait.since : '';
}

function skippableWaitOf(rollout: Rollout): string {
  const wait = waitOf(rollout);
  if (wait?.kind === 'timed') return `pause ${wait.endsAtMs}`;
  if (wait?.kind === 'experiment') return `experiment ${wait.experiment}`;
  if (wait?.kind === 'webhook') return `webhook ${stepIndexOf(rollout)}`;
  return wait?.kind === 'analysis' ? `analysis ${wait.run}` : '';
}
