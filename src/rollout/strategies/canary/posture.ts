import type { AnalysisRun } from '../../../analysis/index.ts';
import { findCondition } from '../../conditions.ts';
import { isAbortedAndPutBack, putBackWords } from '../../git-override.ts';
import { heldPauseReason, type PassedReturn, passedReturnOf } from '../../point-of-no-return.ts';
import type { Scene } from '../../scene.ts';
import { findPluginFailure } from '../../step-plugins.ts';
import { type Contest, judgeContest } from '../put-backs.ts';
import { type ExperimentInForce, findFault, readExperimentInForce } from './experiment.ts';
import { type RunsInForce, readRunsInForce } from './runs.ts';

/** How a canary stands: what holds now, by the stored status and by the evidence of the runs that it names. */
export interface Posture {
  /** Template or steps are not those that the status is about: it has to be reset before anything else. */
  readonly isChanged: boolean;
  /** No revision was ever stable. */
  readonly isFirst: boolean;
  /** The template asked for is the stable one. */
  readonly isPromoted: boolean;
  /**
   * The canary's share must go to 0 and must not be raised. Stored by a person or by us, or seen in the verdict of a run before
   * the status says so. `because` is what Argo writes after `Rollout aborted update to revision N: `.
   */
  readonly abort: { readonly because: string | undefined } | undefined;
  /** A person asked for the whole promotion: the rest of the plan is skipped. */
  readonly isFull: boolean;
  /** An abort was taken back, and nothing was written since. */
  readonly isRetried: boolean;
  /**
   * The point of no return is behind it: a verdict against it does not send it back, since stable may no longer work. It is held where
   * it is until a person decides (unlike Argo). A stored abort still goes back: somebody has decided.
   */
  readonly passedReturn: PassedReturn | undefined;
  /** `spec.paused`, or an analysis left it to a person: nothing is scaled, no weight is raised, no step completes. */
  readonly isHeld: boolean;
  /** Somebody puts back what we write. */
  readonly contest: Contest;
  readonly runs: RunsInForce;
  readonly experiment: ExperimentInForce;
}

export function judgePosture(scene: Scene): Posture {
  const { status } = scene;
  const stableHash = status.stableRS ?? '';
  const isChanged = status.currentPodHash !== scene.podHash || status.currentStepHash !== scene.stepHash;
  // A stable ReplicaSet that is missing makes no first deployment (unlike Argo): a stale cache must not skip all steps.
  const isFirst = stableHash === '';
  const isPromoted = !isFirst && stableHash === scene.podHash;
  const runs = readRunsInForce(scene);
  const experiment = readExperimentInForce(scene);
  // An abort that came after the wish to finish wins (unlike Argo, where promoteFull always removes it): our own writes drop
  // promoteFull when they store an abort, so a promoteFull beside `abortedAt` is younger than the abort.
  const isAbortStored = status.abort === true && !(status.promoteFull === true && status.abortedAt !== undefined);
  const isFull = status.promoteFull === true && !isAbortStored && !isFirst && !isPromoted;
  const isRetried = status.abort !== true && status.abortedAt !== undefined;
  const passedReturn = isFirst || isPromoted || isAbortStored ? undefined : passedReturnOf(scene.rollout);
  const isDeaf = isFull || isRetried;
  const failure = isDeaf ? undefined : (findVerdict(runs) ?? findFault(experiment) ?? findPluginFailure(scene));
  const verdict = passedReturn !== undefined || isDeaf ? undefined : (failure ?? findTimeout(scene));
  // A change of template or steps leaves an abort behind, as in Argo; but not one that came after a change of mere steps, and that
  // nobody has looked at yet.
  const isFreshAbort =
    status.abort === true && status.abortedAt === undefined && status.currentPodHash === scene.podHash;
  const mayAbort = (!isChanged || isFreshAbort) && !isFirst && !isPromoted;
  const isLeftToPeople = (status.pauseConditions ?? []).some(({ reason }) => isDoubtReason(reason));
  const isPutBack = isAbortStored && isAbortedAndPutBack(scene.rollout, scene.podHash);
  const because = verdict ?? (isPutBack ? putBackWords : undefined);
  return {
    isChanged,
    isFirst,
    isPromoted,
    abort: mayAbort && (isAbortStored || verdict !== undefined) ? { because } : undefined,
    isFull,
    isRetried,
    passedReturn,
    isHeld: scene.spec.paused === true || isLeftToPeople || (passedReturn !== undefined && failure !== undefined),
    contest: judgeContest(scene),
    runs,
    experiment,
  };
}

/** Pauses of an analysis that left the decision to a person. */
export function isDoubtReason(reason: string): boolean {
  return reason === 'InconclusiveAnalysisRun' || reason === heldPauseReason;
}

function findVerdict(runs: RunsInForce): string | undefined {
  if (hasFailed(runs.step)) return `Step-based analysis phase error/failed: ${runs.step?.status.message ?? ''}`;
  if (hasFailed(runs.background))
    return `Background analysis phase error/failed: ${runs.background?.status.message ?? ''}`;
  return undefined;
}

/** The deadline has been stored as exceeded, and the author asked to abort then. */
function findTimeout(scene: Scene): string | undefined {
  if (scene.spec.progressDeadlineAbort !== true || scene.canary === undefined) return undefined;
  const progressing = findCondition(scene.status.conditions, 'Progressing');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return `ReplicaSet "${scene.canary.name}" has timed out progressing.`;
}

function hasFailed(run: AnalysisRun | undefined): boolean {
  return run?.status.phase === 'Failed' || run?.status.phase === 'Error';
}
