import { describe, expect, it } from 'vitest';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// What goes when, and what is left of earlier revisions: the numbers of the fields that say so.

const QUICK = [{ setWeight: 20 }];
const GATES = [{ setWeight: 20 }, { pause: {} }];

function begin(steps: readonly object[], canary: object = {}, spec: object = {}): SimulatedCluster {
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .steps(...steps)
    .canary(canary)
    .spec({ replicas: 10, ...spec })
    .build();
  const cluster = new SimulatedCluster(rollout);
  cluster.settle();
  return cluster;
}

function releaseAll(cluster: SimulatedCluster, ...images: readonly string[]): void {
  for (const image of images) {
    cluster.wait(1);
    cluster.release(image);
    cluster.settle();
  }
}

describe('what stays of a replaced revision', () => {
  it.each([
    [undefined, 30],
    [5, 5],
    [600, 600],
  ])('its pods, for scaleDownDelaySeconds %s', (scaleDownDelaySeconds, seconds) => {
    const cluster = begin(QUICK, scaleDownDelaySeconds === undefined ? {} : { scaleDownDelaySeconds });
    releaseAll(cluster, 'app:2');
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 10 });
    expect(cluster.turn()).toBe(cluster.nowMs + seconds * 1000);
    cluster.wait(seconds - 1);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 10 });
    cluster.wait(1);
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 0, 'app:2': 10 });
  });

  it.each([
    [0, { 'app:1': 0, 'app:2': 0, 'app:3': 0, 'app:4': 10 }],
    [1, { 'app:1': 0, 'app:2': 0, 'app:3': 10, 'app:4': 10 }],
    [2, { 'app:1': 0, 'app:2': 10, 'app:3': 10, 'app:4': 10 }],
    [undefined, { 'app:1': 10, 'app:2': 10, 'app:3': 10, 'app:4': 10 }],
  ])('of several, the pods of the newest %s', (scaleDownDelayRevisionLimit, expected) => {
    const limit = scaleDownDelayRevisionLimit === undefined ? {} : { scaleDownDelayRevisionLimit };
    const cluster = begin(QUICK, limit);
    releaseAll(cluster, 'app:2', 'app:3', 'app:4');
    expect(cluster.sizes()).toEqual(expected);
  });

  it('nothing of one that was overtaken on its way: its pods go at once', () => {
    const cluster = begin(GATES);
    releaseAll(cluster, 'app:2', 'app:3');
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0, 'app:3': 2 });
  });

  it('a deadline is taken back from pods that are needed again', () => {
    const cluster = begin(QUICK);
    releaseAll(cluster, 'app:2', 'app:1');
    cluster.wait(40);
    cluster.settle();
    expect(cluster.stable()?.annotations['scale-down-deadline']).toBeUndefined();
    expect(cluster.sizes()).toEqual({ 'app:1': 10, 'app:2': 0 });
  });

  it.each([
    [0, ['app:5']],
    [1, ['app:4', 'app:5']],
    [3, ['app:2', 'app:3', 'app:4', 'app:5']],
  ])('ReplicaSets, as many as revisionHistoryLimit %i', (revisionHistoryLimit, images) => {
    const cluster = begin(QUICK, { scaleDownDelaySeconds: 0 }, { revisionHistoryLimit });
    releaseAll(cluster, 'app:2', 'app:3', 'app:4', 'app:5');
    expect(Object.keys(cluster.sizes())).toEqual(images);
  });
});

describe('what an abort leaves', () => {
  it.each([
    [undefined, 30],
    [7, 7],
    // Unlike Argo, which takes pods away at once where the delay is longer than its resync.
    [1200, 1200],
  ])('the canary’s pods, for abortScaleDownDelaySeconds %s', (abortScaleDownDelaySeconds, seconds) => {
    const delay = abortScaleDownDelaySeconds === undefined ? {} : { abortScaleDownDelaySeconds };
    const cluster = begin(GATES, delay);
    releaseAll(cluster, 'app:2');
    cluster.ask('abort');
    cluster.settle();
    expect([cluster.weight, cluster.sizes()]).toEqual([0, { 'app:1': 10, 'app:2': 2 }]);
    cluster.wait(seconds - 1);
    cluster.settle();
    expect(cluster.sizes()['app:2']).toBe(2);
    cluster.wait(1);
    cluster.settle();
    expect(cluster.sizes()['app:2']).toBe(0);
    cluster.ask('retry');
    cluster.settle();
    expect([cluster.weight, cluster.sizes()]).toEqual([20, { 'app:1': 10, 'app:2': 2 }]);
    expect(cluster.canary()?.annotations['scale-down-deadline']).toBeUndefined();
  });
});

describe('the way back to an earlier revision', () => {
  it.each([
    [undefined, 'app:1', 0],
    [1, 'app:2', 2],
    [1, 'app:1', 0],
    [2, 'app:1', 2],
  ])('with a rollbackWindow of %s, to %s, whose pods are gone', (revisions, image, index) => {
    const cluster = begin(
      GATES,
      { scaleDownDelaySeconds: 0 },
      revisions === undefined ? {} : { rollbackWindow: { revisions } },
    );
    for (const next of ['app:2', 'app:3']) {
      releaseAll(cluster, next);
      cluster.ask('promote');
      cluster.settle();
    }
    expect(cluster.sizes()).toEqual({ 'app:1': 0, 'app:2': 0, 'app:3': 10 });
    cluster.release(image);
    cluster.turn();
    expect(cluster.rollout.status.currentStepIndex).toBe(index);
    if (index > 0) {
      expect(cluster.weight, 'traffic moves with the Service, when all pods are there').toBe(0);
      cluster.settle();
      expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', stableRS: cluster.canary()?.podHash });
    }
  });

  it('inside the window still stops for an abort', () => {
    const cluster = begin(GATES, { scaleDownDelaySeconds: 0 }, { rollbackWindow: { revisions: 1 } });
    releaseAll(cluster, 'app:2');
    cluster.ask('promote');
    cluster.settle();
    const stable = cluster.rollout.status.stableRS;
    cluster.release('app:1');
    cluster.turn();
    cluster.ask('abort');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded', stableRS: stable });
  });
});

describe('size under way', () => {
  it('follows a new number of replicas while a step is paused', () => {
    const rollout = aRollout().image('app:1').replicas(4).steps({ setWeight: 25 }, { pause: {} }).build();
    const cluster = new SimulatedCluster(rollout);
    cluster.settle();
    releaseAll(cluster, 'app:2');
    expect(cluster.sizes()).toEqual({ 'app:1': 3, 'app:2': 1 });
    cluster.patch({ spec: { replicas: 8 } });
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 6, 'app:2': 2 });
    cluster.patch({ spec: { replicas: 0 } });
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 0, 'app:2': 0 });
    cluster.patch({ spec: { replicas: 4 } });
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 3, 'app:2': 1 });
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, message: 'CanaryPauseStep' });
  });

  // An autoscaler does not know that somebody is waited for.
  it.each([
    [
      'a router',
      true,
      [4, 8, 2, 8],
      [
        { 'app:1': 4, 'app:2': 1 },
        { 'app:1': 8, 'app:2': 2 },
        { 'app:1': 2, 'app:2': 1 },
        { 'app:1': 8, 'app:2': 2 },
      ],
    ],
    [
      'no router',
      false,
      [4, 8, 2, 8],
      [
        { 'app:1': 3, 'app:2': 1 },
        { 'app:1': 6, 'app:2': 2 },
        { 'app:1': 1, 'app:2': 1 },
        { 'app:1': 6, 'app:2': 2 },
      ],
    ],
  ] as const)('follows it also while a person holds the rollout, with %s', (_, isRouted, replicas, sizes) => {
    const base = isRouted ? aRollout().routed() : aRollout();
    const cluster = new SimulatedCluster(
      base.image('app:1').replicas(4).steps({ setWeight: 25 }, { pause: {} }).build(),
    );
    cluster.settle();
    releaseAll(cluster, 'app:2');
    cluster.patch({ spec: { paused: true } });
    for (const [index, count] of replicas.entries()) {
      cluster.patch({ spec: { replicas: count } });
      cluster.settle();
      expect(cluster.sizes()).toEqual(sizes[index]);
    }
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, message: 'manually paused' });
  });

  it('follows it when it is live and held', () => {
    const cluster = begin(GATES, {});
    cluster.patch({ spec: { paused: true } });
    cluster.patch({ spec: { replicas: 7 } });
    cluster.settle();
    expect(cluster.sizes()).toEqual({ 'app:1': 7 });
  });

  it.each([
    [{ type: 'Percent', value: 70 }, 6, 0],
    [{ type: 'Percent', value: 70 }, 7, 1],
    [{ type: 'Pods', value: 4 }, 3, 0],
    [{ type: 'Pods', value: 4 }, 4, 1],
  ])('goes on at %o with %i of 10 pods: step %i', (replicaProgressThreshold, pods, index) => {
    const cluster = begin([{ setWeight: 100 }, { pause: {} }], { replicaProgressThreshold });
    cluster.release('app:2');
    cluster.turn();
    cluster.ready(cluster.canary()?.podHash, pods);
    cluster.turn();
    expect(cluster.rollout.status.currentStepIndex).toBe(index);
  });

  it.each([
    [100, 25, 3],
    [1000, 250, 3],
    [1000, 1, 1],
    [1000, 999, 10],
  ])('of a full scale of %i, a weight of %i means %i of 10 pods', (maxTrafficWeight, setWeight, pods) => {
    const cluster = begin([{ setWeight }, { pause: {} }], {
      trafficRouting: { nginx: { stableIngress: 'checkout' }, maxTrafficWeight },
    });
    releaseAll(cluster, 'app:2');
    expect([cluster.weight, cluster.sizes()]).toEqual([setWeight, { 'app:1': 10, 'app:2': pods }]);
    expect(cluster.rollout.status.canary?.weights?.stable.weight).toBe(maxTrafficWeight - setWeight);
  });
});

describe('the progress deadline', () => {
  const SLOW = { progressDeadlineSeconds: 60, progressDeadlineAbort: true };

  it.each([
    ['a setWeight that gets no pods', [{ setWeight: 20 }], true],
    ['a pause', [{ pause: {} }], false],
    ['a pause with time', [{ pause: { duration: '1h' } }], false],
  ])('of %s aborts: %o %s', (_what, steps, isAborted) => {
    const cluster = begin(steps, {}, SLOW);
    cluster.release('app:2');
    cluster.turn();
    cluster.turn();
    cluster.wait(61);
    cluster.turn();
    cluster.turn();
    expect(cluster.rollout.status.abort ?? false).toBe(isAborted);
  });

  it('aborts nothing once the update is promoted', () => {
    const cluster = begin([{ setWeight: 20 }], { scaleDownDelaySeconds: 0 }, SLOW);
    releaseAll(cluster, 'app:2');
    cluster.ready(undefined, 3);
    cluster.turn();
    cluster.wait(61);
    cluster.turn();
    cluster.turn();
    expect(cluster.rollout.status.abort).toBeUndefined();
    expect(cluster.rollout.status.message).toMatch(/^ProgressDeadlineExceeded: /);
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });
});
