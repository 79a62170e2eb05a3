import { unprovenAnnotation } from '../../names.ts';
import { scaleDownDeadlineOf } from '../../replica-sets.ts';
import type { BlueGreenScene } from '../../scene.ts';
import type { Posture } from './posture.ts';

/** How many pods of the revision asked for there shall be: a few for the preview, all before it takes over. */
export function wantedPods(scene: BlueGreenScene, posture: Posture): number {
  const { previewReplicaCount } = scene.strategy;
  const isSmall = !posture.isFirst && !posture.isPromoted && !posture.isFull && !posture.isPermitted;
  const isGrown = scene.status.blueGreen?.scaleUpPreviewCheckPoint === true && !posture.isRetried;
  return isSmall && !isGrown ? (previewReplicaCount ?? scene.replicas) : scene.replicas;
}

/** Whether exactly as many pods as that are asked for, and all of them are available. */
export function hasPods({ canary }: BlueGreenScene, count: number): boolean {
  return canary !== undefined && canary.specReplicas === count && canary.availableReplicas >= count;
}

/**
 * Whether an earlier revision comes back while its pods are still up. Unlike Argo not one that was never stable, or was aborted since:
 * those have a deadline too, and would take all requests without any evidence.
 */
export function isWarm({ canary, nowMs }: BlueGreenScene): boolean {
  if (canary === undefined || canary.specReplicas === 0) return false;
  const deadlineMs = scaleDownDeadlineOf(canary);
  return deadlineMs !== undefined && deadlineMs > nowMs && canary.annotations[unprovenAnnotation] === undefined;
}
