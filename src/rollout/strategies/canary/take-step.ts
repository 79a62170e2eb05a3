import { formatTimestamp, parsePauseSeconds, parseTimestamp } from '../../../analysis/index.ts';
import type { Announce } from '../../events.ts';
import { heldPauseReason } from '../../point-of-no-return.ts';
import type { RolloutStatus, RunReference } from '../../rollout-status.ts';
import type { Scene } from '../../scene.ts';
import { findPluginFailure, isPluginDone, pluginsAtStep } from '../../step-plugins.ts';
import { describeStep } from '../../steps.ts';
import type { CanaryStep } from '../../strategy-spec.ts';
import { isMeasuredAnew } from '../put-backs.ts';
import { nextRunName, phaseOf, referTo, runBase } from '../runs.ts';
import type { Standing } from './advance.ts';
import { chooseExperiment, type Doubt, isLetGo } from './experiment.ts';
import type { Posture } from './posture.ts';
import { isWeightReached, lacksEvidence } from './promotion.ts';
import { areRoutesSet } from './routes.ts';
import { stepRunBase } from './runs.ts';
import { hasDesiredPods } from './sizes.ts';
import type { TrafficPlan } from './traffic.ts';

type Pauses = NonNullable<RolloutStatus['pauseConditions']>;

/** The plan at its present step: completes it where it is complete, and begins the next one in the same write. */
export function takeStep(scene: Scene, posture: Posture, traffic: TrafficPlan): Standing {
  const step = scene.steps[scene.stepIndex];
  // A new doubt comes first: the step that it interrupts is not completed in the same write.
  const isDoubted =
    chooseRuns(scene, posture, scene.stepIndex, false).doubt !== undefined ||
    chooseExperiment(scene, posture, scene.stepIndex, false).doubt !== undefined ||
    isPluginHeld(scene, posture);
  const isComplete = step !== undefined && !isDoubted && isStepComplete(scene, posture, traffic);
  const index = isComplete ? scene.stepIndex + 1 : scene.stepIndex;
  const runs = chooseRuns(scene, posture, index, isComplete);
  const experiment = chooseExperiment(scene, posture, index, isComplete);
  const doubts = new Set<Doubt>();
  for (const doubt of [runs.doubt, experiment.doubt, isPluginHeld(scene, posture) ? heldPauseReason : undefined]) {
    if (doubt !== undefined) doubts.add(doubt);
  }
  const pauses = choosePauses(scene, index, isComplete, doubts);
  const events: Announce[] = [];
  if (isComplete) {
    const message = `Rollout step ${index}/${scene.steps.length} completed (${describeStep(step)})`;
    events.push({ reason: 'RolloutStepCompleted', message, occasion: String(index) });
  }
  return {
    stableRS: scene.status.stableRS ?? '',
    currentStepIndex: scene.steps.length === 0 ? undefined : index,
    ...pauses,
    abort: false,
    abortedAt: undefined,
    because: undefined,
    promoteFull: false,
    isWaitingForEvidence: step === undefined && hasDesiredPods(scene, posture) && lacksEvidence(scene, posture),
    stepRun: runs.stepRun,
    backgroundRun: runs.backgroundRun,
    stepPlugins: pluginsAtStep(scene, {
      index,
      isRetried: posture.isRetried || (hasPluginFailed(scene, posture) && isLetGo(scene, posture)),
      mayBegin: !posture.isHeld && !posture.contest.isUnsettled && runs.doubt === undefined,
    }),
    experiment: experiment.name,
    events,
  };
}

function isStepComplete(scene: Scene, posture: Posture, traffic: TrafficPlan): boolean {
  const step = scene.steps[scene.stepIndex];
  if (step === undefined || posture.isHeld || posture.isRetried || posture.contest.isUnsettled) return false;
  if (step.pause !== undefined) return isPauseOver(scene, step);
  if (step.analysis !== undefined) {
    const { step: run } = posture.runs;
    return run !== undefined && phaseOf(scene, run) === 'Successful' && !isMeasuredAnew(run, posture.contest);
  }
  if (step.plugin !== undefined) return isPluginDone(scene);
  if (step.experiment !== undefined) return posture.experiment.present?.status.phase === 'Successful';
  if (step.setHeaderRoute !== undefined || step.setMirrorRoute !== undefined) return areRoutesSet(scene, posture);
  if (step.setWeight !== undefined && !isWeightReached(scene, traffic)) return false;
  return hasDesiredPods(scene, posture);
}

/**
 * Resumed by a person (we have paused, and the condition is gone), or its time is over. A client that clears controllerPause too
 * makes us pause again: that is Argo's protocol.
 */
function isPauseOver(scene: Scene, step: CanaryStep): boolean {
  const pause = findPause(scene, 'CanaryPauseStep');
  if (pause === undefined) return scene.status.controllerPause === true;
  const endsAtMs = pauseEndOf(scene);
  return step.pause?.duration !== undefined && endsAtMs !== undefined && endsAtMs <= scene.nowMs;
}

/** When the timed pause in force ends, Unix ms. */
export function pauseEndOf(scene: Scene): number | undefined {
  const duration = scene.steps[scene.stepIndex]?.pause?.duration;
  const startedAtMs = parseTimestamp(findPause(scene, 'CanaryPauseStep')?.startTime ?? '');
  const seconds = duration === undefined ? undefined : parsePauseSeconds(duration);
  return startedAtMs === undefined || seconds === undefined ? undefined : startedAtMs + seconds * 1000;
}

function findPause(scene: Scene, reason: string): Pauses[number] | undefined {
  return scene.status.pauseConditions?.find((pause) => pause.reason === reason);
}

function choosePauses(scene: Scene, index: number, isComplete: boolean, doubts: ReadonlySet<Doubt>) {
  const startTime = formatTimestamp(scene.nowMs);
  const isPauseStep = scene.steps[index]?.pause !== undefined;
  // A pause of a step that is left, or that somebody skipped, is no pause of this one.
  const isOfStep: Readonly<Record<string, boolean>> = {
    CanaryPauseStep: isPauseStep,
    InconclusiveExperiment: doubts.has('InconclusiveExperiment'),
  };
  let pauses: Pauses = (scene.status.pauseConditions ?? []).filter(
    ({ reason }) => isOfStep[reason] === undefined || (isOfStep[reason] && !isComplete),
  );
  const isNew = isComplete || scene.status.controllerPause !== true;
  const hasPause = pauses.some((pause) => pause.reason === 'CanaryPauseStep');
  const mayPause = scene.spec.paused !== true && doubts.size === 0;
  if (isPauseStep && isNew && !hasPause && mayPause) pauses = [...pauses, { reason: 'CanaryPauseStep', startTime }];
  for (const reason of doubts) {
    if (findPause(scene, reason) === undefined) pauses = [...pauses, { reason, startTime }];
  }
  // Resumed while `spec.paused` still holds the rollout: remembered until it lets go (unlike Argo, which then pauses again).
  const isResumedLater =
    isPauseStep && !isComplete && scene.spec.paused === true && scene.status.controllerPause === true;
  return { pauseConditions: pauses, controllerPause: pauses.length > 0 || isResumedLater };
}

/** Behind the point of no return a plugin that failed is left to a person; let go of, it is asked again. */
function isPluginHeld(scene: Scene, posture: Posture): boolean {
  return hasPluginFailed(scene, posture) && !isLetGo(scene, posture);
}

function hasPluginFailed(scene: Scene, { passedReturn }: Posture): boolean {
  return passedReturn !== undefined && findPluginFailure(scene) !== undefined;
}

interface ChosenRuns {
  readonly stepRun: RunReference | undefined;
  readonly backgroundRun: RunReference | undefined;
  /** The pause that a run in force asks for: a person has to decide. */
  readonly doubt: Doubt | undefined;
}

/** Which runs the status names next. A name comes first, its run is created by the decision after that write. */
function chooseRuns(scene: Scene, posture: Posture, index: number, isComplete: boolean): ChosenRuns {
  const { runs } = posture;
  const { canary } = scene.status;
  const { analysis } = scene.strategy;
  let stepRun: RunReference | undefined;
  if (scene.steps[index]?.analysis !== undefined) {
    const isSame = !isComplete && runs.stepName !== undefined && !isMeasuredAnew(runs.step, posture.contest);
    const present = isSame ? (referTo(scene, runs.step) ?? canary?.currentStepAnalysisRunStatus) : undefined;
    stepRun = isUsable(scene, posture, present, canary?.currentStepAnalysisRunStatus)
      ? present
      : { name: nextRunName(scene, stepRunBase(scene, index)), status: '' };
  }
  let backgroundRun: RunReference | undefined;
  const hasBackground = (analysis?.templates.length ?? 0) > 0 && index >= (analysis?.startingStep ?? 0);
  if (hasBackground) {
    const present = referTo(scene, runs.background) ?? canary?.currentBackgroundAnalysisRunStatus;
    backgroundRun = isUsable(scene, posture, present, canary?.currentBackgroundAnalysisRunStatus)
      ? present
      : { name: nextRunName(scene, runBase(scene)), status: '' };
  }
  return { stepRun, backgroundRun, doubt: doubtOf(posture, stepRun) ?? doubtOf(posture, backgroundRun) };
}

/** What a run leaves to a person: what it could not tell, and behind the point of no return what would have aborted it. */
function doubtOf({ passedReturn }: Posture, run: RunReference | undefined): Doubt | undefined {
  if (run?.status === 'Inconclusive') return 'InconclusiveAnalysisRun';
  const isBad = run?.status === 'Failed' || run?.status === 'Error';
  return isBad && passedReturn !== undefined ? heldPauseReason : undefined;
}

/**
 * A run stays in force until the rollout is tried again, or a person let go of the pause that it had caused: stored with what it came
 * to, and the pause is gone. Then it is measured anew.
 */
function isUsable(
  scene: Scene,
  posture: Posture,
  present: RunReference | undefined,
  stored: RunReference | undefined,
): present is RunReference {
  if (present === undefined || posture.isRetried) return false;
  const doubt = stored?.name === present.name ? doubtOf(posture, stored) : undefined;
  return doubt === undefined || findPause(scene, doubt) !== undefined;
}
