import { describe, expect, it } from 'vitest';
import { nextPluginCall, type PluginOutcome, readDelivery, recordPluginCall } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const experiment = {
  templates: [{ name: 'candidate', specRef: 'canary' }],
  analyses: [{ name: 'compare', templateName: 'slo', requiredForCompletion: true }],
};
const plugin = { name: 'stepwise/webhook', config: { url: 'https://deploys.acme.dev/migrate' } };

/** At the step from which there is no way back. */
function atPoint(step: object): SimulatedCluster {
  const rollout = aRollout()
    .routed()
    .steps({ setWeight: 25 }, step, { setWeight: 50 }, { pause: {} })
    .annotated({ 'stepwise.dev/point-of-no-return': '1' })
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('slo')]);
  cluster.settle();
  cluster.release('checkout:2');
  cluster.settle();
  return cluster;
}

const named = (cluster: SimulatedCluster) => cluster.rollout.status.canary?.currentExperiment ?? '';
const look = (cluster: SimulatedCluster) => readDelivery(cluster.world(), { clusterUid: 'c' });

/** As the turn of its key does: asks what is due, and gives the answer. */
function answer(cluster: SimulatedCluster, phase: 'Successful' | 'Failed'): void {
  const call = nextPluginCall(cluster.rollout, cluster.nowMs);
  if (call?.kind !== 'call') throw new Error(`nothing is asked: ${JSON.stringify(call)}`);
  const message = phase === 'Failed' ? 'column is in use' : undefined;
  const outcome: PluginOutcome = { kind: 'answered', phase, message, requeueAfterMs: 5000, status: undefined };
  const status = recordPluginCall(cluster.rollout, call.entry, outcome, cluster.nowMs);
  if (status !== undefined) cluster.perform({ kind: 'writeStatus', status });
  cluster.settle();
}

const kinds = [
  {
    kind: 'an experiment',
    step: { experiment },
    says: 'candidate is slower',
    end(cluster: SimulatedCluster, phase: 'Successful' | 'Failed') {
      cluster.conclude(named(cluster), { phase, message: phase === 'Failed' ? 'candidate is slower' : '' });
      cluster.settle();
    },
  },
  { kind: 'a plugin', step: { plugin }, says: 'column is in use', end: answer },
] as const;

describe.each(kinds)('behind the point of no return $kind that fails', ({ step, says, end }) => {
  it('holds it where it is: nothing goes back, and the card says why', () => {
    const cluster = atPoint(step);
    expect(look(cluster).noReturn).toMatchObject({ at: 'passed' });
    const sofar = cluster.weights.length;
    end(cluster, 'Failed');
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'PointOfNoReturn', currentStepIndex: 1 });
    expect(cluster.rollout.status.abort).toBeUndefined();
    expect(cluster.weights.slice(sofar)).toEqual([]);
    expect(look(cluster)).toMatchObject({ state: 'frozen', weightPercent: 25, noReturn: { heldBy: 'verdict' } });
    expect(look(cluster).reason).toContain(says);
  });

  it('let go of, it is done once more, may fail again, and goes on when it is good', () => {
    const cluster = atPoint(step);
    for (let time = 0; time < 2; time++) {
      end(cluster, 'Failed');
      expect(look(cluster).state).toBe('frozen');
      cluster.ask('promote');
      cluster.settle();
      expect(cluster.rollout.status.pauseConditions).toBeUndefined();
      expect(look(cluster)).toMatchObject({ state: 'checking', step: { index: 1 } });
    }
    end(cluster, 'Successful');
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 3, phase: 'Paused' });
    expect(cluster.weight).toBe(50);
  });

  it('a skip goes past it, and an abort that somebody stored goes back', () => {
    const skipped = atPoint(step);
    end(skipped, 'Failed');
    skipped.ask('skip');
    skipped.settle();
    expect(skipped.rollout.status).toMatchObject({ currentStepIndex: 3, phase: 'Paused' });
    const aborted = atPoint(step);
    end(aborted, 'Failed');
    aborted.ask('abort');
    aborted.settle();
    expect(aborted.rollout.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(aborted.weight).toBe(0);
    expect(look(aborted).noReturn).toMatchObject({ at: 'goneBack' });
  });

  it('held by a person and by its verdict, it goes on only when both let go', () => {
    const cluster = atPoint(step);
    cluster.ask('pause');
    cluster.settle();
    if ('experiment' in step) end(cluster, 'Failed');
    cluster.ask('resume');
    cluster.settle();
    if (!('experiment' in step)) end(cluster, 'Failed');
    expect(look(cluster)).toMatchObject({ state: 'frozen', noReturn: { heldBy: 'verdict' } });
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1 });
  });
});

it('an experiment that leaves it open is left to a person, as before the point', () => {
  const cluster = atPoint({ experiment });
  cluster.conclude(named(cluster), { phase: 'Inconclusive', message: 'neither' });
  cluster.settle();
  expect(cluster.rollout.status.pauseConditions).toMatchObject([{ reason: 'InconclusiveExperiment' }]);
  expect(look(cluster)).toMatchObject({ state: 'inconclusive', reason: 'neither' });
});
