import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnyObject,
  DEPLOYMENTS,
  eventually,
  REPLICA_SETS,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const REVISION = 'deployment.kubernetes.io/revision';

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ images: 'unpullable: {pull: missing}' });
});
afterAll(async () => {
  await cluster.stop();
  expect(cluster.problems).toEqual([]);
});

function aDeployment(name: string, replicas: number, spec: object = {}): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'shop:1' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template, ...spec },
  };
}

async function setImage(name: string, image: string): Promise<void> {
  const { spec } = await cluster.request('GET', `${DEPLOYMENTS}/${name}`);
  const template = {
    ...spec.template,
    spec: { ...spec.template.spec, containers: [{ ...spec.template.spec.containers[0], image }] },
  };
  await cluster.patch(`${DEPLOYMENTS}/${name}`, { spec: { template } });
}

/** Done as `kubectl rollout status` judges it. */
async function finished(name: string): Promise<AnyObject> {
  return eventually(async () => {
    const { metadata, spec, status } = await cluster.request('GET', `${DEPLOYMENTS}/${name}`);
    expect(status.observedGeneration).toBe(metadata.generation);
    expect(status).toMatchObject({
      replicas: spec.replicas,
      updatedReplicas: spec.replicas,
      availableReplicas: spec.replicas,
    });
    return { metadata, spec, status };
  });
}

async function replicaSetsOf(name: string): Promise<readonly AnyObject[]> {
  const all = await cluster.list(`${REPLICA_SETS}?labelSelector=app=${name}`);
  return all.toSorted((a, b) => Number(a.metadata.annotations[REVISION]) - Number(b.metadata.annotations[REVISION]));
}

describe.concurrent('a Deployment', () => {
  test('makes one ReplicaSet per template, keeps serving while it moves, and goes back by revision', async () => {
    await cluster.create(DEPLOYMENTS, aDeployment('web', 4));
    await finished('web');
    await setImage('web', 'shop:2');
    let fewest = 4;
    const look = async () => {
      const { status } = await cluster.request('GET', `${DEPLOYMENTS}/web`);
      fewest = Math.min(fewest, status.availableReplicas ?? 0);
    };
    const watch = setInterval(() => void look(), 50);
    const { metadata, status } = await finished('web').finally(() => clearInterval(watch));
    expect(fewest).toBeGreaterThanOrEqual(3);
    expect(metadata.annotations[REVISION]).toBe('2');
    expect(status.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }),
        expect.objectContaining({ type: 'Available', status: 'True' }),
      ]),
    );
    const [first, second] = await replicaSetsOf('web');
    expect([first.spec.replicas, second.spec.replicas]).toEqual([0, 4]);
    expect(second.metadata.labels['pod-template-hash']).toBe(second.spec.selector.matchLabels['pod-template-hash']);

    await setImage('web', 'shop:1');
    await finished('web');
    const sets = await replicaSetsOf('web');
    expect(sets.map((set) => [set.metadata.name, set.metadata.annotations[REVISION], set.spec.replicas])).toEqual([
      [second.metadata.name, '2', 0],
      [first.metadata.name, '3', 4],
    ]);
  });

  test('does not move while paused, and ends all pods first when it recreates', async () => {
    await cluster.create(DEPLOYMENTS, aDeployment('batch', 2, { strategy: { type: 'Recreate' } }));
    await finished('batch');
    await cluster.patch(`${DEPLOYMENTS}/batch`, { spec: { paused: true } });
    await setImage('batch', 'shop:2');
    await eventually(async () => {
      const { metadata, status } = await cluster.request('GET', `${DEPLOYMENTS}/batch`);
      return status.observedGeneration === metadata.generation ? true : undefined;
    });
    expect(await replicaSetsOf('batch')).toHaveLength(1);
    let most = 0;
    const look = async () => {
      const pods = await cluster.pods({ app: 'batch' });
      most = Math.max(most, pods.filter((pod) => pod.metadata.deletionTimestamp === undefined).length);
    };
    const watch = setInterval(() => void look(), 30);
    await cluster.patch(`${DEPLOYMENTS}/batch`, { spec: { paused: null } });
    await finished('batch').finally(() => clearInterval(watch));
    expect(most).toBe(2);
  });

  test('keeps as many idle ReplicaSets as its history limit says', async () => {
    await cluster.create(DEPLOYMENTS, aDeployment('short', 1, { revisionHistoryLimit: 1 }));
    for (const image of ['shop:2', 'shop:3', 'shop:4']) {
      await finished('short');
      await setImage('short', image);
    }
    await finished('short');
    await eventually(async () => {
      const revisions = (await replicaSetsOf('short')).map((set) => set.metadata.annotations[REVISION]);
      return revisions.join() === '3,4' ? true : undefined;
    });
  });
});

describe.concurrent('a Deployment that cannot finish', () => {
  test('says so after its progress deadline, keeps what serves, and finishes once it can', async () => {
    await cluster.create(DEPLOYMENTS, aDeployment('stuck', 3, { progressDeadlineSeconds: 2 }));
    await finished('stuck');
    await setImage('stuck', 'unpullable:1');
    const progressing = async (wanted: object) =>
      eventually(async () => {
        const { status } = await cluster.request('GET', `${DEPLOYMENTS}/stuck`);
        expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Progressing', ...wanted }));
        return status;
      });
    const status = await progressing({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(status.availableReplicas).toBe(3);
    expect(status.updatedReplicas).toBe(1);
    await setImage('stuck', 'shop:3');
    await finished('stuck');
    await progressing({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });
});
