import { type AnalysisRun, isCompleted, parsePauseSeconds, parseTimestamp } from '../analysis/index.ts';
import type { Rollout, VerificationCheck, World } from '../rollout/index.ts';

/** What of a look must be remembered to know, at the next one, what happened since. '' is "not so". */
export interface Sight {
  readonly podHash: string;
  readonly step: number;
  /** Since when it waits at a pause step without an end. */
  readonly gate: string;
  /** What the present step waits for, where a person might skip it: `pause <its end, Unix ms>` or `analysis <run>`. */
  readonly wait: string;
  readonly paused: string;
  readonly inconclusive: string;
  /** When it was aborted, `pending` until the controller says when. */
  readonly abort: string;
  readonly full: string;
  readonly live: string;
  readonly invalid: string;
  readonly stalled: string;
}

export type Seen = Readonly<Record<string, string>>;

const checks: readonly VerificationCheck[] = ['weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'];

export function sightOf({ rollout }: World): Sight {
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
    step: status.currentStepIndex ?? 0,
    gate: gateOf(rollout),
    wait: waitOf(rollout),
    paused: spec.paused === true ? 'true' : '',
    inconclusive: pauseOf(rollout, 'InconclusiveAnalysisRun'),
    abort: status.abort === true && !isStable ? (status.abortedAt ?? 'pending') : '',
    full: status.promoteFull === true && !isStable ? 'true' : '',
    live: isStable && status.phase === 'Healthy' ? 'true' : '',
    invalid: invalid === undefined ? '' : (invalid.message ?? 'InvalidSpec'),
    stalled: stalled === undefined ? '' : (stalled.lastTransitionTime ?? stalled.lastUpdateTime ?? 'true'),
  };
}

/** What was remembered of the last look; undefined when this is the first. */
export function sightFrom(seen: Seen): Sight | undefined {
  if (seen.podHash === undefined) return undefined;
  return {
    podHash: seen.podHash,
    step: Number(seen.step ?? 0),
    gate: seen.gate ?? '',
    wait: seen.wait ?? '',
    paused: seen.paused ?? '',
    inconclusive: seen.inconclusive ?? '',
    abort: seen.abort ?? '',
    full: seen.full ?? '',
    live: seen.live ?? '',
    invalid: seen.invalid ?? '',
    stalled: seen.stalled ?? '',
  };
}

/** Checks of a rollback that were seen, and those that were not. */
export function checksOf(seen: Seen): { readonly done: readonly string[]; readonly open: readonly string[] } {
  const isDone = (check: string) => seen[`verified:${check}`] !== undefined;
  return { done: checks.filter(isDone), open: checks.filter((check) => !isDone(check)) };
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

function stepOf({ spec, status }: Rollout) {
  return spec.strategy?.canary?.steps?.[status.currentStepIndex ?? 0];
}

function gateOf(rollout: Rollout): string {
  const pause = stepOf(rollout)?.pause;
  return pause !== undefined && pause.duration === undefined ? pauseOf(rollout, 'CanaryPauseStep') : '';
}

function waitOf(rollout: Rollout): string {
  const step = stepOf(rollout);
  const duration = step?.pause?.duration;
  const startedMs = parseTimestamp(pauseOf(rollout, 'CanaryPauseStep'));
  const seconds = duration === undefined ? undefined : parsePauseSeconds(duration);
  if (startedMs !== undefined && seconds !== undefined) return `pause ${startedMs + seconds * 1000}`;
  const run = rollout.status.canary?.currentStepAnalysisRunStatus?.name;
  return step?.analysis !== undefined && run !== undefined ? `analysis ${run}` : '';
}
