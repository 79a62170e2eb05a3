import { describe, expect, it } from 'vitest';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const INLINE = { analysis: { templates: [{ templateName: 'inline' }] } };
const GATES = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }];

function underWay(plan: readonly object[] = GATES, canary: object = {}): SimulatedCluster {
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .steps(...plan)
    .canary(canary)
    .build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('inline'), anAnalysisTemplate('watch', 0)]);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

function backgroundOf(cluster: SimulatedCluster): string {
  return cluster.rollout.status.canary?.currentBackgroundAnalysisRunStatus?.name ?? '';
}

describe('what a person asks for', () => {
  it('promotes one gate at a time, though two gates follow each other', () => {
    const cluster = underWay([{ setWeight: 20 }, { pause: {} }, { pause: {} }, { setWeight: 60 }]);
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('skips a gate and stops at the next one', () => {
    const cluster = underWay([{ setWeight: 20 }, { pause: {} }, { pause: {} }]);
    cluster.ask('skip');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
  });

  it('skips a running analysis, and ends its run', () => {
    const cluster = underWay([{ setWeight: 20 }, INLINE, { pause: {} }]);
    const run = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name;
    cluster.ask('skip');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 2, message: 'CanaryPauseStep' });
    expect(cluster.analysisRuns.find((one) => one.metadata.name === run)?.spec.terminate).toBe(true);
  });

  it('finishes: weight held until all pods are there, then the stable Service is switched', () => {
    const cluster = underWay();
    cluster.ask('promoteFull');
    cluster.turn();
    expect(cluster.weight).toBe(20);
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 10 });
    cluster.settle();
    expect(cluster.weights).toEqual([20, 0]);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 4 });
    expect(cluster.rollout.status.promoteFull).toBeUndefined();
  });

  it('pauses where it stands: nothing is raised, and nothing completes, until it is resumed', () => {
    const cluster = underWay();
    cluster.ask('pause');
    cluster.ask('promote');
    cluster.patch({ spec: { paused: true } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'manually paused', currentStepIndex: 1 });
    expect(cluster.weight).toBe(20);
    cluster.ask('resume');
    cluster.settle();
    expect(cluster.rollout.status.currentStepIndex).toBe(3);
  });

  it('retries from the first step, with new runs', () => {
    const cluster = underWay([INLINE, { setWeight: 20 }, { pause: {} }]);
    const first = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    cluster.judge(first, 'Failed');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Degraded');
    cluster.ask('retry');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 0, phase: 'Progressing' });
    expect(cluster.rollout.status.abortedAt).toBeUndefined();
    expect(cluster.rollout.status.conditions?.find((one) => one.type === 'Progressing')?.reason).toBe('RolloutRetry');
    expect(cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name).toBe(`${first}.1`);
    expect(cluster.analysisRuns.map((run) => run.metadata.name)).toContain(`${first}.1`);
  });

  it('lets an abort win over an earlier wish to finish', () => {
    const cluster = underWay();
    cluster.ask('promoteFull');
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.weight).toBe(0);
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded' });
    expect(cluster.rollout.status.promoteFull).toBeUndefined();
  });

  it('finishes an aborted revision when somebody asks for that by name', () => {
    const cluster = underWay();
    cluster.ask('abort');
    cluster.settle();
    cluster.ask('promoteFull');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('forgets an abort of what is stable already', () => {
    const cluster = underWay();
    cluster.ask('promoteFull');
    cluster.settle();
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.rollout.status.abort).toBeUndefined();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });
});

describe('another template', () => {
  it('takes the place of one under way: traffic goes back to stable first, the overtaken pods go', () => {
    const cluster = underWay();
    cluster.release('app:3');
    cluster.turn();
    expect(cluster.weight).toBe(0);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0, 'app:3': 2 });
    expect(cluster.weights).toEqual([20, 0, 20]);
    expect(cluster.services['checkout-canary']?.selector['rollouts-pod-template-hash']).toBe(cluster.canary()?.podHash);
  });

  it('goes back to stable without steps, and keeps the canary for a while', () => {
    const cluster = underWay();
    cluster.release('app:1');
    cluster.settle();
    expect(cluster.weights).toEqual([20, 0]);
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 4 });
    expect(cluster.rollout.metadata.annotations['rollout.argoproj.io/revision']).toBe('3');
    expect(cluster.eventReasons()).toContain('SkipSteps');
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 2 });
    cluster.wait(31);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0 });
    const stable = cluster.stable();
    expect(stable?.annotations['rollout.argoproj.io/revision-history']).toBe('1');
  });

  it('goes back to an older revision by all steps, unless a rollback window lets it', () => {
    const cluster = underWay();
    cluster.ask('promoteFull');
    cluster.settle();
    cluster.release('app:1');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Paused' });

    const windowed = underWay();
    windowed.patch({ spec: { rollbackWindow: { revisions: 3 } } });
    windowed.ask('promoteFull');
    windowed.settle();
    windowed.release('app:1');
    windowed.settle();
    expect(windowed.rollout.status).toMatchObject({ currentStepIndex: 4, phase: 'Healthy' });
  });

  it('begins the same revision again when only its steps change', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.weight).toBe(60);
    cluster.patch({ spec: { strategy: { canary: { steps: [{ setWeight: 30 }, { pause: {} }] } } } });
    cluster.settle();
    expect(cluster.weight).toBe(30);
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Paused' });
    expect(cluster.replicaSets).toHaveLength(2);
  });

  it('does not lose an abort that came right after a change of steps', () => {
    const cluster = underWay();
    cluster.patch({ spec: { strategy: { canary: { steps: [{ setWeight: 30 }, { pause: {} }] } } } });
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.weight).toBe(0);
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded' });
  });

  it('leaves an abort behind', () => {
    const cluster = underWay();
    cluster.ask('abort');
    cluster.settle();
    cluster.release('app:3');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    expect(cluster.rollout.status.abort).toBeUndefined();
    const progressing = cluster.rollout.status.conditions?.find((one) => one.type === 'Progressing');
    expect(progressing).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
  });
});

describe('background analysis', () => {
  const WATCHED = { analysis: { templates: [{ templateName: 'watch' }], startingStep: 2 } };

  it('begins at its step, goes on over the steps, and ends with the promotion', () => {
    const cluster = underWay(GATES, WATCHED);
    expect(cluster.analysisRuns).toEqual([]);
    cluster.ask('promote');
    cluster.settle();
    const run = backgroundOf(cluster);
    expect(run).toBe(`checkout-${cluster.canary()?.podHash}-2`);
    cluster.judge(run, 'Running');
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(backgroundOf(cluster)).toBe('');
    expect(cluster.analysisRuns[0]?.spec.terminate).toBe(true);
  });

  it('pauses when it is inconclusive, and measures anew when a person lets it go on', () => {
    const cluster = underWay(GATES, { analysis: { templates: [{ templateName: 'watch' }] } });
    const run = backgroundOf(cluster);
    cluster.judge(run, 'Inconclusive');
    cluster.settle();
    expect(cluster.rollout.status.pauseConditions?.map(({ reason }) => reason)).toEqual([
      'CanaryPauseStep',
      'InconclusiveAnalysisRun',
    ]);
    cluster.ask('promote');
    cluster.settle();
    expect(backgroundOf(cluster)).toBe(`${run}.1`);
    expect(cluster.rollout.status.currentStepIndex).toBe(3);
  });

  it('sends the canary back when it fails, whatever the step', () => {
    const cluster = underWay(GATES, { analysis: { templates: [{ templateName: 'watch' }] } });
    cluster.judge(backgroundOf(cluster), 'Error', 1, 'no answer');
    cluster.settle();
    expect(cluster.rollout.status.message).toBe(
      'RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: no answer',
    );
  });

  it('is not proved by a run that somebody ended before it measured', () => {
    const cluster = underWay([INLINE, { setWeight: 20 }]);
    const run = cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    cluster.judge(run, 'Successful', 0);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun' });

    const argo = underWay([INLINE, { setWeight: 20 }, { pause: {} }]);
    argo.evidence = 'argo';
    argo.judge(argo.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '', 'Successful', 0);
    argo.settle();
    expect(argo.rollout.status.currentStepIndex).toBe(2);
  });
});

describe('size and time', () => {
  it('follows a change of replicas under way without a step back in traffic', () => {
    const cluster = underWay();
    cluster.ask('promote');
    cluster.settle();
    cluster.patch({ spec: { replicas: 20 } });
    cluster.turn();
    expect(cluster.weight).toBe(60);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 20, 'app:2': 12 });
    expect(cluster.weights).toEqual([20, 60]);
    expect(cluster.canary()?.annotations['rollout.argoproj.io/desired-replicas']).toBe('20');
  });

  it('ends a timed pause by the clock of the API server, and asks to be woken for it', () => {
    const cluster = underWay([{ setWeight: 20 }, { pause: { duration: '1m' } }]);
    expect(cluster.turn()).toBe(cluster.nowMs + 60_000);
    cluster.wait(59);
    cluster.settle();
    expect(cluster.rollout.status.currentStepIndex).toBe(1);
    cluster.wait(1);
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('says when pods do not come, and goes on when they do', () => {
    const cluster = underWay([{ setWeight: 20 }]);
    cluster.wait(31);
    cluster.settle();
    cluster.release('app:3');
    cluster.turn();
    const wakeAtMs = cluster.turn();
    expect(wakeAtMs).toBe(cluster.nowMs + 600_000);
    cluster.wait(601);
    cluster.turn();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Degraded' });
    expect(cluster.rollout.status.message).toMatch(
      /^ProgressDeadlineExceeded: ReplicaSet "checkout-\w+" has timed out/,
    );
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('aborts at the deadline where the author asks for it', () => {
    const cluster = underWay([{ setWeight: 20 }]);
    cluster.patch({ spec: { progressDeadlineAbort: true } });
    cluster.wait(31);
    cluster.settle();
    cluster.release('app:3');
    cluster.turn();
    cluster.wait(601);
    cluster.turn();
    expect(cluster.rollout.status.message).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 3: ReplicaSet "checkout-\w+" has timed out progressing\.$/,
    );
  });

  it('keeps an aborted canary for its delay, counted from when stable is whole', () => {
    const cluster = underWay(GATES, { abortScaleDownDelaySeconds: 10 });
    const stable = cluster.stable()?.podHash;
    cluster.ready(stable, 9);
    cluster.ask('abort');
    cluster.turn();
    expect(cluster.weight).toBe(0);
    expect(cluster.canary()?.annotations['scale-down-deadline']).toBeUndefined();
    cluster.ready(stable);
    expect(cluster.turn()).toBe(cluster.nowMs + 10_000);
    expect(cluster.canary()?.annotations['scale-down-deadline']).toBe('2027-01-15T08:00:10Z');
    cluster.wait(10);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0 });
  });

  it('leaves an aborted canary up where the delay is 0, as documented', () => {
    const cluster = underWay(GATES, { abortScaleDownDelaySeconds: 0 });
    cluster.ask('abort');
    cluster.settle();
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 2 });
  });

  it('sizes the canary by itself where a setCanaryScale says so', () => {
    const cluster = underWay([
      { setCanaryScale: { replicas: 3 } },
      { setWeight: 10 },
      { pause: {} },
      { setCanaryScale: { matchTrafficWeight: true } },
      { pause: {} },
    ]);
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 3 });
    expect(cluster.weight).toBe(10);
    cluster.ask('promote');
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 1 });
  });

  it('runs no fewer canary pods than the author wants, and waits for no more than are enough', () => {
    const cluster = underWay([{ setWeight: 10 }, { pause: {} }], {
      minPodsPerReplicaSet: 3,
      replicaProgressThreshold: { type: 'Percent', value: 60 },
    });
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 3 });

    cluster.release('app:3');
    cluster.turn();
    cluster.ready(cluster.canary()?.podHash, 1);
    cluster.turn();
    expect(cluster.rollout.status.currentStepIndex).toBe(0);
    cluster.ready(cluster.canary()?.podHash, 2);
    cluster.turn();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Paused' });
    expect(cluster.weight).toBe(10);
  });

  it('keeps the canary off the nodes of stable, by a term that is no part of the hash', () => {
    const plain = underWay();
    const cluster = underWay(GATES, { antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } });
    expect(cluster.canary()?.podHash).toBe(plain.canary()?.podHash);
    expect(cluster.canary()?.template.spec?.affinity).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: {
              matchExpressions: [
                { key: 'rollouts-pod-template-hash', operator: 'In', values: [cluster.rollout.status.stableRS] },
              ],
            },
            namespaces: ['shop'],
            topologyKey: 'kubernetes.io/hostname',
          },
        ],
      },
    });
    expect(cluster.stable()?.template.spec?.affinity).toBeUndefined();
  });

  it('deletes empty ReplicaSets beyond the history limit, with their runs', () => {
    const cluster = underWay([{ setWeight: 20 }, INLINE]);
    cluster.patch({ spec: { revisionHistoryLimit: 1 } });
    for (let image = 3; image < 6; image++) {
      cluster.judge(cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '', 'Successful');
      cluster.settle();
      cluster.wait(31);
      cluster.settle();
      cluster.release(`app:${image}`);
      cluster.settle();
    }
    expect(Object.keys(cluster.sizes())).toEqual(['app:3', 'app:4', 'app:5']);
    const hashes = cluster.replicaSets.map((one) => one.podHash);
    for (const run of cluster.analysisRuns) {
      expect(hashes).toContain(run.metadata.labels['rollouts-pod-template-hash']);
    }
  });
});
