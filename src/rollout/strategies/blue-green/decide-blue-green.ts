import { soonestAfter } from '../../../lib/index.ts';
import { isDeepEqual } from '../../deep-equal.ts';
import type { Decision, Effect } from '../../effect.ts';
import { announceEvent } from '../../events.ts';
import { unprovenAnnotation } from '../../names.ts';
import { planRestart } from '../../restart.ts';
import type { BlueGreenScene } from '../../scene.ts';
import { planWorkloadScale } from '../../workload.ts';
import { progressDeadlineOf } from '../conditions.ts';
import { planFormerServices } from '../former-services.ts';
import { planHistory } from '../history.ts';
import { planOwnAnnotations, storeCollision } from '../own-annotations.ts';
import { planAnnotations, planCanaryReplicaSet, replicaSetName } from '../replica-sets.ts';
import { planRoles } from '../roles.ts';
import { advance } from './advance.ts';
import { planAnalysis } from './analysis.ts';
import { judgePosture } from './posture.ts';
import { planMarks, planScaling } from './scaling.ts';
import { planServices } from './services.ts';
import { buildStatus } from './status.ts';
import { pauseEndOf } from './take-over.ts';

/**
 * One blue-green rollout, one look: all that is safe at once. What gives requests back to stable comes first; then pods, the preview's
 * Service and runs; then the status, which may permit the switch; last the switch, once it is stored as permitted.
 */
export function decideBlueGreen(scene: BlueGreenScene): Decision {
  const posture = judgePosture(scene);
  const services = planServices(scene, posture);
  if (scene.canary === undefined && scene.world.takenReplicaSetName === replicaSetName(scene)) {
    return { effects: [...services.back, storeCollision(scene)] };
  }
  // The Rollout's own annotations travel alone: they and the status would fail each other's precondition.
  const annotations = planOwnAnnotations(scene, posture);
  if (annotations.length > 0) return { effects: [...services.back, ...annotations] };

  const standing = advance(scene, posture);
  const restart = planRestart(scene, posture.isChanged);
  const built = buildStatus(scene, posture, { standing, services, restart });
  const write: Effect[] = isDeepEqual(built.status, scene.status)
    ? []
    : [{ kind: 'writeStatus', status: built.status }, ...built.events.map((event) => announceEvent(scene, event))];
  const creation = planCanaryReplicaSet(scene, posture.isFirst ? {} : { [unprovenAnnotation]: 'true' });
  if (posture.isChanged) return { effects: [...services.back, ...creation, ...write] };

  const scaling = planScaling(scene, posture);
  // As long as the abort lasts: Argo's clients show that its time is over.
  const isDrainedLater = posture.abort !== undefined;
  const effects: Effect[] = [
    ...services.back,
    ...creation,
    ...services.preview,
    ...planAnnotations(scene, isDrainedLater),
    ...planMarks(scene, posture),
    ...scaling.effects,
    ...planAnalysis(scene, posture),
    ...planRoles(scene),
    ...planWorkloadScale(scene.world, built.status),
    ...planHistory(scene),
    ...planFormerServices(scene, posture.isPromoted),
    ...write,
    // Pods that come or go by a change of size are not available to spare.
    ...(scaling.effects.length === 0 ? restart.evictions : []),
    // For a permission that the read Rollout stores: not for one that this decision is about to store, or takes back.
    ...(standing.isPermitted ? services.forth : []),
  ];
  const wakeAtMs = soonestAfter(scene.nowMs, [
    scaling.wakeAtMs,
    restart.wakeAtMs,
    scene.spec.paused === true ? undefined : pauseEndOf(scene),
    posture.contest.wakeAtMs,
    progressDeadlineOf(scene, standing, {
      conditions: built.status.conditions ?? [],
      isUncounted: standing.isWaitingForEvidence,
    }),
  ]);
  return wakeAtMs === undefined ? { effects } : { effects, wakeAtMs };
}
