import type { OwnedPod, ReplicaSetView } from '../../src/rollout/index.ts';

type Change = Readonly<Record<string, string | null>>;

/** What a merge patch makes of a map of texts. */
export function patched(before: Readonly<Record<string, string>>, change: Change): Record<string, string> {
  const after = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete after[name];
    else after[name] = value;
  }
  return after;
}

interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly createdAtMs: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** The pods behind a simulated ReplicaSet's counts: as many as it has, the first of them ready. */
export class SimulatedPods {
  /** A disruption budget that refuses every eviction. */
  isBudgetSpent = false;
  readonly evicted: string[] = [];
  readonly #of = new Map<string, Pod[]>();
  #made = 0;

  list(replicaSets: readonly ReplicaSetView[], nowMs: number): OwnedPod[] {
    return replicaSets.flatMap((replicaSet) =>
      this.#podsOf(replicaSet, nowMs).map((pod, index) => ({
        ...structuredClone(pod),
        podHash: replicaSet.podHash,
        isReady: index < replicaSet.availableReplicas,
        isGoing: false,
      })),
    );
  }

  /** Its ReplicaSet makes another one at once; false: refused. */
  evict(uid: string, replicaSet: ReplicaSetView, nowMs: number): boolean {
    if (this.isBudgetSpent) return false;
    const pods = this.#podsOf(replicaSet, nowMs);
    const left = pods.filter((pod) => pod.uid !== uid);
    if (left.length === pods.length) throw new Error(`conflict: no pod ${uid}`);
    this.#of.set(replicaSet.uid, [...left, this.#make(replicaSet, nowMs)]);
    this.evicted.push(uid);
    return true;
  }

  patch(uid: string, labels: Change, annotations: Change): void {
    const pod = [...this.#of.values()].flat().find((one) => one.uid === uid);
    if (pod === undefined) return;
    pod.labels = patched(pod.labels, labels);
    pod.annotations = patched(pod.annotations, annotations);
  }

  #podsOf(replicaSet: ReplicaSetView, nowMs: number): readonly Pod[] {
    const pods = (this.#of.get(replicaSet.uid) ?? []).slice(0, replicaSet.replicas);
    while (pods.length < replicaSet.replicas) pods.push(this.#make(replicaSet, nowMs));
    this.#of.set(replicaSet.uid, pods);
    return pods;
  }

  #make({ name, template }: ReplicaSetView, createdAtMs: number): Pod {
    this.#made += 1;
    const { labels = {}, annotations = {} } = template?.metadata ?? {};
    return {
      name: `${name}-${this.#made}`,
      uid: `pod-${this.#made}`,
      createdAtMs,
      ...structuredClone({ labels, annotations }),
    };
  }
}
