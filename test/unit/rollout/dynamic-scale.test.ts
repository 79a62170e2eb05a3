import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verb } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const GATES = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }, { setWeight: 100 }, { pause: {} }];

function underWay(plan: readonly object[] = GATES, canary: object = {}, routing: object = {}): SimulatedCluster {
  const trafficRouting = { nginx: { stableIngress: 'checkout' }, ...routing };
  const strategy = { dynamicStableScale: true, ...canary, trafficRouting };
  const cluster = new SimulatedCluster(
    aRollout()
      .image('app:1')
      .routed()
      .steps(...plan)
      .canary(strategy)
      .build(),
  );
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

function hashOf(cluster: SimulatedCluster, image: string): string | undefined {
  return cluster.replicaSets.find((one) => cluster.imageOf(one.podHash) === image)?.podHash;
}

describe('dynamicStableScale', () => {
  it.each([
    [10, { 'app:1': 9, 'app:2': 1 }],
    [25, { 'app:1': 8, 'app:2': 3 }],
    [33, { 'app:1': 7, 'app:2': 4 }],
    [99, { 'app:1': 1, 'app:2': 10 }],
    [100, { 'app:1': 0, 'app:2': 10 }],
  ])('runs at %i %% as many pods of either as its share needs', (weight, expected) => {
    const cluster = underWay([{ setWeight: weight }, { pause: {} }]);
    expect(cluster.sizes()).toEqual(expected);
    expect(cluster.weight).toBe(weight);
  });

  it('counts shares by maxTrafficWeight', () => {
    const cluster = underWay([{ setWeight: 250 }, { pause: {} }], {}, { maxTrafficWeight: 1000 });
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 8, 'app:2': 3 }, 250]);
    expect(cluster.rollout.status.canary?.weights).toMatchObject({ canary: { weight: 250 }, stable: { weight: 750 } });
    cluster.ask('abort');
    cluster.ready(hashOf(cluster, 'app:1'), 8);
    cluster.turn();
    expect(cluster.weight).toBe(200);
  });

  it('takes pods from stable only once the router, and the status after it, say that it needs them no more', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 8, 'app:2': 6 }, 20]);
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 4, 'app:2': 6 }, 60]);
  });

  it('gives no revision fewer pods than the author wants while it has any', () => {
    const cluster = underWay([{ setWeight: 10 }, { pause: {} }, { setWeight: 90 }, { pause: {} }], {
      minPodsPerReplicaSet: 3,
    });
    expect(cluster.sizes()).toEqual({ 'app:1': 9, 'app:2': 3 });
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 3, 'app:2': 9 });
  });

  it('takes an abort’s traffic back as fast as stable’s pods come, never up again, and the canary’s pods after it', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    const stable = hashOf(cluster, 'app:1');
    cluster.ask('abort');
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 6 }, 60]);
    for (const [pods, weight, canary] of [
      [6, 40, 4],
      [5, 40, 4],
      [7, 30, 3],
      [9, 10, 1],
    ] as const) {
      cluster.ready(stable, pods);
      cluster.turn();
      expect([pods, cluster.weight, cluster.sizes()['app:2']]).toEqual([pods, weight, canary]);
      expect(cluster.services['checkout-canary']?.selector['rollouts-pod-template-hash']).toBe(
        hashOf(cluster, 'app:2'),
      );
    }
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 0 }, 0]);
    expect(cluster.services['checkout-canary']?.selector['rollouts-pod-template-hash']).toBe(stable);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Degraded', abort: true });
  });

  it('keeps an aborted canary for the delay that its author names', () => {
    const cluster = underWay(GATES, { abortScaleDownDelaySeconds: 20 });
    cluster.ask('abort');
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 2 }, 0]);
    cluster.wait(20);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0 });
  });

  it('takes everything from a canary that has no pod, whatever stable has', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    cluster.ready(hashOf(cluster, 'app:2'), 0);
    cluster.turn();
    expect(cluster.weight).toBe(0);
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 4, 'app:2': 6 }, 60]);
  });

  it('goes back to the stable template as an abort does', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    cluster.release('app:1');
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 6 }, 60]);
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 0 }, 0]);
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('lets an overtaken revision hand its share back before the next one gets any', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    cluster.release('app:3');
    cluster.turn();
    cluster.ready(hashOf(cluster, 'app:3'));
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 10, 'app:2': 6, 'app:3': 2 }, 60]);
    expect(cluster.rollout.status.canary?.weights?.canary.podTemplateHash).toBe(hashOf(cluster, 'app:2'));
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 8, 'app:2': 0, 'app:3': 2 }, 20]);
    expect(cluster.weights.slice(-2)).toEqual([0, 20]);
  });

  it('finishes as far as the canary’s pods take the traffic, and leaves no pod of the old revision', () => {
    const cluster = underWay();
    cluster.ask('promoteFull');
    cluster.turn();
    cluster.ready(hashOf(cluster, 'app:2'), 7);
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 3, 'app:2': 10 }, 70]);
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 0, 'app:2': 10 }, 0]);
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('steps down no faster than stable comes back', () => {
    const cluster = underWay([{ setWeight: 100 }, { pause: {} }, { setWeight: 50 }, { pause: {} }]);
    cluster.ask('promote');
    cluster.turn();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 5, 'app:2': 10 }, 100]);
    cluster.settle();
    expect([cluster.sizes(), cluster.weight]).toEqual([{ 'app:1': 5, 'app:2': 5 }, 50]);
  });

  it('never sends pods more than they are, and nothing more to an aborted canary, whatever happens', () => {
    const verbs = fc.constantFrom<Verb[]>('abort', 'retry', 'promote', 'promote', 'promoteFull', 'skip');
    const act = fc.oneof(
      fc.record({ kind: fc.constant('verb' as const), verb: verbs }),
      fc.record({ kind: fc.constant('release' as const), image: fc.constantFrom('app:1', 'app:2', 'app:3') }),
      fc.record({ kind: fc.constant('turn' as const), after: fc.constantFrom(1, 2, 3, 5, 99, 99) }),
      fc.record({ kind: fc.constant('ready' as const) }),
      fc.record({ kind: fc.constant('replicas' as const), replicas: fc.constantFrom(3, 10, 20) }),
    );
    const plan = fc.array(
      fc.oneof(fc.constant({ pause: {} }), fc.record({ setWeight: fc.constantFrom(0, 10, 34, 80, 100) })),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(plan, fc.array(act, { maxLength: 30 }), (steps, acts) => {
        const cluster = underWay(steps);
        let before = cluster.weight ?? 0;
        let isFragile = false;
        cluster.afterEffect = (effect) => {
          if (effect.kind === 'setWeight') {
            const { abort, promoteFull } = cluster.rollout.status;
            if (abort === true && promoteFull !== true) expect(effect.canaryWeight).toBeLessThanOrEqual(before);
            before = effect.canaryWeight;
          }
          if (effect.kind === 'scaleReplicaSet' && effect.to < effect.from && !isFragile) checkCapacity(cluster);
        };
        for (const one of acts) {
          if (one.kind === 'verb') cluster.ask(one.verb);
          if (one.kind === 'release') cluster.release(one.image);
          if (one.kind === 'ready') cluster.readyAll();
          if (one.kind === 'turn') cluster.turn({ crashAfterEffects: one.after });
          if (one.kind === 'replicas') {
            cluster.patch({ spec: { replicas: one.replicas } });
            // Until pods have come up to a size that somebody has just asked for, nothing can be promised of it.
            isFragile = true;
          }
        }
        for (let round = 0; round < 20; round++) {
          cluster.settle();
          cluster.wait(61);
        }
        expect(['Healthy', 'Degraded', 'Paused']).toContain(cluster.rollout.status.phase);
        if (cluster.rollout.status.phase === 'Degraded') expect(cluster.weight ?? 0).toBe(0);
        if (cluster.rollout.status.phase === 'Paused') checkCapacity(cluster);
      }),
      { numRuns: Number(process.env.PROMISE_RUNS ?? 60) },
    );
  }, 300_000);
});

/** Pods that stay are as many as the share of their revision needs. */
function checkCapacity(cluster: SimulatedCluster): void {
  const replicas = cluster.rollout.spec.replicas ?? 1;
  for (const one of cluster.replicaSets) {
    const share = cluster.shareOf(one.podHash) ?? 0;
    expect(one.specReplicas, `pods of ${one.name} at ${share} %`).toBeGreaterThanOrEqual(
      Math.floor((share * replicas) / 100),
    );
  }
}
