import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  anIngress,
  aReplicaSet,
  aService,
  CONFIG_MAPS,
  eventually,
  INGRESSES,
  REPLICA_SETS,
  SERVICES,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const ROLLOUTS = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts';
const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers';
const patient = 60_000;
let cluster: SmallCluster;

// Two pods behind one host, and a Rollout whose selector they match; nobody but the autoscaler touches it.
beforeAll(async () => {
  cluster = await startSmallCluster();
  const file = new URL('../../../../manifests/install/crds-argo/rollouts.yaml', import.meta.url);
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    await cluster.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', document.toJS());
  }
  const resources = { requests: { cpu: '100m' } };
  const template = { spec: { containers: [{ name: 'app', image: 'shop:1', resources }] } };
  const set = { ...aReplicaSet('shop', 'shop:1', 2) } as { spec: { template: { spec: object } } };
  set.spec.template.spec = template.spec;
  await cluster.create(REPLICA_SETS, set);
  await cluster.create(SERVICES, aService('shop', { app: 'shop' }));
  await cluster.create(INGRESSES, anIngress('shop', 'shop.example.com', 'shop'));
});
afterAll(async () => {
  await cluster.stop();
});

async function aRollout(name: string, replicas: number): Promise<void> {
  const labels = { app: name };
  await cluster.create(ROLLOUTS, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'shop' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels } }, strategy: { canary: {} } },
  });
  await cluster.patch(`${ROLLOUTS}/${name}/status`, { status: { HPAReplicas: replicas, selector: 'app=shop' } });
}

function anAutoscaler(name: string, spec: object): object {
  const scaleTargetRef = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'shop' },
    spec: { scaleTargetRef, ...spec },
  };
}

function replicasOf(name: string, isWanted: (replicas: number) => boolean): Promise<number> {
  return eventually(async () => {
    const { spec } = await cluster.request('GET', `${ROLLOUTS}/${name}`);
    return isWanted(spec.replicas) ? spec.replicas : undefined;
  }, patient);
}

test('more requests make a Rollout larger, by its scale, and fewer make it smaller', async () => {
  await aRollout('busy', 2);
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  const metrics = [{ type: 'Resource', resource: cpu }];
  await cluster.create(AUTOSCALERS, anAutoscaler('busy', { minReplicas: 1, maxReplicas: 9, behavior, metrics }));
  const load = (rate: string) => ({ data: { 'shop.example.com': rate } });
  await cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, ...load('60') });
  expect(await replicasOf('busy', (replicas) => replicas > 3)).toBeLessThanOrEqual(9);

  const { status } = await eventually(async () => {
    const found = await cluster.request('GET', `${AUTOSCALERS}/busy`);
    return found.status.currentMetrics?.[0].resource.current.averageUtilization > 50 ? found : undefined;
  }, patient);
  const active = status.conditions.find((condition: { type: string }) => condition.type === 'ScalingActive');
  expect(active).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });

  const { metadata } = await cluster.request('GET', `${ROLLOUTS}/busy`);
  const scaled = metadata.managedFields.find((entry: { subresource?: string }) => entry.subresource === 'scale');
  expect(scaled.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });

  await cluster.patch(`${CONFIG_MAPS}/load`, load('0'));
  expect(await replicasOf('busy', (replicas) => replicas === 1)).toBe(1);
  const events = await cluster.list('/api/v1/namespaces/shop/events');
  const told = events.filter(({ reason }) => reason === 'SuccessfulRescale').map(({ message }) => String(message));
  expect(told).toContainEqual(
    expect.stringMatching(/^New size: \d; reason: cpu resource utilization .* above target$/),
  );
  expect(told).toContain('New size: 1; reason: All metrics below target');
});

test('bounds hold whatever the pods do, and nothing is touched at zero', async () => {
  await aRollout('large', 7);
  await cluster.create(AUTOSCALERS, anAutoscaler('large', { minReplicas: 2, maxReplicas: 3 }));
  expect(await replicasOf('large', (replicas) => replicas === 3)).toBe(3);
  await cluster.patch(`${ROLLOUTS}/large`, { spec: { replicas: 1 } });
  expect(await replicasOf('large', (replicas) => replicas === 2)).toBe(2);

  await cluster.patch(`${ROLLOUTS}/large`, { spec: { replicas: 0 } });
  const idle = await eventually(async () => {
    const { status } = await cluster.request('GET', `${AUTOSCALERS}/large`);
    return status.conditions.find((condition: { reason: string }) => condition.reason === 'ScalingDisabled');
  }, patient);
  expect(idle).toMatchObject({ type: 'ScalingActive', status: 'False' });
  expect((await cluster.request('GET', `${ROLLOUTS}/large`)).spec.replicas).toBe(0);
});
