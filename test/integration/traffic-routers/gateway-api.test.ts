import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resources } from '../../../src/kubernetes/index.ts';
import { InvalidError, type JsonObject } from '../../../src/lib/index.ts';
import { createTrafficRouters, type RouterTarget, type TrafficRouter } from '../../../src/traffic-routers/index.ts';
import {
  at,
  expectObject,
  httpRouteDefinition,
  startTestCluster,
  type TestCluster,
} from '../../support/test-cluster.ts';

const plugin = 'argoproj-labs/gatewayAPI';
const label = 'rollouts.argoproj.io/gatewayapi-canary';
let tools: TestCluster;
let router: TrafficRouter;

beforeAll(async () => {
  tools = await startTestCluster([httpRouteDefinition]);
  const [gatewayApi] = createTrafficRouters(tools.cluster).choose({ plugins: { [plugin]: {} } });
  if (gatewayApi === undefined) throw new Error('Gateway API is not listed');
  router = gatewayApi;
});
afterAll(() => tools.stop());

async function aTarget(settings: JsonObject = { httpRoute: 'main' }): Promise<RouterTarget> {
  return {
    namespace: await tools.namespace(),
    rolloutName: 'shop',
    rolloutUid: crypto.randomUUID(),
    canaryService: 'canary',
    stableService: 'stable',
    routing: { plugins: { [plugin]: settings } },
  };
}

async function create(namespace: string, rules: readonly JsonObject[], labels: JsonObject = {}): Promise<void> {
  const metadata = { namespace, name: 'main', labels };
  await tools.cluster.create(resources.httpRoutes, { metadata, spec: { rules } }, { signal: tools.signal });
}

async function set(target: RouterTarget, weight: number, namespace = target.namespace) {
  await router.setWeight(target, { canary: weight }, await router.read(target, tools.signal), tools.signal);
  return expectObject(await tools.cluster.get(resources.httpRoutes, { namespace, name: 'main' }, tools.signal));
}

const ref = (name: string, weight?: number, more: JsonObject = {}): JsonObject => ({
  name,
  port: 80,
  ...more,
  ...(weight === undefined ? {} : { weight }),
});
const both = (stable?: number, canary?: number) => ({ backendRefs: [ref('stable', stable), ref('canary', canary)] });
const defaulted = { group: '', kind: 'Service' };

test('every rule with both Services is split, and no other', async () => {
  const target = await aTarget();
  const header = { matches: [{ headers: [{ name: 'x-canary', value: 'yes' }] }], backendRefs: [ref('canary')] };
  const stableOnly = { backendRefs: [ref('stable', 5)] };
  const three = { backendRefs: [ref('audit', 1), ref('stable', 100), ref('canary', 0)] };
  await create(target.namespace, [both(100, 0), header, stableOnly, three]);
  const route = await set(target, 30);
  expect(at(route.spec, 'rules')).toEqual([
    { backendRefs: [ref('stable', 70, defaulted), ref('canary', 30, defaulted)] },
    { ...header, backendRefs: [ref('canary', 1, defaulted)] },
    { backendRefs: [ref('stable', 5, defaulted)] },
    { backendRefs: [ref('audit', 1, defaulted), ref('stable', 70, defaulted), ref('canary', 30, defaulted)] },
  ]);
});

describe('what the route says is read as the gateway reads it', () => {
  test.for([
    [undefined, undefined, 50],
    [1, 1, 50],
    [2, 1, 34],
    [999, 1, 1],
    [0, 0, 0],
    [0, 7, 100],
    [7, 0, 0],
  ] as const)('stable %s, canary %s is %i', async ([stable, canary, weight]) => {
    const target = await aTarget();
    await create(target.namespace, [both(stable, canary)]);
    expect((await router.read(target, tools.signal)).canaryWeight).toBe(weight);
  });

  test('the rule that sends most counts', async () => {
    const target = await aTarget();
    await create(target.namespace, [both(90, 10), both(40, 60)]);
    expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 60, isIncomplete: true });
  });
});

describe('the label that tells GitOps tools to leave the weights alone', () => {
  test('is there while the canary has a share', async () => {
    const target = await aTarget();
    await create(target.namespace, [both(100, 0)], { team: 'edge' });
    expect((await set(target, 10)).metadata.labels).toEqual({ team: 'edge', [label]: 'in-progress' });
    expect((await set(target, 0)).metadata.labels).toEqual({ team: 'edge' });
  });

  test('may be another one, or none', async () => {
    const other = await aTarget({ httpRoute: 'main', inProgressLabelKey: 'x/y', inProgressLabelValue: 'z' });
    await create(other.namespace, [both(100, 0)]);
    expect((await set(other, 10)).metadata.labels).toEqual({ 'x/y': 'z' });
    const none = await aTarget({ httpRoute: 'main', disableInProgressLabel: true });
    await create(none.namespace, [both(100, 0)]);
    expect((await set(none, 10)).metadata.labels ?? {}).toEqual({});
  });

  test('that was lost is put back', async () => {
    const target = await aTarget();
    await create(target.namespace, [both(100, 0)]);
    await set(target, 10);
    const patch = { metadata: { labels: { [label]: null } } };
    const name = { namespace: target.namespace, name: 'main' };
    await tools.cluster.patchMerge(resources.httpRoutes, name, patch, { signal: tools.signal });
    expect(await router.read(target, tools.signal)).toMatchObject({ canaryWeight: 10, isIncomplete: true });
    expect((await set(target, 10)).metadata.labels).toEqual({ [label]: 'in-progress' });
  });
});

describe('Services of the same name elsewhere', () => {
  test('are not ours', async () => {
    const target = await aTarget();
    const elsewhere = {
      backendRefs: [ref('stable', 1, { namespace: 'other' }), ref('canary', 1, { namespace: 'other' })],
    };
    const notServices = { backendRefs: [ref('stable', 1, { kind: 'Import' }), ref('canary', 1, { kind: 'Import' })] };
    await create(target.namespace, [elsewhere, notServices]);
    const seen = await router.read(target, tools.signal);
    expect(seen.canaryWeight).toBeUndefined();
    expect(seen.problem).toBe('HTTPRoute "main" has no rule with backends stable and canary');
  });

  test('a route in another namespace names ours by namespace', async () => {
    const gateways = await tools.namespace();
    const target = await aTarget({ httpRoute: 'main', namespace: gateways });
    const namespace = target.namespace;
    await create(gateways, [
      { backendRefs: [ref('stable', 100, { namespace }), ref('canary', 0, { namespace })] },
      both(1, 1),
    ]);
    const route = await set(target, 25, gateways);
    expect(at(route.spec, 'rules', 0, 'backendRefs', 1, 'weight')).toBe(25);
    expect(at(route.spec, 'rules', 1, 'backendRefs', 1, 'weight')).toBe(1);
  });
});

test.for([
  [{ grpcRoute: 'x' }, /grpcRoute is not supported yet; httpRoute and httpRoutes are/],
  [{ httpRoute: 'main', tcpRoutes: [{ name: 'x' }] }, /tcpRoutes is not supported yet/],
  [{ httpRouteSelector: { matchLabels: {} } }, /httpRouteSelector is not supported yet/],
  [{}, /names no httpRoute and no httpRoutes/],
] as const)('%j is a problem in words', async ([settings, words]) => {
  const target = await aTarget(settings);
  await create(target.namespace, [both(100, 0)]);
  expect((await router.read(target, tools.signal)).problem).toMatch(words);
});

test('settings that cannot be read are refused', async () => {
  const target = await aTarget({ httpRoute: 7 });
  await expect(router.read(target, tools.signal)).rejects.toThrow(InvalidError);
});

describe('choosing routers', () => {
  const choose = (routing: JsonObject) => createTrafficRouters(tools.cluster).choose(routing);
  const kinds = (routing: JsonObject) => choose(routing).map(({ kind }) => kind);

  test('takes all that are asked for', () => {
    expect(kinds({ nginx: {} })).toEqual(['nginx']);
    expect(kinds({ plugins: { [plugin]: {} } })).toEqual([plugin]);
    expect(kinds({ plugins: { [plugin]: {} }, nginx: {}, managedRoutes: [], maxTrafficWeight: 7 })).toEqual([
      'nginx',
      plugin,
    ]);
  });

  test('names what it does not know, and what it does', () => {
    expect(() => choose({ istio: {} })).toThrow(
      'unknown traffic router "istio"; known: nginx, argoproj-labs/gatewayAPI',
    );
    expect(() => choose({ nginx: {}, plugins: { 'acme/mesh': {} } })).toThrow(/unknown traffic router "acme\/mesh"/);
    expect(() => choose({ managedRoutes: [] })).toThrow(/names no traffic router; known: nginx/);
  });
});
