import { formatTimestamp } from '../../../analysis/index.ts';
import type { Announce } from '../../events.ts';
import { isAbortedAndPutBack, putBackWords } from '../../git-override.ts';
import type { RunReference } from '../../rollout-status.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { isFastUndo } from '../fast-undo.ts';
import { referTo } from '../runs.ts';
import { announceCompleted, type CommonStanding, groundStanding } from '../standing.ts';
import { hasPassed, type Posture } from './posture.ts';
import { hasPods, isWarm } from './preview.ts';
import { takeOver } from './take-over.ts';

/** Where a blue-green rollout stands. */
export interface Standing extends CommonStanding {
  /** The active Service may go to the preview's pods. */
  readonly isPermitted: boolean;
  /** The preview has been good with the few pods it had: it gets all. */
  readonly isGrown: boolean;
  readonly preRun: RunReference | undefined;
  readonly postRun: RunReference | undefined;
}

/** Where the rollout stands after this decision. */
export function advance(scene: BlueGreenScene, posture: Posture): Standing {
  if (posture.isChanged) return reset(scene, posture);
  if (posture.isPromoted) return promoted(scene, posture, []);
  if (posture.isFirst) {
    return scene.canary === undefined
      ? ground(scene)
      : promoted(scene, posture, [announceCompleted(scene, 'Initial deploy')]);
  }
  if (posture.abort !== undefined) return aborted(scene, posture);
  const reason = findPromotion(scene, posture);
  if (reason !== undefined) return promoted(scene, posture, [announceCompleted(scene, reason)]);
  if (posture.isFull) {
    return { ...ground(scene), promoteFull: scene.status.promoteFull === true, isPermitted: mayFinish(scene, posture) };
  }
  return takeOver(scene, posture, ground(scene));
}

/** Nothing paused, nothing aborted, nothing analysed: what each state builds on. */
function ground(scene: BlueGreenScene): Standing {
  return {
    ...groundStanding(scene),
    isPermitted: false,
    isGrown: false,
    preRun: undefined,
    postRun: undefined,
  };
}

/**
 * Entered when the template differs from the one that the status is about. Every pause, abort and analysis of the former revision is
 * forgotten, and so is its permission: what has not been proven yet gives the active Service back to stable. Left with the next decision.
 */
function reset(scene: BlueGreenScene, posture: Posture): Standing {
  const base = ground(scene);
  if (posture.isFirst) return base;
  if (posture.isPromoted) {
    return { ...base, events: [{ reason: 'SkipSteps', message: 'Rollback to stable ReplicaSets' }] };
  }
  if (isAbortedAndPutBack(scene.rollout, scene.podHash)) {
    return { ...base, abort: true, abortedAt: formatTimestamp(scene.nowMs), because: putBackWords };
  }
  if (isFastUndo(scene)) return { ...base, promoteFull: true };
  if (!isWarm(scene)) return base;
  // Stored now: the deadline that tells goes with the next decision.
  const message = `Rollback to '${scene.canary?.name ?? scene.podHash}' within scaleDownDelay`;
  return { ...base, promoteFull: true, events: [{ reason: 'SkipSteps', message }] };
}

/** Entered when the revision became stable; true until the template changes. An abort has nothing to abort: it is removed. */
function promoted(scene: BlueGreenScene, posture: Posture, events: readonly Announce[]): Standing {
  return { ...ground(scene), stableRS: scene.podHash, ...evidenceOf(scene, posture), events };
}

/** Entered by a person, a verdict or a deadline; left by a retry, another template, or the wish to finish it all the same. */
function aborted(scene: BlueGreenScene, posture: Posture): Standing {
  return {
    ...ground(scene),
    abort: true,
    abortedAt: scene.status.abortedAt ?? formatTimestamp(scene.nowMs),
    because: posture.abort?.because,
    ...evidenceOf(scene, posture),
  };
}

/** The runs stay named: they are the evidence. */
function evidenceOf(scene: BlueGreenScene, { pre, post }: Posture): Pick<Standing, 'preRun' | 'postRun'> {
  const { blueGreen } = scene.status;
  return {
    preRun: referTo(scene, pre.run) ?? blueGreen?.prePromotionAnalysisRunStatus,
    postRun: referTo(scene, post.run) ?? blueGreen?.postPromotionAnalysisRunStatus,
  };
}

/** Why the revision becomes stable now, in Argo's words; undefined: not yet. */
function findPromotion(scene: BlueGreenScene, posture: Posture): string | undefined {
  const { isPermitted, isHeld, isFull, contest } = posture;
  // With no replicas there are no requests to switch.
  const isServed = posture.isServed || scene.replicas === 0;
  if (!isPermitted || !isServed || isHeld || contest.isUnsettled || !hasPods(scene, scene.replicas)) return undefined;
  if (isFull && scene.status.promoteFull !== true) return 'Rollback within window';
  // Nobody but ourselves asks for one that comes back from its deadline.
  if (isFull) return isEarlierThanStable(scene) ? 'Fast rollback' : 'Full promotion requested';
  return hasPassed(scene, posture.post) ? 'Completed blue-green update' : undefined;
}

function isEarlierThanStable({ canary, stable }: BlueGreenScene): boolean {
  return canary !== undefined && stable !== undefined && canary.createdAtMs < stable.createdAtMs;
}

function mayFinish(scene: BlueGreenScene, posture: Posture): boolean {
  if (posture.isPermitted) return true;
  return !posture.isRetried && !posture.isHeld && hasPods(scene, scene.replicas);
}
