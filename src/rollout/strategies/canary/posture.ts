import { heldPauseReason, type PassedReturn, passedReturnOf } from '../../point-of-no-return.ts';
import type { Scene } from '../../scene.ts';
import { findPluginFailure } from '../../step-plugins.ts';
import {
  type CommonPosture,
  findTimeout,
  hasFailed,
  isAbortStored,
  judgeAbort,
  judgeCommonPosture,
} from '../posture.ts';
import { type ExperimentInForce, findFault, readExperimentInForce } from './experiment.ts';
import { type RunsInForce, readRunsInForce } from './runs.ts';

/** How a canary stands: what holds now, by the stored status and by the evidence of the runs that it names. */
export interface Posture extends CommonPosture {
  /** Template or steps are not those that the status is about: it has to be reset before anything else. */
  readonly isChanged: boolean;
  /**
   * The canary's share must go to 0 and must not be raised. Stored by a person or by us, or seen in the verdict of a run before
   * the status says so. `because` is what Argo writes after `Rollout aborted update to revision N: `.
   */
  readonly abort: { readonly because: string | undefined } | undefined;
  /** A person asked for the whole promotion: the rest of the plan is skipped. */
  readonly isFull: boolean;
  /**
   * The point of no return is behind it: a verdict against it does not send it back, since stable may no longer work. It is held where
   * it is until a person decides (unlike Argo). A stored abort still goes back: somebody has decided.
   */
  readonly passedReturn: PassedReturn | undefined;
  /** `spec.paused`, or an analysis left it to a person: nothing is scaled, no weight is raised, no step completes. */
  readonly isHeld: boolean;
  readonly runs: RunsInForce;
  readonly experiment: ExperimentInForce;
}

export function judgePosture(scene: Scene): Posture {
  const { status } = scene;
  const common = judgeCommonPosture(scene);
  const { isFirst, isPromoted, isRetried } = common;
  const isChanged = status.currentPodHash !== scene.podHash || status.currentStepHash !== scene.stepHash;
  const runs = readRunsInForce(scene);
  const experiment = readExperimentInForce(scene);
  const isGoingBack = isAbortStored(scene);
  const isFull = status.promoteFull === true && !isGoingBack && !isFirst && !isPromoted;
  const passedReturn = isFirst || isPromoted || isGoingBack ? undefined : passedReturnOf(scene.rollout);
  const isDeaf = isFull || isRetried;
  const failure = isDeaf ? undefined : (findVerdict(runs) ?? findFault(experiment) ?? findPluginFailure(scene));
  const verdict = passedReturn !== undefined || isDeaf ? undefined : (failure ?? findTimeout(scene));
  // A change of template or steps leaves an abort behind, as in Argo; but not one that came after a change of mere steps, and that
  // nobody has looked at yet.
  const isFreshAbort =
    status.abort === true && status.abortedAt === undefined && status.currentPodHash === scene.podHash;
  const mayAbort = (!isChanged || isFreshAbort) && !isFirst && !isPromoted;
  const isLeftToPeople = (status.pauseConditions ?? []).some(({ reason }) => isDoubtReason(reason));
  return {
    ...common,
    isChanged,
    abort: judgeAbort(scene, { mayAbort, verdict }),
    isFull,
    passedReturn,
    isHeld: scene.spec.paused === true || isLeftToPeople || (passedReturn !== undefined && failure !== undefined),
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
