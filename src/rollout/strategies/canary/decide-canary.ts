import { soonestAfter } from '../../../lib/index.ts';
import { isDeepEqual } from '../../deep-equal.ts';
import type { Decision, Effect } from '../../effect.ts';
import { announceEvent } from '../../events.ts';
import { planRestart } from '../../restart.ts';
import type { RolloutStatus } from '../../rollout-status.ts';
import type { Scene } from '../../scene.ts';
import { planWorkloadScale } from '../../workload.ts';
import { progressDeadlineOf } from '../conditions.ts';
import { planFormerServices } from '../former-services.ts';
import { planHistory } from '../history.ts';
import { planOwnAnnotations, storeCollision } from '../own-annotations.ts';
import { planAnnotations, planCanaryReplicaSet, replicaSetName } from '../replica-sets.ts';
import { planRoles } from '../roles.ts';
import { advance, type Standing } from './advance.ts';
import { planAnalysis } from './analysis.ts';
import { planExperiments } from './experiment.ts';
import { planPassedReturn } from './passed-return.ts';
import { judgePosture } from './posture.ts';
import { planScaling } from './scaling.ts';
import { planServices } from './services.ts';
import { buildStatus, isUncounted } from './status.ts';
import { pauseEndOf } from './take-step.ts';
import { planTraffic } from './traffic.ts';

/**
 * One canary, one look: all that is safe at once. What lowers the canary's share comes first; then pods, Services and runs, by the
 * *stored* step; then the status, which may store the next step; last a raise, and only if the stored step stays.
 */
export function decideCanary(scene: Scene): Decision {
  const posture = judgePosture(scene);
  const traffic = planTraffic(scene, posture);
  if (scene.canary === undefined && scene.world.takenReplicaSetName === replicaSetName(scene)) {
    return { effects: [...traffic.lower, storeCollision(scene)] };
  }
  // The Rollout's own annotations travel alone: they and the status would fail each other's precondition.
  const standing = advance(scene, posture, traffic);
  const annotations = planOwnAnnotations(scene, posture, planPassedReturn(scene, posture, standing));
  if (annotations.length > 0) return { effects: [...traffic.lower, ...annotations] };

  const restart = planRestart(scene, posture.isChanged);
  const built = buildStatus(scene, standing, traffic, restart);
  const isWritten = !isDeepEqual(built.status, scene.status);
  const write: Effect[] = isWritten
    ? [{ kind: 'writeStatus', status: built.status }, ...built.events.map((event) => announceEvent(scene, event))]
    : [];
  if (posture.isChanged && posture.abort === undefined) {
    return { effects: [...traffic.lower, ...planCanaryReplicaSet(scene), ...write] };
  }

  const scaling = planScaling(scene, posture);
  // As long as the abort lasts: Argo's clients show that its time is over.
  const isDrainedLater = posture.abort !== undefined && scene.hasRouter;
  const effects: Effect[] = [
    ...traffic.lower,
    ...planCanaryReplicaSet(scene),
    ...planServices(scene, posture, traffic.settled),
    ...planAnnotations(scene, isDrainedLater),
    ...scaling.effects,
    ...planAnalysis(scene, posture),
    ...planExperiments(scene, posture),
    ...planRoles(scene),
    ...planWorkloadScale(scene.world, built.status),
    ...planHistory(scene),
    ...planFormerServices(scene, posture.isPromoted),
    ...write,
    // Pods that come or go by a change of size are not available to spare.
    ...(scaling.effects.length === 0 ? restart.evictions : []),
    ...(isSameStep(scene.status, standing) ? traffic.raise : []),
  ];
  const wakeAtMs = soonestAfter(scene.nowMs, [
    scaling.wakeAtMs,
    restart.wakeAtMs,
    pauseWake(scene, standing),
    posture.contest.wakeAtMs,
    progressDeadlineOf(scene, standing, {
      conditions: built.status.conditions ?? [],
      isUncounted: isUncounted(scene, standing),
    }),
  ]);
  return wakeAtMs === undefined ? { effects } : { effects, wakeAtMs };
}

/** A raise belongs to the step that the read Rollout stores: not to one that this decision is about to store. */
function isSameStep(stored: RolloutStatus, standing: Standing): boolean {
  return (
    stored.currentStepIndex === standing.currentStepIndex &&
    stored.stableRS === standing.stableRS &&
    !standing.abort &&
    (stored.promoteFull ?? false) === standing.promoteFull &&
    (stored.pauseConditions ?? []).length === standing.pauseConditions.length
  );
}

function pauseWake(scene: Scene, standing: Standing): number | undefined {
  const isStored = scene.status.currentStepIndex === standing.currentStepIndex;
  return isStored && scene.spec.paused !== true ? pauseEndOf(scene) : undefined;
}
