import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkloads, parseReplicaSet, resources } from '../../../src/kubernetes/index.ts';
import { ConflictError } from '../../../src/lib/index.ts';
import { aRollout } from '../../support/builders.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

let world: TestCluster;
beforeAll(async () => {
  world = await startTestCluster();
});
afterAll(() => world.stop());

test('whoever saw a ReplicaSet before it was held takes no pods from it, and holding fails when somebody did', async () => {
  const { cluster, signal } = world;
  const namespace = await world.namespace();
  const built = aRollout().build();
  const rollout = { ...built, metadata: { ...built.metadata, namespace } };
  const workloads = createWorkloads(cluster, { learn: () => undefined });
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  await cluster.create(resources.replicaSets, { metadata: { namespace, name: 'web', labels }, spec }, { signal });
  const look = async () => {
    const object = await cluster.get(resources.replicaSets, { namespace, name: 'web' }, signal);
    if (object === undefined) throw new Error('it is gone');
    return parseReplicaSet(object);
  };

  const seen = await look();
  const { name, uid, resourceVersion = '' } = seen;
  await workloads.hold(rollout, { name, uid, resourceVersion, heldFor: '12' }, { signal });
  const held = await look();
  expect(held.annotations['stepwise.dev/held-for']).toBe('12');
  const scaling = { name, uid, from: 0, to: 1 };
  await expect(workloads.scale(rollout, { ...scaling, resourceVersion }, { signal })).rejects.toBeInstanceOf(
    ConflictError,
  );
  expect((await look()).specReplicas).toBe(0);

  await workloads.scale(rollout, { ...scaling, resourceVersion: held.resourceVersion ?? '' }, { signal });
  const late = { name, uid, resourceVersion: held.resourceVersion ?? '', heldFor: '13' };
  await expect(workloads.hold(rollout, late, { signal })).rejects.toBeInstanceOf(ConflictError);
  await expect(workloads.hold(rollout, { ...late, resourceVersion: '' }, { signal })).rejects.toBeInstanceOf(
    ConflictError,
  );
  expect((await look()).annotations['stepwise.dev/held-for']).toBe('12');
});
