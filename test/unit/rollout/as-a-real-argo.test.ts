import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/rollout/index.ts';
import { computePodHash } from '../../../src/rollout/pod-hash.ts';
import { readStatesAtRest } from '../../support/at-rest.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// What Argo Rollouts v1.10.2 did when the same was done to it.

describe('where it had come to rest', () => {
  const states = readStatesAtRest();

  it('is told whole', () => {
    expect(states.length).toBeGreaterThan(50);
  });

  // The same status to the last field, the same annotations, sizes, Services and weight: else there were something to do.
  it.each(states)('$story: we rest, too, and by the same status', ({ world }) => {
    expect(decide(world).effects).toEqual([]);
  });

  // One whose spec was refused was never hashed.
  it.each(states.filter(({ world }) => world.rollout.status.currentPodHash !== undefined))(
    '$story: the same hash of the template',
    ({ world }) => {
      const { spec, status } = world.rollout;
      expect(computePodHash(spec.template, status.collisionCount)).toBe(status.currentPodHash);
    },
  );
});

function canary(steps: readonly object[]): SimulatedCluster {
  const rollout = aRollout()
    .routed()
    .steps(...steps)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
  cluster.settle();
  return cluster;
}

function blueGreen(): SimulatedCluster {
  const cluster = new SimulatedCluster(aRollout().image('app:1').blueGreen({ scaleDownDelaySeconds: 600 }).build());
  cluster.settle();
  return cluster;
}

function told(cluster: SimulatedCluster, reason: string): readonly string[] {
  const events = cluster.performed.filter((effect) => effect.kind === 'sendEvent');
  return events.filter((event) => event.reason === reason).map(({ message }) => message.replace(/\([^)]*\)/, '(H)'));
}

function condition(cluster: SimulatedCluster, type: string) {
  const found = cluster.rollout.status.conditions?.find((one) => one.type === type);
  return [found?.status, found?.reason];
}

describe('events', () => {
  it('of a fast rollback: blue-green is never called not completed before it was anything', () => {
    const cluster = blueGreen();
    cluster.release('app:2');
    cluster.settle();
    cluster.wait(1);
    cluster.release('app:1');
    cluster.settle();
    expect(told(cluster, 'RolloutNotCompleted')).toEqual([
      'Rollout not completed, started update to revision 2 (H)',
      'Rollout not completed, started update to revision 3 (H)',
    ]);
    expect(told(cluster, 'RolloutCompleted')).toEqual([
      'Rollout completed update to revision 1 (H): Initial deploy',
      'Rollout completed update to revision 2 (H): Completed blue-green update',
      'Rollout completed update to revision 3 (H): Fast rollback',
    ]);
  });

  it('of an analysis: named first, without a phase', () => {
    const cluster = canary([{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'success' }] } }]);
    cluster.release('checkout:2');
    cluster.settle();
    const name = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    cluster.judge(name, 'Failed');
    cluster.settle();
    expect(told(cluster, 'AnalysisRunFailed')).toEqual([
      `Step Analysis Run '${name}' Status New: 'Failed' Previous: ''`,
    ]);
  });
});

describe('conditions', () => {
  it('Paused stays during an abort, and goes with the retry', () => {
    const cluster = canary([{ setWeight: 50 }, { pause: {} }]);
    cluster.release('checkout:2');
    cluster.settle();
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Degraded');
    expect(condition(cluster, 'Paused')).toEqual(['True', 'RolloutPaused']);
    cluster.patch({ spec: { strategy: { canary: { steps: [{ setWeight: 50 }] } } }, status: { abort: false } });
    cluster.settle();
    expect(condition(cluster, 'Paused')).toEqual(['False', 'RolloutPaused']);
  });

  it.each([
    ['canary', () => canary([])],
    ['blue-green', blueGreen],
  ])('%s: what is promoted and paused has progressed', (_, begin) => {
    const cluster = begin();
    cluster.patch({ spec: { paused: true } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'manually paused' });
    expect(condition(cluster, 'Progressing')).toEqual(['True', 'NewReplicaSetAvailable']);
    expect(condition(cluster, 'Paused')).toEqual(['True', 'RolloutPaused']);
  });
});

describe('what is stored', () => {
  it('counts nobody by no field', () => {
    const cluster = blueGreen();
    cluster.patch({ spec: { replicas: 0 } });
    cluster.settle();
    for (const count of ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'HPAReplicas'])
      expect(cluster.rollout.status).not.toHaveProperty(count);
  });

  it('forgets what a blue-green rollout was when it becomes a canary', () => {
    const cluster = blueGreen();
    expect(cluster.rollout.status).toMatchObject({ canary: {}, blueGreen: { activeSelector: expect.any(String) } });
    cluster.patch({ spec: { strategy: { blueGreen: null, canary: { steps: [{ setWeight: 25 }, { pause: {} }] } } } });
    cluster.settle();
    expect(cluster.rollout.status.blueGreen).toEqual({});
  });

  it('of nginx: the canary’s Ingress from the first day', () => {
    expect(canary([{ setWeight: 50 }]).weight).toBe(0);
  });

  it('of an aborted canary: the deadline, also when it has passed', () => {
    const cluster = canary([{ setWeight: 50 }, { pause: {} }]);
    cluster.release('checkout:2');
    cluster.settle();
    cluster.ask('abort');
    cluster.settle();
    cluster.wait(31);
    cluster.settle();
    expect(cluster.canary()?.specReplicas).toBe(0);
    expect(cluster.canary()?.annotations).toHaveProperty('scale-down-deadline');
    cluster.ask('retry');
    cluster.settle();
    expect(cluster.canary()?.annotations).not.toHaveProperty('scale-down-deadline');
  });
});
