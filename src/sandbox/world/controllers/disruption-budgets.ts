import { ConflictError, NotFoundError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createIndex } from '../object-index.ts';
import {
  controllerUid,
  type DisruptionBudget,
  isPodReady,
  isSelected,
  keyOf,
  type Pod,
  type ReplicaSet,
} from '../objects.ts';
import { timestamp } from '../pod-status.ts';
import { createWorkQueue } from '../work-queue.ts';

const MANAGER = 'kube-controller-manager';
/** So long an evicted pod may take to go before it counts as healthy again: Kubernetes' own. */
const EVICTED_MS = 120_000;

/** Says in each PodDisruptionBudget how many of its pods may be evicted now; the eviction itself uses that up. */
export function startDisruptionController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, pods, replicaSets, disruptionBudgets } = cluster;
  const setsByUid = createIndex(replicaSets, ({ metadata }) => [metadata.uid]);
  const queue = createWorkQueue({ look, concurrency: 4, gatherMs: 20, onProblem });

  disruptionBudgets.onChange((_, after) => {
    if (after !== undefined) queue.add(keyOf(after));
  });
  pods.onChange((before, after) => {
    for (const pod of [before, after]) {
      if (pod === undefined) continue;
      const { namespace, labels } = pod.metadata;
      for (const budget of disruptionBudgets.inNamespace(namespace)) {
        if (isSelected(budget.spec.selector, labels)) queue.add(keyOf(budget));
      }
    }
  });

  async function look(key: string): Promise<void> {
    const budget = disruptionBudgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, resourceVersion } = budget.metadata;
    const members = [...pods.inNamespace(namespace)].filter(({ metadata }) =>
      isSelected(budget.spec.selector, metadata.labels),
    );
    const owners = new Set(members.map(({ metadata }) => controllerUid(metadata) ?? ''));
    const scale = [...owners].reduce((sum, uid) => sum + scaleOf(setsByUid(uid).values()), 0);
    const { status, lookAgainMs } = countBudget(budget, members, { scale, nowMs: Date.now() });
    if (lookAgainMs !== undefined) queue.add(key, lookAgainMs);
    const change = changeOf(budget, status);
    if (change === undefined) return;
    const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}/status`;
    try {
      // Danger: without the version this would give back what an eviction has just used up.
      const body = { metadata: { resourceVersion }, status: change };
      disruptionBudgets.absorb(await client.mergePatch(path, body, MANAGER));
    } catch (error) {
      if (error instanceof ConflictError) queue.add(key);
      else if (!(error instanceof NotFoundError)) throw error;
    }
  }

  return { stop: () => queue.stop() };
}

function scaleOf(replicaSets: Iterable<ReplicaSet>): number {
  let sum = 0;
  for (const { spec } of replicaSets) sum += spec.replicas;
  return sum;
}

interface Counted {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptionsAllowed: number;
  readonly observedGeneration: number;
  /** Evicted pods that have not gone yet → when. */
  readonly disruptedPods: Readonly<Record<string, string>>;
}

/** As Kubernetes counts: a share is one of what the pods' controllers ask for, a number one of the pods that are there. */
export function countBudget(
  { metadata, spec, status }: DisruptionBudget,
  members: readonly Pod[],
  { scale, nowMs }: { readonly scale: number; readonly nowMs: number },
): { readonly status: Counted; readonly lookAgainMs: number | undefined } {
  const { minAvailable, maxUnavailable } = spec;
  const isOfPods = maxUnavailable === undefined && typeof minAvailable === 'number';
  const expectedPods = isOfPods ? members.length : scale;
  const desiredHealthy =
    maxUnavailable === undefined
      ? amountOf(minAvailable ?? 0, expectedPods)
      : Math.max(0, expectedPods - amountOf(maxUnavailable, expectedPods));
  const disrupted = Object.entries(status.disruptedPods).filter(([name, since]) => {
    const pod = members.find((one) => one.metadata.name === name);
    const isLeaving = pod !== undefined && pod.metadata.deletionTimestamp === undefined;
    return isLeaving && Date.parse(since) + EVICTED_MS > nowMs;
  });
  const disruptedPods = Object.fromEntries(disrupted);
  const currentHealthy = members.filter(
    (pod) =>
      isPodReady(pod) && pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined,
  ).length;
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const ends = disrupted.map(([, since]) => Date.parse(since) + EVICTED_MS - nowMs);
  return {
    status: {
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed,
      observedGeneration: metadata.generation ?? 0,
      disruptedPods,
    },
    lookAgainMs: ends.length === 0 ? undefined : Math.min(...ends) + 1,
  };
}

/** Shares are rounded up, of what must stay and of what may go. */
function amountOf(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** A merge patch of the status; undefined where it says all of that already. */
function changeOf({ status }: DisruptionBudget, counted: Counted): object | undefined {
  const { disruptedPods, ...numbers } = counted;
  const gone = Object.keys(status.disruptedPods).filter((name) => disruptedPods[name] === undefined);
  const isAllowed = counted.disruptionsAllowed > 0 ? 'True' : 'False';
  const [held] = status.conditions;
  const isSameCondition = held?.status === isAllowed && held.observedGeneration === counted.observedGeneration;
  const isSame = Object.entries(numbers).every(([field, value]) => status[field] === value);
  if (isSame && gone.length === 0 && isSameCondition) return undefined;
  const condition = {
    type: 'DisruptionAllowed',
    status: isAllowed,
    reason: isAllowed === 'True' ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: counted.observedGeneration,
    lastTransitionTime: held?.status === isAllowed ? held.lastTransitionTime : timestamp(Date.now()),
  };
  return {
    ...numbers,
    conditions: [condition],
    ...(gone.length === 0 ? {} : { disruptedPods: Object.fromEntries(gone.map((name) => [name, null])) }),
  };
}
