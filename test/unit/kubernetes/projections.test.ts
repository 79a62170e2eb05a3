import { expect, test } from 'vitest';
import {
  type KubernetesObject,
  parseReplicaSet,
  projectReplicaSet,
  projectRollout,
  projectService,
} from '../../../src/kubernetes/index.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function anObject(more: Partial<KubernetesObject['metadata']>, rest: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    metadata: {
      name: 'web-abc',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '7',
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
      annotations: { [lastApplied]: '{"kind":"…"}', kept: 'yes' },
      ...more,
    },
    ...rest,
  };
}

const template = { spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const replicaSet = {
  spec: { replicas: 3, minReadySeconds: 5, template },
  status: { replicas: 3, readyReplicas: 2, availableReplicas: 1 },
};

test('of a ReplicaSet of a Rollout the cache keeps the numbers and not the template', () => {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r', controller: true };
  const metadata = {
    creationTimestamp: '2026-11-20T11:00:00Z',
    labels: { 'rollouts-pod-template-hash': 'abc' },
    ownerReferences: [owner],
  };
  const object = anObject(metadata, replicaSet);
  expect(projectReplicaSet(object)).toEqual({
    name: 'web-abc',
    uid: 'u',
    resourceVersion: '7',
    podHash: 'abc',
    createdAtMs: Date.UTC(2026, 10, 20, 11),
    specReplicas: 3,
    replicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    annotations: { [lastApplied]: '{"kind":"…"}', kept: 'yes' },
    labels: { 'rollouts-pod-template-hash': 'abc' },
    minReadySeconds: 5,
    ownerUid: 'r',
    image: 'web:1',
  });
  expect(parseReplicaSet(object).template).toEqual(template);
});

test('ReplicaSets of Deployments, and orphans, are not kept', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true };
  expect(projectReplicaSet(anObject({ ownerReferences: [owner] }, replicaSet))).toBeUndefined();
  expect(projectReplicaSet(anObject({}, replicaSet))).toBeUndefined();
});

test('of a ReplicaSet that was just created the counts are 0', () => {
  expect(parseReplicaSet(anObject({}, { spec: { template } }))).toMatchObject({
    specReplicas: 1,
    replicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    minReadySeconds: 0,
  });
});

test('of a Rollout all is kept but the history of its writes', () => {
  const rollout = projectRollout(
    anObject({}, { spec: { replicas: 2, somebodys: 'field' }, status: { phase: 'Paused' } }),
  );
  expect(rollout.metadata).toMatchObject({ name: 'web-abc', resourceVersion: '7', annotations: { kept: 'yes' } });
  expect(rollout.metadata.managedFields).toBeUndefined();
  expect(rollout.metadata.annotations).not.toHaveProperty(lastApplied);
  expect(rollout).toMatchObject({ spec: { replicas: 2, somebodys: 'field' }, status: { phase: 'Paused' } });
});

test('of a Service the selector is kept, and who wrote it', () => {
  const view = {
    namespace: 'shop',
    name: 'web-abc',
    selector: { app: 'web' },
    annotations: { kept: 'yes' },
    selectorWriter: { manager: 'kubectl', atMs: 0 },
  };
  expect(projectService(anObject({}, { spec: { selector: { app: 'web' }, ports: [] } }))).toEqual(view);
  expect(projectService(anObject({}, { spec: {} }))).toEqual({ ...view, selector: {} });
});
