import { describe, expect, test } from 'vitest';
import { noteOverride, type Rollout, readPutBack } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { anArgoRollout, trackingId, wholeContainers } from '../../support/owned-by-git.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const [two, three] = ['ghcr.io/acme/checkout:2.0.0', 'ghcr.io/acme/checkout:3.0.0'];
const annotations = {
  'stepwise.dev/git-override': JSON.stringify({
    revision: 3,
    images: { checkout: { git: three, set: two } },
    at: '2026-11-20T12:00:00.700Z',
  }),
};
const argo = (time: string) => ({ manager: 'argocd-controller', fields: wholeContainers, time });
const byPerson = {
  manager: 'stepwise-U1',
  operation: 'Update',
  fields: wholeContainers,
  time: '2026-11-20T12:00:00Z',
} as const;

test.each([
  ['still set', { image: two, writers: [byPerson] }, undefined],
  ['put back', { image: three, writers: [argo('2026-11-20T12:00:03Z')] }, 'argocd-controller'],
  ['put back within the same second', { image: three, writers: [argo('2026-11-20T12:00:00Z')] }, 'argocd-controller'],
  [
    'put back by a person at the command line',
    { image: three, writers: [{ ...argo('2026-11-20T12:00:09Z'), manager: 'kubectl-edit' }] },
    'kubectl-edit',
  ],
  ['set back by a person here', { image: three, writers: [{ ...byPerson, time: '2026-11-20T12:01:00Z' }] }, undefined],
  [
    'overtaken by the next release from Git',
    { image: `${three}-fixed`, writers: [argo('2026-11-20T12:30:00Z')] },
    undefined,
  ],
  ['not written yet', { image: three, writers: [argo('2026-11-20T11:59:00Z')] }, undefined],
])('an override that was %s', (_, { image, writers }, manager) => {
  const putBack = readPutBack(anArgoRollout({ annotations, image, writers }));
  expect(putBack?.manager).toBe(manager);
  if (manager === undefined) return;
  expect(putBack).toMatchObject({
    field: 'spec.template.spec.containers[name=checkout].image',
    from: two,
    to: three,
    sinceRevision: 3,
  });
});

test('without an override nothing was put back', () => {
  expect(readPutBack(anArgoRollout())).toBeUndefined();
});

describe('a release that was aborted, then undone against Git, then put back', () => {
  const note = 'stepwise.dev/git-override';

  function putBack(): SimulatedCluster {
    const rollout = aRollout()
      .image(two)
      .routed()
      .steps({ setWeight: 20 }, { pause: {} })
      .annotated({ 'argocd.argoproj.io/tracking-id': trackingId })
      .build();
    const cluster = new SimulatedCluster(rollout);
    cluster.settle();
    byArgo(cluster);
    cluster.release(three);
    cluster.settle();
    cluster.ask('abort');
    cluster.settle();
    override(cluster, two);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Healthy' });
    byArgo(cluster);
    cluster.release(three);
    return cluster;
  }

  /** Nobody owns the field but who writes it last. */
  function writtenBy(cluster: SimulatedCluster, manager: string): void {
    const time = new Date(cluster.world().nowMs).toISOString();
    cluster.patch({ metadata: { managedFields: [{ manager, operation: 'Apply', time, fieldsV1: wholeContainers }] } });
  }
  function byArgo(cluster: SimulatedCluster): void {
    writtenBy(cluster, 'argocd-controller');
  }

  function override(cluster: SimulatedCluster, image: string): void {
    const { template } = aRollout().image(image).build().spec;
    for (const change of noteOverride(cluster.rollout, template ?? {}, { nowMs: cluster.world().nowMs })) {
      cluster.patch({ metadata: { annotations: { [note]: change.op === 'add' ? change.value : null } } });
    }
    writtenBy(cluster, 'stepwise-U1');
    cluster.release(image);
  }

  function statusOf({ rollout }: { readonly rollout: Rollout }): Rollout['status'] {
    return rollout.status;
  }

  test('stays aborted, with all requests on stable', () => {
    const cluster = putBack();
    cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ phase: 'Degraded', abort: true });
    expect(statusOf(cluster).message).toContain('Git has put it back');
    expect(cluster.imageOf(statusOf(cluster).stableRS ?? '')).toBe(two);
    expect(cluster.weights).toEqual([20, 0]);
  });

  test('stays so however often the controller is killed', () => {
    for (let killedAfter = 0; killedAfter < 12; killedAfter++) {
      const cluster = putBack();
      cluster.turn({ crashAfterEffects: killedAfter });
      cluster.settle();
      expect(cluster.weights, `killed after ${killedAfter} effects`).toEqual([20, 0]);
      expect(statusOf(cluster).phase).toBe('Degraded');
    }
  });

  test('begins again when a person says so, and the note goes with the next release', () => {
    const cluster = putBack();
    cluster.settle();
    cluster.ask('retry');
    cluster.settle();
    expect(statusOf(cluster)).toMatchObject({ phase: 'Paused' });
    expect(cluster.weights).toEqual([20, 0, 20]);
    byArgo(cluster);
    cluster.release('ghcr.io/acme/checkout:4.0.0');
    cluster.settle();
    expect(cluster.rollout.metadata.annotations[note]).toBeUndefined();
  });
});
