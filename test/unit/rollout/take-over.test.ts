import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// The status, field by field, as Argo 1.9 leaves it at a gate: `kubectl get rollout -o yaml`, hashes of these very templates.
function leftByArgo(): SimulatedCluster {
  const rollout = aRollout().image('app:1').routed().steps({ setWeight: 10 }, { pause: {} }, { setWeight: 50 }).build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  const [stable, canary] = cluster.replicaSets;
  const at = { lastTransitionTime: '2027-01-15T07:00:00Z', lastUpdateTime: '2027-01-15T07:01:00Z' };
  const status = {
    HPAReplicas: 11,
    availableReplicas: 11,
    blueGreen: {},
    canary: {
      weights: {
        canary: { podTemplateHash: canary?.podHash, serviceName: 'checkout-canary', weight: 10 },
        stable: { podTemplateHash: stable?.podHash, serviceName: 'checkout-stable', weight: 90 },
      },
    },
    conditions: [
      { ...at, type: 'Healthy', status: 'False', reason: 'RolloutHealthy', message: 'Rollout is not healthy' },
      { ...at, type: 'Completed', status: 'False', reason: 'RolloutCompleted', message: 'RolloutCompleted' },
      {
        ...at,
        type: 'Available',
        status: 'True',
        reason: 'AvailableReason',
        message: 'Rollout has minimum availability',
      },
      { ...at, type: 'Progressing', status: 'Unknown', reason: 'RolloutPaused', message: 'Rollout is paused' },
      { ...at, type: 'Paused', status: 'True', reason: 'RolloutPaused', message: 'Rollout is paused' },
    ],
    controllerPause: true,
    currentPodHash: canary?.podHash,
    currentStepHash: cluster.rollout.status.currentStepHash,
    currentStepIndex: 1,
    message: 'CanaryPauseStep',
    observedGeneration: '2',
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2027-01-15T07:01:00Z' }],
    phase: 'Paused',
    readyReplicas: 11,
    replicas: 11,
    selector: 'app=checkout',
    stableRS: stable?.podHash,
    updatedReplicas: 1,
  };
  cluster.patch({ status: null as never });
  cluster.patch({ status });
  return cluster;
}

describe('a rollout that Argo began', () => {
  it('is left exactly as it is, while there is nothing to do', () => {
    expect(decide(leftByArgo().world()).effects).toEqual([]);
  });

  it('goes on from its gate', () => {
    const cluster = leftByArgo();
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 3, blueGreen: {} });
    expect(cluster.weights).toEqual([10, 50, 100, 0]);
  });

  it('keeps what we write in the shape that Argo reads back', () => {
    const cluster = leftByArgo();
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    const { status } = cluster.rollout;
    expect(status).toMatchObject({
      abort: true,
      abortedAt: '2027-01-15T08:00:00Z',
      currentStepIndex: 0,
      observedGeneration: '2',
      phase: 'Degraded',
      canary: { weights: { canary: { weight: 0 }, stable: { weight: 100 } } },
    });
    expect(status.pauseConditions).toBeUndefined();
    expect(status.controllerPause).toBeUndefined();
    expect(status.conditions).toContainEqual({
      type: 'Progressing',
      status: 'False',
      reason: 'RolloutAborted',
      message: 'Rollout aborted update to revision 2',
      lastUpdateTime: '2027-01-15T08:00:00Z',
      lastTransitionTime: '2027-01-15T08:00:00Z',
    });
  });

  it('tells what happened in Argo’s own order of events', () => {
    const rollout = aRollout().image('app:1').routed().steps({ setWeight: 10 }, { pause: {} }).build();
    const cluster = new SimulatedCluster(rollout);
    cluster.settle();
    const before = cluster.eventReasons().length;
    cluster.release('app:2');
    cluster.settle();
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    cluster.patch({ status: { abort: false } });
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    const told = cluster.eventReasons().slice(before);
    const known = ['SwitchService', 'TrafficWeightUpdated', 'ScalingReplicaSet'];
    expect(told.filter((reason) => !known.includes(reason))).toEqual([
      'RolloutUpdated',
      'NewReplicaSetCreated',
      'RolloutNotCompleted',
      'RolloutStepCompleted',
      'RolloutPaused',
      'RolloutAborted',
      'RolloutStepCompleted',
      'RolloutPaused',
      'RolloutStepCompleted',
      'RolloutResumed',
      'RolloutCompleted',
    ]);
  });
});
