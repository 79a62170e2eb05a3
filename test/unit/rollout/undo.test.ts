import { describe, expect, it } from 'vitest';
import { chooseUndo, isUndo, type KnownHealth, undoPatch } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const FAST = 'stepwise.dev/fast-undo';

/** Revision 1 and 2 were released, 2 is live. */
function twoRevisions(): SimulatedCluster {
  const rollout = aRollout().image('app:1').routed().steps({ setWeight: 20 }, { pause: {} }).build();
  const cluster = new SimulatedCluster(rollout);
  cluster.settle();
  release(cluster, 'app:2');
  return cluster;
}

function release(cluster: SimulatedCluster, image: string): void {
  cluster.release(image);
  cluster.settle();
  cluster.ask('promoteFull');
  cluster.settle();
  cluster.wait(31);
  cluster.settle();
}

function undo(cluster: SimulatedCluster, toRevision?: number, isWithSteps = false): void {
  const choice = chooseUndo(cluster.rollout, cluster.replicaSets, { toRevision, wasHealthy: () => 'yes' as const });
  if (choice.kind === 'refused') throw new Error(choice.reason);
  const target = cluster.replicaSets.find((one) => one.uid === choice.replicaSet.uid);
  if (target === undefined) throw new Error('gone');
  for (const { op, path, value } of undoPatch(cluster.rollout, target, isWithSteps)) {
    if (op === 'test') continue;
    const key = path.split('/').at(-1)?.replace('~1', '/') ?? '';
    if (path === '/spec/template') cluster.patch({ spec: { template: null } });
    if (path === '/spec/template') cluster.patch({ spec: { template: value } });
    else cluster.patch({ metadata: { annotations: { [key]: value } } });
  }
}

describe('undo', () => {
  it('goes back at once, without steps, and forgets the wish', () => {
    const cluster = twoRevisions();
    undo(cluster);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 2 });
    expect(cluster.imageOf(cluster.rollout.status.stableRS ?? '')).toBe('app:1');
    expect(cluster.rollout.metadata.annotations[FAST]).toBeUndefined();
    expect(cluster.weights).toEqual([20, 0]);
    expect(cluster.replicaSets).toHaveLength(2);
  });

  it('keeps the wish however often it is killed', () => {
    for (let killedAfter = 0; killedAfter < 14; killedAfter++) {
      const cluster = twoRevisions();
      undo(cluster);
      cluster.turn({ crashAfterEffects: killedAfter });
      cluster.settle();
      expect(cluster.rollout.status.phase, `killed after ${killedAfter} effects`).toBe('Healthy');
      expect(cluster.imageOf(cluster.rollout.status.stableRS ?? '')).toBe('app:1');
    }
  });

  it('takes the steps where the person wants them', () => {
    const cluster = twoRevisions();
    undo(cluster, 1, true);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('is no licence for another template that comes later', () => {
    const cluster = twoRevisions();
    undo(cluster);
    cluster.release('app:3');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    expect(cluster.rollout.metadata.annotations[FAST]).toBeUndefined();
  });

  it('can be aborted like anything else', () => {
    const cluster = twoRevisions();
    undo(cluster);
    cluster.turn();
    expect(cluster.rollout.status.promoteFull).toBe(true);
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded' });
    expect(cluster.imageOf(cluster.rollout.status.stableRS ?? '')).toBe('app:2');
  });

  it('goes to stable while something moves, to what was healthy else, and says why not', () => {
    const cluster = twoRevisions();
    const [first, second] = cluster.replicaSets;
    const unknown = { wasHealthy: () => undefined };
    expect(chooseUndo(cluster.rollout, cluster.replicaSets, unknown)).toMatchObject({ kind: 'target', revision: 1 });
    expect(chooseUndo(cluster.rollout, cluster.replicaSets, { wasHealthy: () => 'no' as const })).toEqual({
      kind: 'refused',
      reason: 'neverHealthy',
    });
    expect(chooseUndo(cluster.rollout, cluster.replicaSets, { ...unknown, toRevision: 7 })).toEqual({
      kind: 'refused',
      reason: 'unknownRevision',
    });
    expect(chooseUndo(cluster.rollout, second === undefined ? [] : [second], unknown)).toEqual({
      kind: 'refused',
      reason: 'noEarlierRevision',
    });
    cluster.release('app:3');
    cluster.settle();
    expect(chooseUndo(cluster.rollout, cluster.replicaSets, unknown)).toMatchObject({
      replicaSet: { uid: second?.uid },
    });
    expect(first?.uid).not.toBe(second?.uid);
  });

  it('prefers a revision that surely was healthy to one of which it is unclear', () => {
    const cluster = twoRevisions();
    release(cluster, 'app:3');
    const choose = (known: Record<number, KnownHealth>) =>
      chooseUndo(cluster.rollout, cluster.replicaSets, { wasHealthy: (revision) => known[revision] });
    expect(choose({ 1: 'yes', 2: 'unclear' })).toMatchObject({ revision: 1 });
    expect(choose({ 2: 'unclear' })).toMatchObject({ revision: 1 });
    expect(choose({ 1: 'no', 2: 'unclear' })).toMatchObject({ revision: 2 });
    expect(choose({ 1: 'no', 2: undefined })).toMatchObject({ revision: 2 });
  });

  it('writes back no label, metadata or affinity that a controller put in', () => {
    const cluster = twoRevisions();
    const [target] = cluster.replicaSets;
    if (target === undefined) throw new Error('no ReplicaSet');
    const term = {
      labelSelector: { matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: ['x'] }] },
    };
    const template = {
      metadata: { labels: { ...target.template.metadata?.labels, role: 'stable' }, annotations: { seen: 'yes' } },
      spec: {
        ...target.template.spec,
        containers: target.template.spec?.containers ?? [],
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
      },
    };
    const annotations = {
      ...target.annotations,
      'rollout.argoproj.io/ephemeral-metadata': JSON.stringify({
        labels: { role: 'stable' },
        annotations: { seen: 'yes' },
      }),
    };
    const patch = undoPatch(cluster.rollout, { ...target, annotations, template }, false);
    expect(patch).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: cluster.rollout.metadata.resourceVersion },
      {
        op: 'replace',
        path: '/spec/template',
        value: {
          metadata: { labels: { app: 'checkout' } },
          spec: { containers: [{ name: 'checkout', image: 'app:1' }] },
        },
      },
      { op: 'add', path: '/metadata/annotations/stepwise.dev~1undone', value: `2/${target.podHash}` },
      { op: 'add', path: '/metadata/annotations/stepwise.dev~1fast-undo', value: target.podHash },
    ]);
  });

  it.each([true, false])(
    'says of the revision that it makes, and of no other, that it is one (with steps: %s)',
    (isWithSteps) => {
      const cluster = twoRevisions();
      const undone = () => [1, 2, 3, 4, 5].filter((revision) => isUndo(cluster.rollout, revision));
      expect(undone()).toEqual([]);
      undo(cluster, undefined, isWithSteps);
      cluster.settle();
      expect(undone()).toEqual([3]);
      release(cluster, 'app:2');
      expect(undone()).toEqual([]);
      // Back to the same template, but nobody asked for an undo.
      release(cluster, 'app:1');
      expect(undone().includes(5)).toBe(false);
    },
  );
});
