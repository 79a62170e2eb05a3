import { formatTimestamp, parseTimestamp } from '../../../analysis/index.ts';
import type { RunReference } from '../../rollout-status.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { isFinished, nextRunName, referTo, runBase } from '../runs.ts';
import type { Standing } from './advance.ts';
import { hasPassed, type NamedRun, type Posture } from './posture.ts';
import { hasPods, wantedPods } from './preview.ts';

type Pauses = Standing['pauseConditions'];

/**
 * The way of a preview: its pods, the analysis before the switch, the pause, the rest of its pods, the permission to switch, the
 * analysis after it. As much of it as is true already, in one write; the switch itself follows that write.
 */
export function takeOver(scene: BlueGreenScene, posture: Posture, ground: Standing): Standing {
  const stored = scene.status.blueGreen;
  const isReady = hasPods(scene, wantedPods(scene, posture)) && !posture.isRetried;
  const isAtWork = posture.isServed && posture.isPermitted;
  const pre = chooseRun(scene, posture, { ...posture.pre, suffix: 'pre', isDue: isReady && !posture.isPermitted });
  const post = chooseRun(scene, posture, { ...posture.post, suffix: 'post', isDue: isReady && isAtWork });
  const isDoubted = pre.reference?.status === 'Inconclusive' || post.reference?.status === 'Inconclusive';
  // Whoever let go of an inconclusive analysis asked for another measurement, and has resumed no other pause by that.
  const isResumed = scene.status.controllerPause === true && !pre.isAnew && !post.isAnew;
  const hasPassedPre = hasPassed(scene, posture.pre) && !pre.isAnew;
  const isGrown = stored?.scaleUpPreviewCheckPoint === true && !posture.isRetried;
  const mayGoOn = isReady && hasPassedPre && !isDoubted && !posture.isHeld && !posture.contest.isUnsettled;
  const isOver = isGrown || !needsPause(scene) || isPauseOver(scene, isResumed);
  const isPermitted = posture.isPermitted || (mayGoOn && isOver && hasPods(scene, scene.replicas));
  const isGrowing = mayGoOn && isOver && scene.strategy.previewReplicaCount !== undefined;

  const mayPause = mayGoOn && !isOver && !isPermitted;
  const isPast = isPermitted || isGrown || isGrowing;
  const pauses = choosePauses(scene, { mayPause, isPast, isDoubted });
  return {
    ...ground,
    pauseConditions: pauses,
    // Resumed, and not on its way yet: remembered until it is (unlike Argo, which may pause again).
    controllerPause: pauses.length > 0 || (isResumed && !isPast && !posture.isRetried && needsPause(scene)),
    isPermitted,
    isGrown: isGrown || isGrowing,
    isWaitingForEvidence: isAwaited(pre.reference, posture.pre) || isAwaited(post.reference, posture.post),
    preRun: pre.reference,
    postRun: post.reference,
  };
}

/** By hand, or after some seconds. */
function needsPause({ strategy }: BlueGreenScene): boolean {
  return strategy.autoPromotionEnabled === false || (strategy.autoPromotionSeconds ?? 0) > 0;
}

/** Resumed by a person (we have paused, and the condition is gone), or its time is over. */
function isPauseOver(scene: BlueGreenScene, isResumed: boolean): boolean {
  if (findPause(scene) === undefined) return isResumed;
  const endsAtMs = pauseEndOf(scene);
  return endsAtMs !== undefined && endsAtMs <= scene.nowMs;
}

/** When the pause in force ends by itself, Unix ms. Seconds say nothing where promotion is by hand. */
export function pauseEndOf(scene: BlueGreenScene): number | undefined {
  const { autoPromotionEnabled = true, autoPromotionSeconds = 0 } = scene.strategy;
  const startedAtMs = parseTimestamp(findPause(scene)?.startTime ?? '');
  if (startedAtMs === undefined || !autoPromotionEnabled) return undefined;
  return startedAtMs + autoPromotionSeconds * 1000;
}

function findPause(scene: BlueGreenScene): Pauses[number] | undefined {
  return scene.status.pauseConditions?.find(({ reason }) => reason === 'BlueGreenPause');
}

interface PauseFacts {
  readonly mayPause: boolean;
  /** The pause lies behind. */
  readonly isPast: boolean;
  readonly isDoubted: boolean;
}

function choosePauses(scene: BlueGreenScene, { mayPause, isPast, isDoubted }: PauseFacts): Pauses {
  const startTime = formatTimestamp(scene.nowMs);
  const present = scene.status.pauseConditions ?? [];
  // A pause of another strategy's is none of ours.
  let pauses: Pauses = present.filter(
    ({ reason }) =>
      reason === 'InconclusiveAnalysisRun' || (reason === 'BlueGreenPause' && !isPast && needsPause(scene)),
  );
  const has = (reason: string) => pauses.some((pause) => pause.reason === reason);
  if (mayPause && !has('BlueGreenPause')) pauses = [...pauses, { reason: 'BlueGreenPause', startTime }];
  if (isDoubted && !has('InconclusiveAnalysisRun'))
    pauses = [...pauses, { reason: 'InconclusiveAnalysisRun', startTime }];
  return pauses;
}

interface ChosenRun {
  readonly reference: RunReference | undefined;
  /** Measured again: the one before decided nothing, and a person let go of its pause. */
  readonly isAnew: boolean;
}

/** Which run the status names next. A name comes first, its run is created by the decision after that write. */
function chooseRun(
  scene: BlueGreenScene,
  posture: Posture,
  which: NamedRun & { readonly suffix: 'pre' | 'post'; readonly isDue: boolean },
): ChosenRun {
  const { blueGreen } = scene.status;
  const stored =
    which.suffix === 'pre' ? blueGreen?.prePromotionAnalysisRunStatus : blueGreen?.postPromotionAnalysisRunStatus;
  if (which.analysis === undefined || posture.isRetried) return { reference: undefined, isAnew: false };
  const anew = { name: nextRunName(scene, `${runBase(scene)}-${which.suffix}`), status: '' };
  if (stored === undefined) return { reference: which.isDue ? anew : undefined, isAnew: false };
  const isLetGo = stored.status === 'Inconclusive' && !isDoubtStored(scene);
  return isLetGo
    ? { reference: anew, isAnew: true }
    : { reference: referTo(scene, which.run) ?? stored, isAnew: false };
}

function isDoubtStored(scene: BlueGreenScene): boolean {
  return (scene.status.pauseConditions ?? []).some(({ reason }) => reason === 'InconclusiveAnalysisRun');
}

function isAwaited(reference: RunReference | undefined, { run }: NamedRun): boolean {
  return reference !== undefined && (run === undefined || run.metadata.name !== reference.name || !isFinished(run));
}
