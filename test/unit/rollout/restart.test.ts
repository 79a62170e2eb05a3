import { describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../src/analysis/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

function live(canary: object = {}, replicas = 4): SimulatedCluster {
  const plan = [{ setWeight: 50 }, { pause: {} }];
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .replicas(replicas)
    .steps(...plan)
    .canary(canary)
    .build();
  const cluster = new SimulatedCluster(rollout);
  cluster.settle();
  cluster.wait(60);
  return cluster;
}

function restart(cluster: SimulatedCluster, inSeconds = 0): string {
  const restartAt = formatTimestamp(cluster.nowMs + inSeconds * 1000);
  cluster.patch({ spec: { restartAt } });
  return restartAt;
}

/** Turns, with one pod after another becoming ready; the fewest that were ready at any time. */
function fewestReady(cluster: SimulatedCluster): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 40; round++) {
    cluster.turn();
    fewest = Math.min(fewest, ...cluster.replicaSets.map(({ availableReplicas }) => availableReplicas));
    for (const one of cluster.replicaSets) {
      if (one.availableReplicas < one.specReplicas) cluster.ready(one.podHash, one.availableReplicas + 1);
    }
  }
  return fewest;
}

describe('restart', () => {
  it('makes every pod anew, one at a time, without a revision', () => {
    const cluster = live({ maxUnavailable: 0 });
    const names = cluster.replicaSets.map(({ name }) => name);
    const restartAt = restart(cluster);
    cluster.turn();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Progressing', message: 'rollout is restarting' });
    expect(fewestReady(cluster)).toBe(3);
    expect(cluster.pods.evicted).toHaveLength(4);
    expect(new Set(cluster.pods.evicted).size).toBe(4);
    expect(cluster.rollout.status).toMatchObject({ restartedAt: restartAt, phase: 'Healthy' });
    expect(cluster.replicaSets.map(({ name }) => name)).toEqual(names);
  });

  it('is the only thing of blue-green that maxUnavailable is about', () => {
    const cluster = new SimulatedCluster(
      aRollout().image('app:1').replicas(6).blueGreen({ maxUnavailable: 2 }).build(),
    );
    cluster.settle();
    cluster.wait(60);
    const restartAt = restart(cluster);
    expect(fewestReady(cluster)).toBe(4);
    expect(cluster.pods.evicted).toHaveLength(6);
    expect(cluster.rollout.status).toMatchObject({ restartedAt: restartAt, phase: 'Healthy' });
  });

  it('never has more than maxUnavailable pods missing', () => {
    const cluster = live({ maxUnavailable: 2 }, 6);
    restart(cluster);
    expect(fewestReady(cluster)).toBe(4);
    expect(cluster.pods.evicted).toHaveLength(6);
  });

  it('waits for its time', () => {
    const cluster = live();
    const restartAt = restart(cluster, 600);
    expect(cluster.turn()).toBe(cluster.nowMs + 600_000);
    expect(cluster.pods.evicted).toEqual([]);
    expect(cluster.rollout.status.phase).toBe('Healthy');
    cluster.wait(600);
    fewestReady(cluster);
    expect(cluster.pods.evicted).toHaveLength(4);
    expect(cluster.rollout.status.restartedAt).toBe(restartAt);
  });

  it('tries again in 30 s where the disruption budget refuses, and goes on when it allows', () => {
    const cluster = live();
    restart(cluster);
    cluster.pods.isBudgetSpent = true;
    expect(cluster.turn()).toBe(cluster.nowMs + 30_000);
    expect(cluster.rollout.status.message).toBe('rollout is restarting');
    cluster.pods.isBudgetSpent = false;
    cluster.wait(30);
    fewestReady(cluster);
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(cluster.pods.evicted).toHaveLength(4);
  });

  it('is done once, and again only for another time', () => {
    const cluster = live();
    restart(cluster);
    fewestReady(cluster);
    cluster.settle();
    expect(cluster.pods.evicted).toHaveLength(4);
    cluster.wait(60);
    restart(cluster);
    fewestReady(cluster);
    expect(cluster.pods.evicted).toHaveLength(8);
  });

  it('restarts stable and canary in the middle of a release, and moves nothing', () => {
    const cluster = live();
    cluster.release('app:2');
    cluster.settle();
    cluster.wait(60);
    const { currentStepIndex } = cluster.rollout.status;
    const { weight } = cluster;
    const pods = cluster.replicaSets.reduce((sum, one) => sum + one.replicas, 0);
    const restartAt = restart(cluster);
    fewestReady(cluster);
    expect(cluster.pods.evicted).toHaveLength(pods);
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex, restartedAt: restartAt, phase: 'Paused' });
    expect(cluster.weight).toBe(weight);
  });

  it('is over when the template changes: all pods will be others', () => {
    const cluster = live();
    cluster.pods.isBudgetSpent = true;
    const restartAt = restart(cluster);
    cluster.turn();
    cluster.release('app:2');
    cluster.turn();
    expect(cluster.rollout.status.restartedAt).toBe(restartAt);
    expect(cluster.pods.evicted).toEqual([]);
  });
});
