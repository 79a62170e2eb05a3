import { formatTimestamp } from '../../../analysis/index.ts';
import type { Announce } from '../../events.ts';
import { isAbortedAndPutBack, putBackWords } from '../../git-override.ts';
import type { RunReference, StepPluginStatus } from '../../rollout-status.ts';
import type { Scene } from '../../scene.ts';
import { pluginsAtAbort, pluginsAtEnd, pluginsAtReset } from '../../step-plugins.ts';
import { isFastUndo } from '../fast-undo.ts';
import { isWithinRollbackWindow } from '../rollback-window.ts';
import { nextRunName, referTo, runBase } from '../runs.ts';
import { announceCompleted, type CommonStanding, groundStanding } from '../standing.ts';
import type { Posture } from './posture.ts';
import { findPromotion } from './promotion.ts';
import { takeStep } from './take-step.ts';
import type { TrafficPlan } from './traffic.ts';

/** Where a canary stands. */
export interface Standing extends CommonStanding {
  readonly currentStepIndex: number | undefined;
  readonly stepRun: RunReference | undefined;
  readonly backgroundRun: RunReference | undefined;
  readonly stepPlugins: readonly StepPluginStatus[] | undefined;
  /** The Experiment of the present step. */
  readonly experiment: string | undefined;
}

/** Where the rollout stands after this decision. */
export function advance(scene: Scene, posture: Posture, traffic: TrafficPlan): Standing {
  if (posture.isChanged && posture.abort === undefined) return reset(scene, posture);
  if (posture.isPromoted) return promoted(scene, []);
  if (posture.isFirst)
    return scene.canary === undefined ? held(scene) : promoted(scene, [announceCompleted(scene, 'Initial deploy')]);
  if (posture.abort !== undefined) return aborted(scene, posture);
  const reason = findPromotion(scene, posture, traffic);
  if (reason !== undefined) return promoted(scene, [announceCompleted(scene, reason)]);
  if (posture.isFull) return { ...held(scene), currentStepIndex: lastIndex(scene), promoteFull: true };
  return takeStep(scene, posture, traffic);
}

/** Nothing paused, nothing aborted, nothing analysed: the ground that each state builds on. */
function held(scene: Scene): Standing {
  return {
    ...groundStanding(scene),
    currentStepIndex: scene.steps.length === 0 ? undefined : scene.stepIndex,
    stepRun: undefined,
    backgroundRun: undefined,
    stepPlugins: pluginsAtEnd(scene),
    experiment: undefined,
  };
}

/**
 * Entered when template or steps differ from those that the status is about. Every pause, abort and analysis of the former
 * revision is forgotten. Left with the next decision.
 */
function reset(scene: Scene, posture: Posture): Standing {
  const ground = { ...held(scene), stepPlugins: pluginsAtReset(scene) };
  if (posture.isFirst) return { ...ground, currentStepIndex: firstIndex(scene) };
  if (posture.isPromoted) {
    const isSkipped = scene.steps.length > 0 && scene.status.currentPodHash !== scene.podHash;
    const events = isSkipped ? [{ reason: 'SkipSteps', message: 'Rollback to stable ReplicaSets' }] : [];
    return { ...ground, currentStepIndex: lastIndex(scene), events };
  }
  // A change of steps alone says nothing of whoever asked for the template.
  if (scene.status.currentPodHash !== scene.podHash && isAbortedAndPutBack(scene.rollout, scene.podHash)) {
    const because = putBackWords;
    return {
      ...ground,
      currentStepIndex: firstIndex(scene),
      abort: true,
      abortedAt: formatTimestamp(scene.nowMs),
      because,
    };
  }
  if (isFastUndo(scene)) return { ...ground, currentStepIndex: lastIndex(scene), promoteFull: true };
  if (isWithinRollbackWindow(scene)) {
    // One that has no pods left gets all of them first: the traffic moves with the stable Service.
    const which = (scene.canary?.specReplicas ?? 0) > 0 ? 'active ReplicaSets' : 'ReplicaSets';
    const events = [{ reason: 'SkipSteps', message: `Rollback to ${which} within RollbackWindow` }];
    return { ...ground, currentStepIndex: lastIndex(scene), promoteFull: true, events };
  }
  const startingStep = scene.strategy.analysis?.startingStep ?? 0;
  const hasBackground = (scene.strategy.analysis?.templates.length ?? 0) > 0 && startingStep <= 0;
  const backgroundRun = hasBackground ? { name: nextRunName(scene, runBase(scene)), status: '' } : undefined;
  return { ...ground, currentStepIndex: firstIndex(scene), backgroundRun };
}

/** Entered when the canary became stable; true until template or steps change. An abort has nothing to abort: it is removed. */
function promoted(scene: Scene, events: readonly Announce[]): Standing {
  return { ...held(scene), stableRS: scene.podHash, currentStepIndex: lastIndex(scene), events };
}

/** Entered by a person, a verdict or a deadline; left by a retry, another template, or the wish to finish it all the same. */
function aborted(scene: Scene, posture: Posture): Standing {
  const { canary } = scene.status;
  return {
    ...held(scene),
    currentStepIndex: firstIndex(scene),
    abort: true,
    abortedAt: scene.status.abortedAt ?? formatTimestamp(scene.nowMs),
    because: posture.abort?.because,
    // Kept, unlike Argo, which forgets them one write later: they are the evidence.
    stepRun: referTo(scene, posture.runs.step) ?? canary?.currentStepAnalysisRunStatus,
    backgroundRun: referTo(scene, posture.runs.background) ?? canary?.currentBackgroundAnalysisRunStatus,
    stepPlugins: pluginsAtAbort(scene),
    experiment: canary?.currentExperiment,
    events: [],
  };
}

function firstIndex(scene: Scene): number | undefined {
  return scene.steps.length === 0 ? undefined : 0;
}

function lastIndex(scene: Scene): number | undefined {
  return scene.steps.length === 0 ? undefined : scene.steps.length;
}
