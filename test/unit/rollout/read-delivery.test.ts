import { describe, expect, it } from 'vitest';
import { type DeliveryFacts, patchesFor, readDelivery } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const FACTS: DeliveryFacts = { clusterUid: 'cluster', startedBy: 'U1', startedAtMs: 1 };
const PLAN = [
  { setWeight: 10 },
  { pause: { duration: '30s' } },
  { analysis: { templates: [{ templateName: 'success' }] } },
  { pause: {} },
  { setWeight: 50 },
  { pause: {} },
];

function underWay(plan: readonly object[] = PLAN): SimulatedCluster {
  const cluster = new SimulatedCluster(
    aRollout()
      .image('ghcr.io/acme/checkout:1')
      .routed()
      .steps(...plan)
      .build(),
    [anAnalysisTemplate('success')],
  );
  cluster.settle();
  cluster.release('ghcr.io/acme/checkout:2');
  return cluster;
}

function deliver(cluster: SimulatedCluster, facts: Partial<DeliveryFacts> = {}) {
  const world = cluster.world();
  const replicaSets = world.replicaSets.map((one) => ({ ...one, image: cluster.imageOf(one.podHash) ?? '' }));
  return readDelivery({ ...world, replicaSets }, { ...FACTS, ...facts });
}

function toAnalysis(cluster: SimulatedCluster): string {
  cluster.settle();
  cluster.wait(31);
  cluster.settle();
  return cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
}

describe('a delivery', () => {
  it('starts, moves, is checked, waits at a gate, and is live', () => {
    const cluster = underWay();
    cluster.turn();
    expect(deliver(cluster)).toMatchObject({ state: 'starting', weightPercent: 0, pods: { ready: 0, desired: 1 } });

    cluster.settle();
    expect(deliver(cluster)).toMatchObject({
      state: 'moving',
      weightPercent: 10,
      revision: 2,
      fromImage: 'ghcr.io/acme/checkout:1',
      toImage: 'ghcr.io/acme/checkout:2',
      nextAtMs: cluster.nowMs + 30_000,
      step: { index: 1, count: 6 },
    });

    const run = toAnalysis(cluster);
    expect(deliver(cluster).state).toBe('checking');

    cluster.judge(run, 'Successful');
    cluster.settle();
    const gate = deliver(cluster);
    expect(gate).toMatchObject({ state: 'gate', nextPercent: 50, nextAtMs: undefined });
    expect(gate.weights).toEqual([
      { percent: 10, state: 'current' },
      { percent: 50, state: 'ahead' },
      { percent: 100, state: 'ahead' },
    ]);
    expect(gate.binding.pauseStartedAt).toBe(cluster.rollout.status.pauseConditions?.[0]?.startTime);

    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    expect(deliver(cluster).weights.map(({ state }) => state)).toEqual(['done', 'current', 'ahead']);
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    expect(deliver(cluster)).toMatchObject({
      state: 'live',
      weightPercent: 100,
      fromImage: 'ghcr.io/acme/checkout:1',
      toImage: 'ghcr.io/acme/checkout:2',
    });
  });

  it('says which metric sent it back, and is rolled back once that was seen', () => {
    const cluster = underWay();
    const run = toAnalysis(cluster);
    cluster.measure(run, 'success-metric', [
      { phase: 'Successful', value: '[0.99]' },
      { phase: 'Failed', value: '[0.91]' },
    ]);
    cluster.judge(run, 'Failed', 2, 'Metric "success-metric" assessed Failed due to failed (1) > failureLimit (0)');
    cluster.turn();
    const aborting = deliver(cluster, { hasNoCanaryRequests: false });
    expect(aborting).toMatchObject({
      state: 'aborting',
      weightPercent: 0,
      guilty: {
        name: 'success-metric',
        verdict: 'failed',
        value: 0.91,
        limit: { comparison: '>=', value: 0.95 },
      },
    });
    expect(aborting.reason).toContain('Step-based analysis phase error/failed');
    expect(aborting.series?.points.map(({ value, isFailed }) => [value, isFailed])).toEqual([
      [0.99, false],
      [0.91, true],
    ]);
    expect(deliver(cluster, { hasNoCanaryRequests: true })).toMatchObject({
      state: 'rolledBack',
      verification: [
        { check: 'weightZero', isDone: true },
        { check: 'noCanaryRequests', isDone: true },
        { check: 'podsGone', isDone: true },
        { check: 'metricBack', isDone: true },
      ],
    });
    cluster.wait(61);
    expect(deliver(cluster, { hasNoCanaryRequests: false }).state).toBe('notVerified');
  });

  it('tells apart what a person stopped and what an analysis could not say', () => {
    const cluster = underWay();
    const run = toAnalysis(cluster);
    cluster.patch({ spec: { paused: true } });
    cluster.turn();
    expect(deliver(cluster).state).toBe('paused');
    cluster.patch({ spec: { paused: false } });
    cluster.judge(run, 'Inconclusive', 1, 'Metric "success-metric" assessed Inconclusive');
    cluster.turn();
    expect(deliver(cluster)).toMatchObject({
      state: 'inconclusive',
      reason: 'Metric "success-metric" assessed Inconclusive',
    });
  });

  it('is superseded when another revision takes its place', () => {
    const cluster = underWay();
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    expect(deliver(cluster, { revision: 2 })).toMatchObject({
      state: 'superseded',
      toImage: 'ghcr.io/acme/checkout:2',
    });
    expect(deliver(cluster)).toMatchObject({ revision: 3, toImage: 'ghcr.io/acme/checkout:3' });
  });

  it('binds a click to the step, its pause and the phase of its analysis', () => {
    const cluster = underWay();
    const before = deliver(cluster).binding;
    const run = toAnalysis(cluster);
    const during = deliver(cluster).binding;
    expect(during).toEqual({ uid: before.uid, revision: 2, step: 2, pauseStartedAt: '', analysis: `${run}=Running` });
    cluster.judge(run, 'Running');
    expect(deliver(cluster).binding).toEqual(during);
    cluster.judge(run, 'Failed');
    expect(deliver(cluster).binding.analysis).toBe(`${run}=Failed`);
  });

  it('holds the last promotion until the background analysis has measured', () => {
    const rollout = aRollout()
      .routed()
      .steps({ setWeight: 50 })
      .canary({ analysis: { templates: [{ templateName: 'watch' }] } })
      .build();
    const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('watch', 0)]);
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:2');
    cluster.settle();
    expect(cluster.weight).toBe(100);
    expect(deliver(cluster)).toMatchObject({
      state: 'noData',
      reason: 'the background analysis has not measured anything yet',
    });
    cluster.wait(3600);
    cluster.settle();
    expect(deliver(cluster).state, 'no deadline counts this wait').toBe('noData');
    cluster.judge(cluster.rollout.status.canary?.currentBackgroundAnalysisRunStatus?.name ?? '', 'Running', 1);
    cluster.settle();
    expect(deliver(cluster).state).toBe('live');
  });
});

describe('a delivery of blue-green', () => {
  const strategy = {
    autoPromotionEnabled: false,
    prePromotionAnalysis: { templates: [{ templateName: 'success' }] },
    postPromotionAnalysis: { templates: [{ templateName: 'success' }] },
  };

  function toGate(change: object = {}): SimulatedCluster {
    const rollout = aRollout()
      .image('ghcr.io/acme/checkout:1')
      .blueGreen({ ...strategy, ...change })
      .build();
    const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('success')]);
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:2');
    cluster.turn();
    expect(deliver(cluster)).toMatchObject({ state: 'starting', pods: { ready: 0, desired: 10 } });
    cluster.settle();
    expect(deliver(cluster)).toMatchObject({ state: 'checking', blueGreen: { at: 'preview' } });
    cluster.judge(cluster.rollout.status.blueGreen?.prePromotionAnalysisRunStatus?.name ?? '', 'Successful');
    cluster.settle();
    return cluster;
  }

  it('waits at its gate with the preview, and is checked again when it is active', () => {
    const cluster = toGate();
    expect(deliver(cluster)).toMatchObject({
      state: 'gate',
      weightPercent: 0,
      weights: [{ percent: 100, state: 'ahead' }],
      nextPercent: undefined,
      blueGreen: { at: 'preview' },
      step: { index: 0, count: 1 },
      binding: { step: 0 },
    });
    const [patch] = patchesFor('promote', cluster.rollout);
    cluster.patch(patch?.patch ?? {});
    cluster.settle();
    const after = { state: 'checking', weightPercent: 100, blueGreen: { at: 'active' }, binding: { step: 1 } };
    expect(deliver(cluster)).toMatchObject(after);
    cluster.judge(cluster.rollout.status.blueGreen?.postPromotionAnalysisRunStatus?.name ?? '', 'Successful');
    cluster.settle();
    expect(deliver(cluster)).toMatchObject({ state: 'live', weights: [{ percent: 100, state: 'done' }] });
  });

  it('says when it goes over by itself', () => {
    const cluster = toGate({ autoPromotionEnabled: true, autoPromotionSeconds: 60 });
    expect(deliver(cluster)).toMatchObject({ state: 'moving', nextAtMs: cluster.nowMs + 60_000 });
  });

  it('is rolled back when the active Service leads to stable and the pods of the preview are going', () => {
    const cluster = toGate();
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    const seen = { hasNoCanaryRequests: true };
    expect(deliver(cluster, seen)).toMatchObject({
      state: 'rolledBack',
      weightPercent: 0,
      blueGreen: { at: 'preview' },
    });
    expect(deliver(cluster, seen).verification.map(({ check }) => check)).toEqual([
      'weightZero',
      'noCanaryRequests',
      'podsGone',
    ]);
  });
});
