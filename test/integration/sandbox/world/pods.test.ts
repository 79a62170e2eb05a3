import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnyObject,
  aReplicaSet,
  aService,
  CONFIG_MAPS,
  eventually,
  PODS,
  REPLICA_SETS,
  SERVICES,
  SLICES,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const IMAGES = [
  'quick: {startMs: 50}',
  'never-ready: {startMs: 600000}',
  'unpullable: {pull: missing}',
  'crashing: {startMs: 20, crashAfterMs: 200}',
  'unhealthy: {startMs: 20, probe: failing}',
  'private: {pull: denied}',
].join('\n');

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ images: IMAGES });
});
afterAll(async () => {
  await cluster.stop();
  expect(cluster.problems).toEqual([]);
});

function isReady(pod: AnyObject): boolean {
  return pod.status.conditions?.some(
    (condition: AnyObject) => condition.type === 'Ready' && condition.status === 'True',
  );
}

async function statusOf(name: string, wanted: AnyObject) {
  return eventually(async () => {
    const replicaSet = await cluster.request('GET', `${REPLICA_SETS}/${name}`);
    expect(replicaSet.status).toMatchObject(wanted);
    return replicaSet;
  });
}

describe.concurrent('a ReplicaSet', () => {
  test('gets pods with its labels and its controller reference, ready after the start delay, and a true status', async () => {
    const { metadata } = await cluster.create(REPLICA_SETS, aReplicaSet('three', 'quick:1', 3));
    await statusOf('three', {
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      fullyLabeledReplicas: 3,
      observedGeneration: 1,
    });
    const pods = await cluster.pods({ set: 'three' });
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.metadata.name).toMatch(/^three-[bcdfghjklmnpqrstvwxz2-9]{5}$/);
      expect(pod.metadata.labels).toEqual({ app: 'shop', set: 'three' });
      expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', uid: metadata.uid, controller: true }]);
      expect(pod.status).toMatchObject({
        phase: 'Running',
        containerStatuses: [{ name: 'app', ready: true, restartCount: 0 }],
      });
    }
    expect(new Set(pods.map((pod) => pod.status.podIP)).size).toBe(3);
  });

  test('gives up a pod that is not ready before one that is, and deleted pods are really gone', async () => {
    await cluster.create(REPLICA_SETS, aReplicaSet('mixed', 'quick:1', 2));
    await statusOf('mixed', { readyReplicas: 2 });
    const ready = (await cluster.pods({ set: 'mixed' })).map((pod) => pod.metadata.name);
    const { spec } = aReplicaSet('mixed', 'never-ready:1', 3) as AnyObject;
    await cluster.patch(`${REPLICA_SETS}/mixed`, { spec: { replicas: 3, template: spec.template } });
    await statusOf('mixed', { replicas: 3, readyReplicas: 2 });
    await cluster.patch(`${REPLICA_SETS}/mixed`, { spec: { replicas: 2 } });
    await eventually(async () => ((await cluster.pods({ set: 'mixed' })).length === 2 ? true : undefined));
    const left = (await cluster.pods({ set: 'mixed' })).map((pod) => pod.metadata.name);
    expect(left.sort()).toEqual(ready.sort());
  });

  test('replaces a pod that somebody deletes', async () => {
    await cluster.create(REPLICA_SETS, aReplicaSet('healing', 'quick:1', 1));
    await statusOf('healing', { readyReplicas: 1 });
    const [pod] = await cluster.pods({ set: 'healing' });
    await cluster.request('DELETE', `${PODS}/${pod.metadata.name}`);
    const [next] = await eventually(async () => {
      const pods = await cluster.pods({ set: 'healing' });
      return pods.length === 1 && pods[0].metadata.uid !== pod.metadata.uid && isReady(pods[0]) ? pods : undefined;
    });
    expect(next.metadata.name).not.toBe(pod.metadata.name);
  });

  test('adopts an orphan that its selector matches instead of making one more', async () => {
    const labels = { app: 'shop', set: 'adopting' };
    const orphan = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'orphan', labels },
      spec: { containers: [{ name: 'app', image: 'quick:1' }] },
    };
    await cluster.create(PODS, orphan);
    await cluster.create(REPLICA_SETS, aReplicaSet('adopting', 'quick:1', 1));
    await statusOf('adopting', { replicas: 1 });
    const pods = await cluster.pods(labels);
    expect(pods.map((pod) => pod.metadata.name)).toEqual(['orphan']);
    expect(pods[0].metadata.ownerReferences).toMatchObject([{ name: 'adopting', controller: true }]);
  });

  test('counts a pod as available only after minReadySeconds', async () => {
    await cluster.create(REPLICA_SETS, aReplicaSet('patient', 'quick:1', 1, { minReadySeconds: 2 }));
    const early = await statusOf('patient', { readyReplicas: 1 });
    expect(early.status.availableReplicas ?? 0).toBe(0);
    await statusOf('patient', { readyReplicas: 1, availableReplicas: 1 });
  });
});

describe.concurrent('an image', () => {
  test('that cannot be pulled keeps its pod waiting, until the list says it can', async () => {
    await cluster.create(REPLICA_SETS, aReplicaSet('missing', 'unpullable:1', 1));
    const reasons = new Set<string>();
    await eventually(async () => {
      const [pod] = await cluster.pods({ set: 'missing' });
      reasons.add(pod.status.containerStatuses?.[0].state.waiting?.reason);
      return reasons.has('ErrImagePull') && reasons.has('ImagePullBackOff') ? true : undefined;
    });
    await cluster.patch(`${CONFIG_MAPS}/image-list`, { data: { 'repair.yaml': 'unpullable:1: {startMs: 20}' } });
    await statusOf('missing', { readyReplicas: 1 });
  });

  test('that crashes is restarted, and its restarts are counted', async () => {
    await cluster.create(REPLICA_SETS, aReplicaSet('crash', 'crashing:1', 1));
    const pod = await eventually(async () => {
      const [found] = await cluster.pods({ set: 'crash' });
      return (found.status.containerStatuses?.[0].restartCount ?? 0) >= 1 ? found : undefined;
    });
    expect(pod.status.containerStatuses[0].lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    const metrics = await (await fetch(`${cluster.world.url}/metrics`)).text();
    expect(metrics).toMatch(
      /kube_pod_container_status_restarts_total\{namespace="shop",pod="crash-\w{5}",container="app"\} [1-9]/,
    );
  });
});

describe.concurrent('what goes wrong with pods', () => {
  const warningsAbout = async (name: string) => {
    const path = `/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name=${name},type=Warning`;
    return (await cluster.list(path)).map(({ reason, message }) => `${reason}: ${message}`);
  };

  test.each([
    ['unhealthy:1', 'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503'],
    [
      'private:1',
      'Failed: Failed to pull image "private:1": failed to pull and unpack image "private:1": failed to resolve reference ' +
        '"private:1": pull access denied, repository does not exist or may require authorization: authorization failed: ' +
        'no basic auth credentials',
    ],
  ])('%s: its pod is not ready, and an event says why', async (image, warning) => {
    const set = image.replace(':', '-');
    await cluster.create(REPLICA_SETS, aReplicaSet(set, image, 1));
    await eventually(async () => {
      const [pod] = await cluster.pods({ set });
      return (await warningsAbout(pod.metadata.name)).includes(warning) || undefined;
    }, 30_000);
    const [pod] = await cluster.pods({ set });
    expect(isReady(pod)).toBe(false);
  });

  test('a quota refuses a pod in the words of a real server, and lets it in when it is raised', async () => {
    await cluster.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'tight' },
    });
    const quotas = '/api/v1/namespaces/tight/resourcequotas';
    await cluster.create(quotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few' },
      spec: { hard: { pods: '1' } },
    });
    const path = '/apis/apps/v1/namespaces/tight/replicasets';
    await cluster.create(path, { ...aReplicaSet('two', 'quick:1', 2), metadata: { name: 'two' } });
    const refused = await eventually(async () => {
      const { status } = await cluster.request('GET', `${path}/two`);
      return status.conditions === undefined ? undefined : status;
    }, 30_000);
    expect(refused.conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }]);
    expect(refused.conditions[0].message).toMatch(
      /^pods "two-\w{5}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
    expect((await cluster.request('GET', `${quotas}/few`)).status).toEqual({
      hard: { pods: '1' },
      used: { pods: '1' },
    });

    await cluster.patch(`${quotas}/few`, { spec: { hard: { pods: '2' } } });
    await eventually(async () => {
      const { status } = await cluster.request('GET', `${path}/two`);
      return (status.readyReplicas === 2 && status.conditions === undefined) || undefined;
    }, 30_000);
  });
});

describe.concurrent('a Service', () => {
  test('has one slice that names it, with only ready pods ready and leaving pods terminating', async () => {
    await cluster.create(SERVICES, aService('front', { set: 'fronted' }));
    await cluster.create(REPLICA_SETS, aReplicaSet('fronted', 'quick:1', 2));
    const slice = await eventually(async () => {
      const slices = await cluster.list(`${SLICES}?labelSelector=kubernetes.io/service-name=front`);
      expect(slices).toHaveLength(1);
      return slices[0].endpoints?.filter((endpoint: AnyObject) => endpoint.conditions.ready).length === 2
        ? slices[0]
        : undefined;
    });
    const pods = await cluster.pods({ set: 'fronted' });
    expect(slice.endpoints.map((endpoint: AnyObject) => endpoint.addresses[0]).sort()).toEqual(
      pods.map((pod) => pod.status.podIP).sort(),
    );
    expect(slice.ports).toMatchObject([{ name: 'http', port: 8080 }]);
    expect(slice.metadata.ownerReferences).toMatchObject([{ kind: 'Service', name: 'front' }]);

    await cluster.request('DELETE', `${PODS}/${pods[0].metadata.name}`);
    await eventually(async () => {
      const [held] = await cluster.list(`${SLICES}?labelSelector=kubernetes.io/service-name=front`);
      const leaving = held.endpoints.find((endpoint: AnyObject) => endpoint.targetRef.uid === pods[0].metadata.uid);
      return leaving?.conditions.ready === false && leaving.conditions.terminating ? true : undefined;
    });
  });

  test('whose selector moves follows it', async () => {
    await cluster.create(SERVICES, aService('moving', { set: 'nobody' }));
    await cluster.create(REPLICA_SETS, aReplicaSet('target', 'quick:1', 1));
    await statusOf('target', { readyReplicas: 1 });
    await cluster.patch(`${SERVICES}/moving`, { spec: { selector: { set: 'target' } } });
    await eventually(async () => {
      const [slice] = await cluster.list(`${SLICES}?labelSelector=kubernetes.io/service-name=moving`);
      return slice.endpoints?.length === 1 && slice.endpoints[0].conditions.ready ? true : undefined;
    });
  });
});
