import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesObject, resources } from '../../../src/kubernetes/index.ts';
import { InvalidError, type JsonObject } from '../../../src/lib/index.ts';
import type { TrafficRouting } from '../../../src/rollout/index.ts';
import { createTrafficRouters, type RouterTarget, type TrafficRouter } from '../../../src/traffic-routers/index.ts';
import {
  at,
  createRollout,
  expectObject,
  rolloutDefinition,
  startTestCluster,
  type TestCluster,
} from '../../support/test-cluster.ts';

const prefix = 'nginx.ingress.kubernetes.io';
let tools: TestCluster;
let router: TrafficRouter;

beforeAll(async () => {
  tools = await startTestCluster([rolloutDefinition]);
  const [nginx] = createTrafficRouters(tools.cluster).choose({ nginx: {} });
  if (nginx === undefined) throw new Error('nginx is not listed');
  router = nginx;
});
afterAll(() => tools.stop());

function path(service: string, at = '/'): JsonObject {
  return { path: at, pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } };
}

async function aTarget(spec: JsonObject, nginx: TrafficRouting['nginx'] = {}, annotations: JsonObject = {}) {
  const namespace = await tools.namespace();
  const target: RouterTarget = {
    namespace,
    rolloutName: 'shop',
    rolloutUid: await createRollout(tools, namespace, 'shop'),
    canaryService: 'canary',
    stableService: 'stable',
    routing: { nginx: { stableIngress: 'main', ...nginx } },
  };
  const metadata = { namespace: target.namespace, name: 'main', annotations };
  await tools.cluster.create(resources.ingresses, { metadata, spec }, { signal: tools.signal });
  return target;
}

async function set(target: RouterTarget, weight: number): Promise<KubernetesObject> {
  await router.setWeight(target, { canary: weight }, await router.read(target, tools.signal), tools.signal);
  return expectObject(await canaryOf(target));
}

function canaryOf({ namespace }: RouterTarget) {
  return tools.cluster.get(resources.ingresses, { namespace, name: 'shop-main-canary' }, tools.signal);
}

const simple = { rules: [{ http: { paths: [path('stable')] } }] };

test('the canary Ingress has the rules that lead to the stable Service, whole, and nothing else of the stable one', async () => {
  const tls = [{ hosts: ['a.example.com'], secretName: 'cert' }];
  const rules = [
    { host: 'a.example.com', http: { paths: [path('stable'), path('static', '/static')] } },
    { host: 'b.example.com', http: { paths: [path('other')] } },
    { host: 'c.example.com' },
    { host: 'd.example.com', http: { paths: [path('stable', '/x'), path('stable', '/y')] } },
  ];
  const annotations = { 'kubernetes.io/ingress.class': 'nginx', [`${prefix}/rewrite-target`]: '/' };
  const target = await aTarget({ tls, rules }, {}, annotations);
  const canary = await set(target, 10);
  expect(canary.spec).toEqual({
    tls,
    rules: [
      { host: 'a.example.com', http: { paths: [path('canary'), path('static', '/static')] } },
      { host: 'd.example.com', http: { paths: [path('canary', '/x'), path('canary', '/y')] } },
    ],
  });
  expect(canary.metadata.annotations).toEqual({
    'kubernetes.io/ingress.class': 'nginx',
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-weight`]: '10',
  });
  expect(canary.metadata.ownerReferences).toEqual([
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      name: 'shop',
      uid: target.rolloutUid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
});

test('follows the stable Ingress', async () => {
  const target = await aTarget({ ingressClassName: 'one', tls: [{ hosts: ['a'], secretName: 'x' }], ...simple });
  await set(target, 10);
  const name = { namespace: target.namespace, name: 'main' };
  const spec = {
    ingressClassName: 'two',
    tls: null,
    rules: [{ host: 'new', http: { paths: [path('stable', '/v2')] } }],
  };
  await tools.cluster.patchMerge(resources.ingresses, name, { spec }, { signal: tools.signal });
  expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 10, isIncomplete: true });
  const canary = await set(target, 10);
  expect(canary.spec).toEqual({
    ingressClassName: 'two',
    rules: [{ host: 'new', http: { paths: [path('canary', '/v2')] } }],
  });
});

describe('annotations', () => {
  test('of the Rollout are added: with the prefix unless they have it, and verbatim', async () => {
    const target = await aTarget(simple, {
      additionalIngressAnnotations: { 'canary-by-header': 'x-test', [`${prefix}/load-balance`]: 'ewma', note: 'loses' },
      canaryIngressAnnotations: { 'example.com/team': 'shop', [`${prefix}/note`]: 'wins' },
    });
    expect((await set(target, 10)).metadata.annotations).toEqual({
      [`${prefix}/canary`]: 'true',
      [`${prefix}/canary-weight`]: '10',
      [`${prefix}/canary-by-header`]: 'x-test',
      [`${prefix}/load-balance`]: 'ewma',
      [`${prefix}/note`]: 'wins',
      'example.com/team': 'shop',
    });
  });

  test('that the Rollout no longer names stay', async () => {
    const target = await aTarget(simple, { additionalIngressAnnotations: { 'canary-by-header': 'x-test' } });
    await set(target, 10);
    const canary = await set({ ...target, routing: { nginx: { stableIngress: 'main' } } }, 20);
    expect(at(canary.metadata.annotations, `${prefix}/canary-by-header`)).toBe('x-test');
  });

  test('that would set the weight by hand do not', async () => {
    const byHand = { [`${prefix}/canary-weight`]: '100', [`${prefix}/canary`]: 'false' };
    const target = await aTarget(simple, { canaryIngressAnnotations: byHand, additionalIngressAnnotations: byHand });
    expect((await set(target, 10)).metadata.annotations).toEqual({
      [`${prefix}/canary`]: 'true',
      [`${prefix}/canary-weight`]: '10',
    });
  });

  test('may have another prefix', async () => {
    const target = await aTarget(simple, { annotationPrefix: 'custom.example.com' });
    expect((await set(target, 10)).metadata.annotations).toEqual({
      'custom.example.com/canary': 'true',
      'custom.example.com/canary-weight': '10',
    });
    expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 10 });
  });

  test('say the total only while maxTrafficWeight is set', async () => {
    const target = await aTarget(simple);
    const bigger = { ...target, routing: { ...target.routing, maxTrafficWeight: 1000 } };
    const total = (object: KubernetesObject) => at(object.metadata.annotations, `${prefix}/canary-weight-total`);
    expect(total(await set(bigger, 500))).toBe('1000');
    expect(total(await set(target, 50))).toBeUndefined();
  });
});

describe('what somebody made of the canary Ingress', () => {
  async function spoil(target: RouterTarget, annotations: JsonObject): Promise<void> {
    const name = { namespace: target.namespace, name: 'shop-main-canary' };
    await tools.cluster.patchMerge(resources.ingresses, name, { metadata: { annotations } }, { signal: tools.signal });
  }

  test.for([
    [{ [`${prefix}/canary`]: null }, 0],
    [{ [`${prefix}/canary-weight`]: 'lots' }, 0],
    [{ [`${prefix}/canary-weight`]: null }, 0],
    [{ [`${prefix}/canary-weight`]: '70' }, 70],
  ] as const)('%j counts as %i, and is put right', async ([annotations, weight]) => {
    const target = await aTarget(simple);
    await set(target, 25);
    await spoil(target, annotations);
    expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: weight });
    await set(target, 25);
    expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 25 });
  });
});

describe('an Ingress of that name that is not ours', () => {
  for (const whose of ['another Rollout', 'nobody']) {
    test(`but of ${whose} is never touched, up or down`, async () => {
      const target = await aTarget(simple);
      const { namespace } = target;
      const other = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'other', controller: true };
      const owners = whose === 'nobody' ? [] : [{ ...other, uid: await createRollout(tools, namespace, 'other') }];
      const metadata = {
        namespace,
        name: 'shop-main-canary',
        annotations: { [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: '40' },
        ownerReferences: owners,
      };
      const spec = { rules: [{ http: { paths: [path('theirs')] } }] };
      const made = await tools.cluster.create(resources.ingresses, { metadata, spec }, { signal: tools.signal });
      const seen = await router.read(target, tools.signal);
      expect(seen.problem).toMatch(/^canary ingress `shop-main-canary` controlled by different object: /);
      for (const weight of [0, 40, 80]) {
        await expect(router.setWeight(target, { canary: weight }, seen, tools.signal)).rejects.toThrow(InvalidError);
      }
      expect((await canaryOf(target))?.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });
  }
});

test('without a rule for the stable Service nothing is raised, and all is lowered', async () => {
  const target = await aTarget(simple);
  await set(target, 50);
  const name = { namespace: target.namespace, name: 'main' };
  const rules = [{ http: { paths: [path('elsewhere')] } }];
  await tools.cluster.patchMerge(resources.ingresses, name, { spec: { rules } }, { signal: tools.signal });
  const seen = await router.read(target, tools.signal);
  expect(seen.problem).toBe('ingress `main` has no rules using service stable backend');
  await expect(router.setWeight(target, { canary: 51 }, seen, tools.signal)).rejects.toThrow(seen.problem ?? '');
  const canary = await set(target, 0);
  expect(at(canary.metadata.annotations, `${prefix}/canary-weight`)).toBe('0');
  expect(at(canary.spec, 'rules', 0, 'http', 'paths', 0, 'backend', 'service', 'name')).toBe('canary');
});

test('a name that would be too long is cut in its first part', async () => {
  const target = await aTarget(simple);
  const long = { ...target, rolloutName: 'r'.repeat(250) };
  await router.setWeight(long, { canary: 10 }, await router.read(long, tools.signal), tools.signal);
  const name = `${'r'.repeat(246)}-canary`;
  expect(name).toHaveLength(253);
  const found = await tools.cluster.get(resources.ingresses, { namespace: target.namespace, name }, tools.signal);
  expect(found).toBeDefined();
});
