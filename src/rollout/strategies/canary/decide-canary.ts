import { isDeepEqual } from '../../deep-equal.ts';
import type { Decision, Effect } from '../../effect.ts';
import { announceEvent } from '../../events.ts';
import { isOverrideOver } from '../../git-override.ts';
import { fastUndoAnnotation, gitOverrideAnnotation, putBackAnnotation, revisionAnnotation } from '../../names.ts';
import type { PutBackNote } from '../../put-back-note.ts';
import { planRestart } from '../../restart.ts';
import type { RolloutStatus } from '../../rollout.ts';
import type { Scene } from '../../scene.ts';
import { advance, type Standing } from './advance.ts';
import { planAnalysis } from './analysis.ts';
import { progressDeadlineOf } from './conditions.ts';
import { planHistory } from './history.ts';
import { judgePosture, type Posture } from './posture.ts';
import { nextPutBackNote } from './put-backs.ts';
import { planAnnotations, planCanaryReplicaSet, replicaSetName } from './replica-sets.ts';
import { planScaling } from './scaling.ts';
import { planServices } from './services.ts';
import { buildStatus } from './status.ts';
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
  const annotations = planOwnAnnotations(scene, posture);
  if (annotations.length > 0) return { effects: [...traffic.lower, ...annotations] };

  const standing = advance(scene, posture, traffic);
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
  const isDrainedLater = posture.abort !== undefined && scene.hasRouter && (scene.canary?.specReplicas ?? 0) > 0;
  const effects: Effect[] = [
    ...traffic.lower,
    ...planCanaryReplicaSet(scene),
    ...planServices(scene, posture, traffic.settled),
    ...planAnnotations(scene, isDrainedLater),
    ...scaling.effects,
    ...planAnalysis(scene, posture),
    ...planHistory(scene),
    ...write,
    // Pods that come or go by a change of size are not available to spare.
    ...(scaling.effects.length === 0 ? restart.evictions : []),
    ...(isSameStep(scene.status, standing) ? traffic.raise : []),
  ];
  const wakes = [
    scaling.wakeAtMs,
    restart.wakeAtMs,
    pauseWake(scene, standing),
    posture.contest.wakeAtMs,
    progressDeadlineOf(scene, standing, built.status.conditions ?? []),
  ];
  const ahead = wakes.filter((wake) => wake !== undefined && wake > scene.nowMs) as number[];
  return ahead.length === 0 ? { effects } : { effects, wakeAtMs: Math.min(...ahead) };
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

function planOwnAnnotations(scene: Scene, posture: Posture): Effect[] {
  const present = scene.rollout.metadata.annotations;
  const annotations: Record<string, string | null> = {};
  const isRevisionStale = present[revisionAnnotation] !== String(scene.revision);
  if (isRevisionStale) annotations[revisionAnnotation] = String(scene.revision);
  // Done with, or about another template: the wish ends once the change of template is stored.
  const isWishOver = !posture.isChanged || present[fastUndoAnnotation] !== scene.podHash;
  if (present[fastUndoAnnotation] !== undefined && isWishOver) annotations[fastUndoAnnotation] = null;
  if (isOverrideOver(scene.rollout, scene.revision)) annotations[gitOverrideAnnotation] = null;
  const putBack = nextPutBackNote(scene);
  const note = putBack === undefined ? undefined : JSON.stringify(putBack);
  const isNoted = note === present[putBackAnnotation];
  if (!isNoted && (note !== undefined || !posture.isChanged)) annotations[putBackAnnotation] = note ?? null;
  if (Object.keys(annotations).length === 0) return [];
  const message = `Rollout updated to revision ${scene.revision}`;
  return [
    { kind: 'patchRollout', annotations },
    ...(isRevisionStale ? [announceEvent(scene, { reason: 'RolloutUpdated', message })] : []),
    ...(putBack === undefined || isNoted ? [] : [announcePutBack(scene, putBack)]),
  ];
}

function announcePutBack(scene: Scene, { manager, what, count }: PutBackNote): Effect {
  const message = `${manager} put back what was written: ${what}`;
  return announceEvent(scene, { reason: 'FieldPutBack', message, type: 'Warning', occasion: `${count}` });
}

/** The name of the canary's ReplicaSet belongs to other pods: the next hash is another one. */
function storeCollision(scene: Scene): Effect {
  return { kind: 'writeStatus', status: { ...scene.status, collisionCount: (scene.status.collisionCount ?? 0) + 1 } };
}

function pauseWake(scene: Scene, standing: Standing): number | undefined {
  const isStored = scene.status.currentStepIndex === standing.currentStepIndex;
  return isStored && scene.spec.paused !== true ? pauseEndOf(scene) : undefined;
}
