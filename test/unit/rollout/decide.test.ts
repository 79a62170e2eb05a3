import { describe, expect, it } from 'vitest';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const PLAN = [
  { setWeight: 10 },
  { pause: {} },
  { setWeight: 50 },
  { analysis: { templates: [{ templateName: 'success' }], args: [] } },
];

function release(...[steps = PLAN]: readonly (readonly object[])[]): SimulatedCluster {
  const rollout = aRollout()
    .routed()
    .steps(...steps)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
  cluster.settle();
  cluster.release('ghcr.io/acme/checkout:2');
  return cluster;
}

describe('a canary behind a router', () => {
  it('runs the first revision without steps', () => {
    const cluster = new SimulatedCluster(
      aRollout()
        .routed()
        .steps(...PLAN)
        .build(),
      [anAnalysisTemplate('success')],
    );
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 4, availableReplicas: 10 });
    expect(cluster.weights).toEqual([]);
    expect(cluster.services['checkout-stable']?.selector['rollouts-pod-template-hash']).toBe(
      cluster.rollout.status.stableRS,
    );
  });

  it('goes to the first gate and waits there', () => {
    const cluster = release();
    cluster.settle();
    expect(cluster.weights).toEqual([10]);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', currentStepIndex: 1 });
    expect(cluster.canary()?.specReplicas).toBe(1);
  });

  it('goes on when a person clears the pause, analyses, and becomes stable', () => {
    const cluster = release();
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    expect(cluster.weights).toEqual([10, 50]);
    const run = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    expect(run).toBe(`checkout-${cluster.rollout.status.currentPodHash}-2-3`);
    cluster.judge(run, 'Successful');
    cluster.settle();
    expect(cluster.weights).toEqual([10, 50, 100, 0]);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', stableRS: cluster.rollout.status.currentPodHash });
    expect(cluster.rollout.status.canary?.weights?.canary.weight).toBe(0);
    cluster.wait(31);
    cluster.settle();
    expect(cluster.replicaSets.map((one) => one.specReplicas)).toEqual([0, 10]);
    expect(cluster.rollout.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Healthy', status: 'True' }),
    );
  });

  it('takes the traffic away before it says that it aborted', () => {
    const cluster = release();
    cluster.settle();
    cluster.patch({ status: { abort: true } });
    const before = cluster.performed.length;
    cluster.turn();
    const kinds = cluster.performed.slice(before).map((effect) => effect.kind);
    expect(kinds[0]).toBe('setWeight');
    expect(cluster.weight).toBe(0);
    expect(cluster.rollout.status).toMatchObject({
      phase: 'Degraded',
      message: 'RolloutAborted: Rollout aborted update to revision 2',
      currentStepIndex: 0,
    });
  });

  it('aborts by the verdict of a run before the status knows of it', () => {
    const cluster = release();
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    const run = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    cluster.judge(run, 'Failed', 1, 'Metric "success-metric" assessed Failed due to failed (1) > failureLimit (0)');
    cluster.turn({ crashAfterEffects: 1 });
    expect(cluster.weight).toBe(0);
    cluster.settle();
    expect(cluster.rollout.status.message).toBe(
      'RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric "success-metric" assessed Failed due to failed (1) > failureLimit (0)',
    );
    cluster.wait(31);
    cluster.settle();
    expect(cluster.canary()?.specReplicas).toBe(0);
  });
});
