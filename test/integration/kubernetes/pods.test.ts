import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPods, resources } from '../../../src/kubernetes/index.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

let world: TestCluster;
const hashes = 'rollouts-pod-template-hash';

beforeAll(async () => {
  world = await startTestCluster();
});
afterAll(() => world.stop());

/** Without an owner that is there, the garbage collector would take the pods. */
async function createOwner(namespace: string, name: string) {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'app:1' }] } };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  const made = await world.cluster.create(
    resources.replicaSets,
    { metadata: { name, namespace }, spec },
    { signal: world.signal },
  );
  return { name, uid: made.metadata.uid };
}

async function createPod(namespace: string, name: string, owner: { name: string; uid: string }) {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', controller: true, ...owner }];
  return world.cluster.create(
    resources.pods,
    {
      metadata: { name, namespace, labels: { app: 'checkout', [hashes]: 'abc' }, ownerReferences },
      spec: { containers: [{ name: 'main', image: 'app:1' }] },
    },
    { signal: world.signal },
  );
}

it('reads the pods of its own ReplicaSets alone, and takes a disruption budget at its word', async () => {
  const { cluster, signal } = world;
  const namespace = await world.namespace();
  const pods = createPods(cluster);
  const own = await createOwner(namespace, 'checkout-abc');
  const read = () => pods.readOwned(namespace, [{ uid: own.uid, podHash: 'abc' }], signal);
  const pod = await createPod(namespace, 'checkout-abc-1', own);
  await createPod(namespace, 'other-abc-1', await createOwner(namespace, 'other-abc'));

  const found = await read();
  expect(found).toMatchObject([{ name: 'checkout-abc-1', podHash: 'abc', isReady: false, isGoing: false }]);
  expect(found[0]?.createdAtMs).toBeGreaterThan(0);

  await cluster.api.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/checkout-abc-1/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { phase: 'Running' } },
    signal,
  });
  // A fresh budget allows nothing before its controller has counted.
  await cluster.api.request({
    method: 'POST',
    path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'checkout', namespace },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'checkout' } } },
    },
    signal,
  });
  expect(await pods.evict({ namespace, name: 'checkout-abc-1', uid: pod.metadata.uid }, signal)).toBe(false);
  expect(await read()).toHaveLength(1);

  await cluster.api.request({
    method: 'DELETE',
    path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/checkout`,
    signal,
  });
  const evict = (uid: string) => pods.evict({ namespace, name: 'checkout-abc-1', uid }, signal);
  // Another pod of that name is not the one that was meant.
  expect(await evict('somebody else')).toBe(true);
  expect(await read()).toHaveLength(1);
  expect(await evict(pod.metadata.uid)).toBe(true);
  const left = await read();
  expect(left.filter(({ isGoing }) => !isGoing)).toEqual([]);
  expect(await evict(pod.metadata.uid)).toBe(true);
});
