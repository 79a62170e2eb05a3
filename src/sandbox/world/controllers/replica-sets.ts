import { ConflictError, ForbiddenError, NotFoundError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createEventWriter } from '../event-writer.ts';
import { NODE_NAME } from '../node.ts';
import { createIndex, createOwnerIndex, orphansOf } from '../object-index.ts';
import {
  conditionOf,
  controllerUid,
  isPodActive,
  isPodReady,
  isSelected,
  keyOf,
  type Pod,
  type ReplicaSet,
} from '../objects.ts';
import { timestamp } from '../pod-status.ts';
import { createNameSuffix } from '../random.ts';
import { createWorkQueue } from '../work-queue.ts';
import { choosePodsToDelete } from './pod-ranks.ts';

const MANAGER = 'kube-controller-manager';
const WRITES_AT_ONCE = 8;
const TOLD = { type: 'Normal', component: 'replicaset-controller' } as const;
/** Kubernetes doubles this up to a quarter of an hour; a sandbox's people wait less. */
const REFUSED_RETRY_MS = 2000;

/** Keeps as many pods as each ReplicaSet asks for, and its status true. */
export function startReplicaSetController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, pods, replicaSets } = cluster;
  const podsByOwner = createOwnerIndex(pods);
  const replicaSetsByUid = createIndex(replicaSets, ({ metadata }) => [metadata.uid]);
  const queue = createWorkQueue({ look, concurrency: 16, gatherMs: 15, onProblem });
  const events = createEventWriter(client);

  replicaSets.onChange((before, after) => {
    const changed = after ?? before;
    // Our own status writes come back as events; only a new spec or new owner needs a look.
    const isOwnEcho = before !== undefined && after !== undefined && !hasNewWork(before, after);
    if (changed !== undefined && !isOwnEcho) queue.add(keyOf(changed));
  });
  pods.onChange((before, after) => {
    for (const pod of [before, after]) {
      if (pod !== undefined) for (const replicaSet of concernedBy(pod)) queue.add(keyOf(replicaSet));
    }
  });

  function concernedBy(pod: Pod): Iterable<ReplicaSet> {
    const owner = controllerUid(pod.metadata);
    if (owner !== undefined) return replicaSetsByUid(owner).values();
    const { namespace, labels } = pod.metadata;
    return [...replicaSets.inNamespace(namespace)].filter(({ spec }) => isSelected(spec.selector, labels));
  }

  async function look(key: string): Promise<void> {
    const replicaSet = replicaSets.get(key);
    if (replicaSet === undefined) return;
    const members = await claimPods(replicaSet);
    const active = members.filter(isPodActive);
    const missing = replicaSet.spec.replicas - active.length;
    let refusal: string | undefined;
    if (replicaSet.metadata.deletionTimestamp === undefined) {
      if (missing > 0) refusal = await createPods(replicaSet, missing);
      if (missing < 0) await inBatches(choosePodsToDelete(active, -missing), (pod) => deletePod(replicaSet, pod));
    }
    await writeStatus(replicaSet, refusal);
    if (refusal === undefined) return;
    queue.add(key, REFUSED_RETRY_MS);
    events.tell(replicaSet, {
      ...TOLD,
      type: 'Warning',
      reason: 'FailedCreate',
      message: `Error creating: ${refusal}`,
    });
  }

  /** Adopts matching orphans and releases members that no longer match, as the controller reference demands. */
  async function claimPods(replicaSet: ReplicaSet): Promise<readonly Pod[]> {
    const claimed: Pod[] = [];
    const { uid, namespace } = replicaSet.metadata;
    for (const pod of [...podsByOwner(uid).values(), ...podsByOwner(orphansOf(namespace)).values()]) {
      const owner = controllerUid(pod.metadata);
      const matches = isSelected(replicaSet.spec.selector, pod.metadata.labels);
      if (owner === uid && matches) claimed.push(pod);
      else if (owner === uid && isPodActive(pod)) await releasePod(replicaSet, pod);
      else if (owner === undefined && matches && isPodActive(pod)) claimed.push(await adoptPod(replicaSet, pod));
    }
    return claimed;
  }

  async function adoptPod(replicaSet: ReplicaSet, pod: Pod): Promise<Pod> {
    const ownerReferences = [...pod.metadata.ownerReferences, ownerReference(replicaSet)];
    const body = {
      metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion, ownerReferences },
    };
    return pods.absorb(await client.mergePatch(podPath(pod), body, MANAGER)) ?? pod;
  }

  async function releasePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const ownerReferences = pod.metadata.ownerReferences.filter((owner) => owner.uid !== replicaSet.metadata.uid);
    const body = {
      metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion, ownerReferences },
    };
    pods.absorb(await client.mergePatch(podPath(pod), body, MANAGER));
  }

  /** A quota or an admission says no: the first refusal ends the attempt, and is what the status says. */
  async function createPods(replicaSet: ReplicaSet, count: number): Promise<string | undefined> {
    try {
      await inBatches(Array.from({ length: count }), () => createPod(replicaSet));
      return undefined;
    } catch (error) {
      if (!(error instanceof ForbiddenError)) throw error;
      return error.message;
    }
  }

  async function createPod(replicaSet: ReplicaSet): Promise<void> {
    const { namespace, name } = replicaSet.metadata;
    const { template } = replicaSet.spec;
    const generateName = `${name}-`;
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...template.metadata,
        name: `${generateName.slice(0, 58)}${createNameSuffix()}`,
        generateName,
        namespace,
        ownerReferences: [ownerReference(replicaSet)],
      },
      // Scheduled from the start: a scheduler's binding would only cost one more write.
      spec: { nodeName: NODE_NAME, ...template.spec },
    };
    // Absorbed at once: the next look must count this pod though the watch has not told of it yet.
    pods.absorb(await client.create(`/api/v1/namespaces/${namespace}/pods`, body, MANAGER));
    events.tell(replicaSet, { ...TOLD, reason: 'SuccessfulCreate', message: `Created pod: ${body.metadata.name}` });
  }

  async function deletePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    try {
      const answer = await client.remove(podPath(pod), { preconditions: { uid: pod.metadata.uid } });
      if ((answer as { kind?: string }).kind === 'Pod') pods.absorb(answer);
      events.tell(replicaSet, { ...TOLD, reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
    } catch (error) {
      // Gone already, or its name lives again: either way this pod is no more.
      if (!(error instanceof NotFoundError) && !(error instanceof ConflictError)) throw error;
    }
  }

  async function writeStatus(replicaSet: ReplicaSet, refusal: string | undefined): Promise<void> {
    const nowMs = Date.now();
    const members = [...podsByOwner(replicaSet.metadata.uid).values()].filter(isPodActive);
    const { status, nextLookMs } = countStatus(replicaSet, members, nowMs);
    if (nextLookMs !== undefined) queue.add(keyOf(replicaSet), nextLookMs);
    const conditions = conditionsAfter(replicaSet, refusal, nowMs);
    if (isSameStatus(replicaSet, status) && conditions === replicaSet.status.conditions) return;
    const { namespace, name } = replicaSet.metadata;
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets/${name}/status`;
    // A list that became empty is left out, as in what a real controller writes.
    const written = { ...status, conditions: conditions.length === 0 ? null : conditions };
    replicaSets.absorb(await client.mergePatch(path, { status: written }, MANAGER));
  }

  return { stop: () => queue.stop() };
}

type Counted = {
  readonly replicas: number;
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly observedGeneration: number;
};

/** Counts a ReplicaSet's status, and tells when the next pod will have been ready for `minReadySeconds`. */
export function countStatus(
  replicaSet: ReplicaSet,
  activePods: readonly Pod[],
  nowMs: number,
): { readonly status: Counted; readonly nextLookMs: number | undefined } {
  const { minReadySeconds, template } = replicaSet.spec;
  const templateLabels = { matchLabels: template.metadata.labels, matchExpressions: [] };
  let fullyLabeledReplicas = 0;
  let readyReplicas = 0;
  let availableReplicas = 0;
  let nextLookMs: number | undefined;
  for (const pod of activePods) {
    if (isSelected(templateLabels, pod.metadata.labels)) fullyLabeledReplicas += 1;
    if (!isPodReady(pod)) continue;
    readyReplicas += 1;
    const readySinceMs = Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') || 0;
    const waitMs = minReadySeconds === 0 ? 0 : readySinceMs + minReadySeconds * 1000 - nowMs;
    if (waitMs <= 0) availableReplicas += 1;
    else nextLookMs = Math.min(nextLookMs ?? Number.POSITIVE_INFINITY, waitMs);
  }
  const status = {
    replicas: activePods.length,
    fullyLabeledReplicas,
    readyReplicas,
    availableReplicas,
    observedGeneration: replicaSet.metadata.generation ?? 0,
  };
  return { status, nextLookMs };
}

/** `ReplicaFailure` comes with the first refusal, keeps its words, and goes with the first pod that is let in. */
function conditionsAfter(
  { status }: ReplicaSet,
  refusal: string | undefined,
  nowMs: number,
): ReplicaSet['status']['conditions'] {
  const held = status.conditions.some(({ type }) => type === 'ReplicaFailure');
  if (held === (refusal !== undefined)) return status.conditions;
  const others = status.conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (refusal === undefined) return others;
  const lastTransitionTime = timestamp(nowMs);
  return [
    ...others,
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal, lastTransitionTime },
  ];
}

function isSameStatus(replicaSet: ReplicaSet, status: Counted): boolean {
  return Object.entries(status).every(([field, value]) => replicaSet.status[field] === value);
}

function hasNewWork(before: ReplicaSet, after: ReplicaSet): boolean {
  return (
    before.metadata.uid !== after.metadata.uid ||
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.spec.replicas !== after.spec.replicas ||
    before.spec.minReadySeconds !== after.spec.minReadySeconds
  );
}

function ownerReference(replicaSet: ReplicaSet) {
  const { name, uid } = replicaSet.metadata;
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true };
}

function podPath(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}

async function inBatches<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += WRITES_AT_ONCE) {
    await Promise.all(items.slice(start, start + WRITES_AT_ONCE).map(act));
  }
}
