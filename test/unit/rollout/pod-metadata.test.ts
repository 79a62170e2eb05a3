import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutInjections } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const EPHEMERAL = 'rollout.argoproj.io/ephemeral-metadata';
const NOTE = 'stepwise.dev/pod-metadata';
const ROLES = {
  canaryMetadata: { labels: { role: 'canary' }, annotations: { team: 'payments' } },
  stableMetadata: { labels: { role: 'stable' } },
};
const STEPS = [{ setWeight: 20 }, { pause: {} }];

function begin(canary: object = ROLES): SimulatedCluster {
  const cluster = new SimulatedCluster(
    aRollout()
      .image('app:1')
      .routed()
      .steps(...STEPS)
      .canary(canary)
      .build(),
  );
  cluster.settle();
  return cluster;
}

function podsOf(cluster: SimulatedCluster, image: string) {
  const pods = cluster.pods.list(cluster.replicaSets, cluster.nowMs);
  return pods.filter((pod) => cluster.imageOf(pod.podHash) === image);
}

function rolesOf(cluster: SimulatedCluster, image: string): (string | undefined)[] {
  return [...new Set(podsOf(cluster, image).map((pod) => pod.labels.role))];
}

function finish(cluster: SimulatedCluster): void {
  cluster.ask('promoteFull');
  cluster.settle();
}

describe('metadata of a role', () => {
  it('is stable’s on the first revision, canary’s on the next, and changes on living pods at the promotion', () => {
    const cluster = begin();
    expect(rolesOf(cluster, 'app:1')).toEqual(['stable']);
    cluster.release('app:2');
    cluster.settle();
    expect([rolesOf(cluster, 'app:1'), rolesOf(cluster, 'app:2')]).toEqual([['stable'], ['canary']]);
    expect(cluster.canary()?.annotations[EPHEMERAL]).toBe(
      '{"labels":{"role":"canary"},"annotations":{"team":"payments"}}',
    );
    const before = podsOf(cluster, 'app:2').map(({ uid }) => uid);
    finish(cluster);
    const after = podsOf(cluster, 'app:2');
    expect(after.map(({ uid }) => uid)).toEqual(expect.arrayContaining(before));
    expect(after.map(({ labels, annotations }) => [labels.role, annotations.team])).toEqual(
      after.map(() => ['stable', undefined]),
    );
    // The former stable pods stay for their delay, and are nobody's.
    expect(rolesOf(cluster, 'app:1')).toEqual([undefined]);
    expect(cluster.canary()?.annotations[EPHEMERAL]).toBe('{"labels":{"role":"stable"}}');
    expect(cluster.replicaSets.map((one) => one.annotations[NOTE])).toEqual([undefined, undefined]);
  });

  it('follows a change of the spec, begins no revision by it, and takes back only what it gave', () => {
    const cluster = begin();
    const hash = cluster.rollout.status.currentPodHash;
    const [first] = podsOf(cluster, 'app:1');
    cluster.pods.patch(first?.uid ?? '', { role: 'debugged' }, {});
    cluster.patch({ spec: { strategy: { canary: { stableMetadata: { labels: { role: null, tier: 'gold' } } } } } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentPodHash: hash, phase: 'Healthy' });
    const pods = podsOf(cluster, 'app:1');
    expect(pods.map(({ labels }) => labels.tier)).toEqual(pods.map(() => 'gold'));
    expect(pods.map(({ labels }) => labels.role).filter(Boolean)).toEqual(['debugged']);
    cluster.patch({ spec: { strategy: { canary: { canaryMetadata: null, stableMetadata: null } } } });
    cluster.settle();
    expect(podsOf(cluster, 'app:1').map(({ labels }) => labels.tier)).toEqual(pods.map(() => undefined));
    expect(cluster.stable()?.annotations[EPHEMERAL]).toBeUndefined();
  });

  it('gives back what the template itself says, also to an undo', () => {
    const cluster = begin({ ...ROLES, stableMetadata: { labels: { app: 'checkout', role: 'stable' } } });
    cluster.patch({ spec: { template: { metadata: { labels: { role: 'own' } } } } });
    cluster.settle();
    const canary = cluster.canary();
    expect(canary?.template.metadata?.labels?.role).toBe('canary');
    if (canary !== undefined)
      expect(withoutInjections(canary).metadata?.labels).toEqual({ app: 'checkout', role: 'own' });
    finish(cluster);
    cluster.patch({ spec: { strategy: { canary: { canaryMetadata: null, stableMetadata: null } } } });
    cluster.settle();
    const pods = cluster.pods.list(cluster.replicaSets, cluster.nowMs);
    const own = pods.filter((pod) => pod.podHash === cluster.rollout.status.stableRS);
    expect(own.map(({ labels }) => labels.role)).toEqual(own.map(() => 'own'));
    expect(own.map(({ labels }) => labels.app)).toEqual(own.map(() => 'checkout'));
  });

  it('waits for the ReplicaSet controller: a pod of the former template may still come', () => {
    const cluster = begin();
    cluster.patch({ spec: { strategy: { canary: { stableMetadata: { labels: { role: 'gold' } } } } } });
    cluster.afterEffect = (effect) => {
      if (effect.kind !== 'annotateReplicaSet' || effect.template === undefined) return;
      for (const one of cluster.replicaSets) one.isUnobserved = true;
    };
    cluster.turn();
    expect(rolesOf(cluster, 'app:1')).toEqual(['stable']);
    for (const one of cluster.replicaSets) delete one.isUnobserved;
    cluster.turn();
    expect(rolesOf(cluster, 'app:1')).toEqual(['gold']);
  });

  it('reaches a thousand pods without one decision that an abort would stand behind', () => {
    const cluster = begin();
    cluster.patch({ spec: { replicas: 170 } });
    cluster.settle();
    cluster.patch({ spec: { strategy: { canary: { stableMetadata: { labels: { role: 'gold' } } } } } });
    const sizes: number[] = [];
    cluster.watch(({ effects }) => sizes.push(effects.filter(({ kind }) => kind === 'patchPodMetadata').length));
    cluster.settle();
    expect(rolesOf(cluster, 'app:1')).toEqual(['gold']);
    expect(sizes.filter((size) => size > 0)).toEqual([50, 50, 50, 20]);
  });

  it('ends right wherever a turn is killed, and is repeated by none that is done', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { maxLength: 12 }),
        fc.array(fc.constantFrom('app:1', 'app:2', 'app:3'), { maxLength: 4 }),
        (kills, images) => {
          const cluster = begin();
          for (const image of images) {
            cluster.release(image);
            for (const after of kills) {
              cluster.turn({ crashAfterEffects: after });
              cluster.readyAll();
            }
          }
          cluster.settle();
          if (cluster.rollout.status.currentPodHash !== cluster.rollout.status.stableRS) finish(cluster);
          for (const one of cluster.replicaSets) {
            const wanted = one === cluster.stable() ? 'stable' : undefined;
            const pods = cluster.pods.list([one], cluster.nowMs);
            expect([one.template.metadata?.labels?.role, one.annotations[NOTE]]).toEqual([wanted, undefined]);
            expect(pods.map(({ labels }) => labels.role)).toEqual(pods.map(() => wanted));
          }
          const { length } = cluster.performed;
          cluster.turn();
          expect(cluster.performed).toHaveLength(length);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('anti-affinity after creation', () => {
  const APART = { antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 50 } } };
  const termOf = (cluster: SimulatedCluster, image: string) =>
    cluster.replicaSets.find((one) => cluster.imageOf(one.podHash) === image)?.antiAffinity;

  it('goes with the promotion, and a revision that comes back keeps off the pods that are stable now', () => {
    const cluster = begin(APART);
    cluster.release('app:2');
    cluster.settle();
    expect(termOf(cluster, 'app:2')).toBe(`preferred 50 ${cluster.rollout.status.stableRS}`);
    finish(cluster);
    expect(termOf(cluster, 'app:2')).toBeUndefined();
    expect(cluster.canary()?.template.spec?.affinity).toBeUndefined();
    cluster.release('app:1');
    cluster.settle();
    expect(termOf(cluster, 'app:1')).toBe(`preferred 50 ${cluster.rollout.status.stableRS}`);
    expect(termOf(cluster, 'app:2')).toBeUndefined();
  });

  it('follows a change of its kind, and leaves the author’s own rules as they are', () => {
    const cluster = begin(APART);
    const own = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } };
    cluster.patch({ spec: { template: { spec: { affinity: own } } } });
    cluster.settle();
    const { stableRS } = cluster.rollout.status;
    expect(cluster.canary()?.antiAffinity).toBe(`preferred 50 ${stableRS}`);
    const antiAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution: null,
      requiredDuringSchedulingIgnoredDuringExecution: {},
    };
    cluster.patch({ spec: { strategy: { canary: { antiAffinity } } } });
    cluster.settle();
    expect(cluster.canary()?.antiAffinity).toBe(`required ${stableRS}`);
    finish(cluster);
    expect(cluster.canary()?.template.spec?.affinity).toEqual(own);
  });
});
