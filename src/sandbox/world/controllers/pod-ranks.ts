import { conditionOf, isPodReady, type Pod } from '../objects.ts';

const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Chooses which pods a ReplicaSet gives up first, in Kubernetes' order: not yet scheduled, pending, not ready, cheap by
 * `controller.kubernetes.io/pod-deletion-cost`, ready for the shortest time, restarted most, youngest.
 */
export function choosePodsToDelete(pods: readonly Pod[], count: number): readonly Pod[] {
  return pods.toSorted(comparePods).slice(0, count);
}

function comparePods(a: Pod, b: Pod): number {
  return (
    Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
    (PHASE_RANK[a.status.phase] ?? 0) - (PHASE_RANK[b.status.phase] ?? 0) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    readySince(b) - readySince(a) ||
    restartsOf(b) - restartsOf(a) ||
    createdMs(b) - createdMs(a)
  );
}

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
}

function readySince(pod: Pod): number {
  const ready = conditionOf(pod, 'Ready');
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') || 0 : 0;
}

function restartsOf(pod: Pod): number {
  return Math.max(0, ...pod.status.containerStatuses.map((container) => container.restartCount));
}

function createdMs(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
}
