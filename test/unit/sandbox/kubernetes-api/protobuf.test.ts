import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readProtobuf } from '../../../../src/sandbox/kubernetes-api/requests/protobuf.ts';

const Recorded = z.object({
  template: z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) }),
  requests: z.array(z.object({ method: z.string(), path: z.string(), body: z.string() })),
});
const file = new URL('../../../fixtures/client-requests/argo-rollouts.json', import.meta.url);
const { template, requests } = Recorded.parse(JSON.parse(readFileSync(file, 'utf8')));

function read(method: string, resource: string): ReturnType<typeof readProtobuf> {
  const found = requests.find((one) => one.method === method && one.path.includes(`/${resource}`));
  return readProtobuf(Buffer.from(found?.body ?? '', 'base64'));
}

it('reads the ReplicaSet that a controller creates as its template was written', () => {
  const { metadata, spec } = z
    .looseObject({ metadata: z.looseObject({}), spec: z.looseObject({ template: z.looseObject({}) }) })
    .parse(read('POST', 'replicasets'));
  const labels = { app: 'rich', 'rollouts-pod-template-hash': '76596979b' };
  // Among it: a zero that is meant (runAsUser, terminationGracePeriodSeconds, tolerationSeconds), false, and an empty emptyDir.
  expect(spec.template).toEqual({ ...template, metadata: { ...template.metadata, labels } });
  expect({ ...spec, template: '' }).toEqual({ replicas: 0, selector: { matchLabels: labels }, template: '' });
  expect(metadata).toMatchObject({
    name: 'rich-76596979b',
    labels,
    ownerReferences: [{ kind: 'Rollout', name: 'rich', controller: true, blockOwnerDeletion: true }],
  });
});

it('reads what was read before and is written back, times and managedFields among it', () => {
  expect(read('PUT', 'leases')).toMatchObject({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      creationTimestamp: '2026-11-20T21:36:17Z',
      managedFields: [{ manager: 'rollouts-controller', fieldsV1: { 'f:spec': { 'f:holderIdentity': {} } } }],
    },
    spec: {
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-20T21:36:17.478847Z',
      renewTime: '2026-11-20T21:36:17.482979Z',
      leaseTransitions: 0,
    },
  });
  expect(read('PUT', 'replicasets')).toMatchObject({
    spec: { replicas: 1, template: { spec: { dnsPolicy: 'ClusterFirst' } } },
  });
});

it('reads an Ingress, whose rules are wrapped once more on the wire', () => {
  expect(read('POST', 'ingresses')).toMatchObject({
    metadata: { annotations: { 'nginx.ingress.kubernetes.io/canary-weight': '0' } },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        { http: { paths: [{ path: '/', backend: { service: { name: 'rich-canary', port: { name: 'http' } } } }] } },
      ],
    },
  });
});
