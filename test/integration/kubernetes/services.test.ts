import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServices, resources } from '../../../src/kubernetes/index.ts';
import { ConflictError, type JsonObject } from '../../../src/lib/index.ts';
import { aRollout } from '../../support/builders.ts';
import { at, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

let world: TestCluster;
beforeAll(async () => {
  world = await startTestCluster();
});
afterAll(() => world.stop());

/** A Service in a namespace of its own, and the switch of a Rollout there. */
async function aService(metadata: JsonObject = {}) {
  const { cluster, signal } = world;
  const namespace = await world.namespace();
  const learnt: unknown[] = [];
  const services = createServices(cluster, { learn: (object) => learnt.push(object) });
  const built = aRollout().build();
  const rollout = { ...built, metadata: { ...built.metadata, namespace } };
  await cluster.create(
    resources.services,
    { metadata: { ...metadata, namespace, name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } },
    { signal },
  );
  return {
    learnt,
    switchTo: (toPodHash: string, fromSelector: Readonly<Record<string, string>>) =>
      services.switch(rollout, { name: 'web', fromSelector, toPodHash }, { signal }),
    release: (fromSelector: Readonly<Record<string, string>>, name = rollout.metadata.name) =>
      services.release({ namespace, name }, { name: 'web', fromSelector }, { signal }),
    read: () => cluster.get(resources.services, { namespace, name: 'web' }, signal),
    remove: async (uid: string) => cluster.delete(resources.services, { namespace, name: 'web' }, uid, { signal }),
  };
}

const mark = 'argo-rollouts.argoproj.io/managed-by-rollouts';

test('points a Service at a pod hash, says whose it is, and leaves what others wrote', async () => {
  for (const annotations of [undefined, { 'team.example.com/owner': 'shop' }]) {
    const service = await aService(annotations === undefined ? {} : { annotations });
    await service.switchTo('abc', { app: 'web' });
    const read = await service.read();
    expect(at(read, 'spec', 'selector')).toEqual({ app: 'web', 'rollouts-pod-template-hash': 'abc' });
    expect(at(read, 'metadata', 'annotations')).toEqual({ ...annotations, [mark]: 'checkout' });
    expect(service.learnt).toEqual([read]);
  }
});

test('does not switch a Service that selects something else by now, or is gone', async () => {
  const service = await aService();
  await expect(service.switchTo('abc', { app: 'other' })).rejects.toBeInstanceOf(ConflictError);
  const read = await service.read();
  expect(at(read, 'spec', 'selector')).toEqual({ app: 'web' });
  expect(at(read, 'metadata', 'annotations')).toBeUndefined();
  await service.remove(read?.metadata.uid ?? '');
  await expect(service.switchTo('abc', { app: 'web' })).rejects.toBeInstanceOf(ConflictError);
});

test('gives a Service back as it was, unless somebody else has it by now; one that is gone needs nothing', async () => {
  const service = await aService({ annotations: { 'team.example.com/owner': 'shop' } });
  await service.switchTo('abc', { app: 'web' });
  const selector = { app: 'web', 'rollouts-pod-template-hash': 'abc' };
  await expect(service.release(selector, 'other')).rejects.toBeInstanceOf(ConflictError);
  await expect(service.release({ app: 'web' })).rejects.toBeInstanceOf(ConflictError);
  await service.release(selector);
  const read = await service.read();
  expect(at(read, 'spec', 'selector')).toEqual({ app: 'web' });
  expect(at(read, 'metadata', 'annotations')).toEqual({ 'team.example.com/owner': 'shop' });
  // Twice is once: nothing of ours is there to take off.
  await expect(service.release({ app: 'web' })).rejects.toBeInstanceOf(ConflictError);
  await service.remove(read?.metadata.uid ?? '');
  await service.release(selector);
});
