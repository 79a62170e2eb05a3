import { expect, test } from 'vitest';
import { lookAt } from '../../../src/engine/look.ts';
import { type VerifyTools, verify } from '../../../src/engine/verify.ts';
import { DeliveryRecord } from '../../../src/records/index.ts';
import type { World } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';

const canary = {
  name: 'checkout-c',
  uid: 'c',
  podHash: 'c',
  createdAtMs: 0,
  specReplicas: 0,
  replicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  annotations: {},
  labels: {},
  minReadySeconds: 0,
};

const aborted: World = {
  nowMs: 1_800_000_000_000,
  rollout: aRollout().routed().status({ abort: true, currentPodHash: 'c', stableRS: 's' }).build(),
  replicaSets: [canary],
  services: {},
  analysisRuns: [],
  templates: {},
  router: { canaryWeight: 0 },
  evidence: 'strict',
};

const isOutside: VerifyTools['measureAgain'] = async () => ({
  reading: { result: [0.5], value: '[0.5]' },
  isInsideLimit: false,
});

/** What is seen of a rollback in this world, in short words. */
async function seen(change: Partial<World>, measureAgain = isOutside, known: Readonly<Record<string, string>> = {}) {
  const record = DeliveryRecord.parse({
    metadata: { name: 'r', namespace: 'shop', uid: 'u' },
    spec: { rollout: { name: 'checkout', uid: 'u', revision: 2 } },
    seen: known,
  });
  const look = lookAt({ ...aborted, ...change });
  const found = await verify(record, look, { measureAgain }, AbortSignal.timeout(1000));
  return Object.keys(found).map((key) => key.replace('verified:', ''));
}

const all = ['weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'];

test('a rollback is done when it was seen', async () => {
  expect(await seen({})).toEqual(all);
  expect(await seen({ router: { canaryWeight: 10 } })).toEqual(['podsGone']);
  expect(await seen({ router: { canaryWeight: undefined } })).toEqual(all);
});

test('a router that cannot be read has shown nothing; a weight that was read counts, whatever else is wrong', async () => {
  expect(await seen({ router: { canaryWeight: undefined, problem: 'Ingress "checkout" not found' } })).toEqual([
    'podsGone',
  ]);
  expect(await seen({ router: { canaryWeight: 0, problem: 'Service "checkout-canary" not found' } })).toEqual(all);
});

test('without a router the pods are what serves: none is none, also where their ReplicaSet is gone', async () => {
  const router = undefined;
  expect(await seen({ router, replicaSets: [] })).toEqual(all);
  expect(await seen({ router })).toEqual(all);
  expect(await seen({ router, replicaSets: [{ ...canary, specReplicas: 1, availableReplicas: 1 }] })).toEqual([]);
});

test('a Service that still selects the canary sends it requests at weight 0', async () => {
  const services = { web: { name: 'web', selector: { 'rollouts-pod-template-hash': 'c' }, annotations: {} } };
  expect(await seen({ services })).toEqual(['weightZero', 'podsGone']);
});

test('a metric is back inside its limit, or without data; a provider that does not answer has shown nothing', async () => {
  const atTen: Partial<World> = { router: { canaryWeight: 10 } };
  expect(await seen(atTen, async () => ({ reading: { result: [1], value: '[1]' }, isInsideLimit: true }))).toContain(
    'metricBack',
  );
  expect(
    await seen(atTen, async () => ({ reading: { result: [Number.NaN], value: '[NaN]' }, isInsideLimit: false })),
  ).toContain('metricBack');
  expect(await seen(atTen, async () => Promise.reject(new Error('no answer')))).not.toContain('metricBack');
});

test('what was seen once is not looked at again, and without an abort there is nothing to see', async () => {
  const known = Object.fromEntries(all.map((check) => [`verified:${check}`, '2026-11-20T12:00:00Z']));
  expect(await seen({}, isOutside, known)).toEqual([]);
  expect(await seen({ rollout: aRollout().routed().status({ currentPodHash: 'c', stableRS: 's' }).build() })).toEqual(
    [],
  );
});
