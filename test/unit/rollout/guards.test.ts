import { describe, expect, it } from 'vitest';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const INLINE = { analysis: { templates: [{ templateName: 'inline' }] } };

function begin(builder = aRollout().routed()): SimulatedCluster {
  const cluster = new SimulatedCluster(builder.image('app:1').build(), [
    anAnalysisTemplate('inline'),
    anAnalysisTemplate('watch', 0),
  ]);
  cluster.settle();
  cluster.release('app:2');
  return cluster;
}

describe('what holds a canary', () => {
  it('is a stable revision that is short of pods for its share, but not one that has none', () => {
    const plan = aRollout().routed().steps({ setWeight: 20 }, { pause: {} });
    const short = begin(plan);
    short.turn();
    short.ready(short.canary()?.podHash);
    short.ready(short.stable()?.podHash, 7);
    short.turn();
    expect(short.weight ?? 0).toBe(0);
    short.ready(short.stable()?.podHash, 8);
    short.turn();
    expect(short.weight).toBe(20);

    const broken = begin(plan);
    broken.turn();
    broken.ready(broken.canary()?.podHash);
    broken.ready(broken.stable()?.podHash, 0);
    broken.turn();
    expect(broken.weight, 'a fix must be able to go out').toBe(20);
  });

  it('is a canary without any pod: its traffic goes at once, and comes back with the pods', () => {
    const cluster = begin(aRollout().routed().steps({ setWeight: 20 }, { pause: {} }));
    cluster.settle();
    cluster.ready(cluster.canary()?.podHash, 0);
    cluster.turn();
    expect(cluster.weight).toBe(0);
    cluster.settle();
    expect(cluster.weight).toBe(20);
    expect(cluster.rollout.status.currentStepIndex).toBe(1);
  });

  it('is a Service that is taken over: not before a full set of pods stands behind it', () => {
    const cluster = new SimulatedCluster(aRollout().routed().replicas(3).build());
    cluster.turn();
    cluster.ready(undefined, 2);
    cluster.turn();
    expect(cluster.services['checkout-stable']?.selector).toEqual({ app: 'checkout' });
    cluster.ready(undefined, 3);
    cluster.turn();
    expect(cluster.services['checkout-stable']).toMatchObject({
      selector: { app: 'checkout', 'rollouts-pod-template-hash': cluster.rollout.status.stableRS },
      annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'checkout' },
    });
  });
});

describe('an abort', () => {
  it('drains the canary even of a paused rollout, where pods are the traffic', () => {
    const cluster = begin(aRollout().steps({ setWeight: 50 }, { pause: {} }));
    cluster.settle();
    expect(cluster.canary()?.specReplicas).toBe(5);
    cluster.ask('pause');
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.canary()?.specReplicas).toBe(0);
    expect(cluster.stable()?.availableReplicas).toBe(10);
  });

  it('is not stopped by a mistake elsewhere in the spec', () => {
    const cluster = begin(aRollout().routed().steps({ setWeight: 20 }, { pause: {} }));
    cluster.settle();
    cluster.patch({ spec: { progressDeadlineSeconds: 0 } });
    cluster.ask('abort');
    cluster.turn();
    expect(cluster.weight).toBe(0);
    expect(cluster.rollout.status.message).toContain('InvalidSpec');
  });
});

describe('a router of which something is gone', () => {
  it('is raised no more, and lowered all the same', () => {
    const cluster = begin(aRollout().routed().steps({ setWeight: 20 }, { pause: {} }, { setWeight: 50 }));
    cluster.settle();
    expect(cluster.weight).toBe(20);
    cluster.routerProblem = 'HTTPRoute "other" not found';
    cluster.ask('promote');
    cluster.turn();
    expect(cluster.weight).toBe(20);
    cluster.ask('abort');
    cluster.turn();
    expect(cluster.weight).toBe(0);
  });
});

describe('a run', () => {
  it('of a step that somebody skipped has no say any more', () => {
    const cluster = begin(aRollout().routed().steps(INLINE, { setWeight: 20 }, { pause: {} }));
    cluster.settle();
    const run = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    cluster.ask('skip');
    cluster.judge(run, 'Failed');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 2 });
  });

  it('that raises a doubt keeps the step that it interrupts from completing', () => {
    const cluster = begin(
      aRollout()
        .routed()
        .steps({ setWeight: 20 }, INLINE, { setWeight: 50 }, { pause: {} })
        .canary({ analysis: { templates: [{ templateName: 'watch' }] } }),
    );
    cluster.settle();
    const { currentStepAnalysisRunStatus: step, currentBackgroundAnalysisRunStatus: background } =
      cluster.rollout.status.canary ?? {};
    cluster.judge(step?.name ?? '', 'Successful');
    cluster.judge(background?.name ?? '', 'Inconclusive');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ message: 'InconclusiveAnalysisRun', currentStepIndex: 1 });
    expect(cluster.weight).toBe(20);
  });

  it('that vanished is made again under its name', () => {
    const cluster = begin(aRollout().routed().steps(INLINE, { setWeight: 20 }));
    cluster.settle();
    const [run] = cluster.analysisRuns;
    cluster.analysisRuns = [];
    cluster.settle();
    expect(cluster.analysisRuns.map(({ metadata }) => metadata.name)).toEqual([run?.metadata.name]);
    expect(cluster.rollout.status.currentStepIndex).toBe(0);
  });
});
