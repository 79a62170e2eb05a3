import { resources } from '../../../src/kubernetes/index.ts';
import { chooseRule, chooseService } from '../../../src/sandbox/world/proxy/choose.ts';
import { buildRoutes } from '../../../src/sandbox/world/proxy/routes.ts';
import { HttpRoute } from '../../../src/sandbox/world/route-objects.ts';
import type { RouterTarget } from '../../../src/traffic-routers/index.ts';
import { createTrafficRouters } from '../../../src/traffic-routers/index.ts';
import { at, expectObject, type TestCluster } from '../../support/test-cluster.ts';
import { describeTrafficRouter } from './describe-traffic-router.ts';

const plugin = 'argoproj-labs/gatewayAPI';

function route(tools: TestCluster, { namespace }: RouterTarget, name: string) {
  return tools.cluster.get(resources.httpRoutes, { namespace, name }, tools.signal);
}

describeTrafficRouter('Gateway API', {
  create(cluster) {
    const [gatewayApi] = createTrafficRouters(cluster).choose({ plugins: { [plugin]: {} } });
    if (gatewayApi === undefined) throw new Error('Gateway API is not listed');
    return gatewayApi;
  },
  routing: (names) => ({ plugins: { [plugin]: { httpRoutes: names.map((name) => ({ name })) } } }),
  async install({ cluster, signal }, { namespace, stableService, canaryService }, name) {
    const backendRefs = [
      { name: stableService, port: 80, weight: 100 },
      { name: canaryService, port: 80, weight: 0 },
    ];
    const spec = { parentRefs: [{ name: 'gateway' }], hostnames: [`${name}.example.com`], rules: [{ backendRefs }] };
    await cluster.create(resources.httpRoutes, { metadata: { namespace, name }, spec }, { signal });
  },
  async uninstall(tools, target, name) {
    const { uid } = expectObject(await route(tools, target, name)).metadata;
    const { cluster, signal } = tools;
    await cluster.delete(resources.httpRoutes, { namespace: target.namespace, name }, uid, { signal });
  },
  async share(tools, target, name) {
    const found = await route(tools, target, name);
    if (found === undefined) return undefined;
    const refs = at(found, 'spec', 'rules', 0, 'backendRefs');
    const [stable, canary] = [Number(at(refs, 0, 'weight')), Number(at(refs, 1, 'weight'))];
    return canary / (stable + canary);
  },
  async identity(tools, target, name) {
    const { uid, resourceVersion } = expectObject(await route(tools, target, name)).metadata;
    return { uid, resourceVersion };
  },
  async meddle({ cluster, signal }, { namespace }, name) {
    const filters = [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x', value: 'y' }] } }];
    const add = [
      { op: 'add', path: '/metadata/annotations', value: { 'example.com/note': 'hands off' } },
      { op: 'add', path: '/spec/rules/0/filters', value: filters },
      { op: 'add', path: '/spec/rules/0/backendRefs/1/filters', value: filters },
      { op: 'add', path: '/spec/rules/-', value: { backendRefs: [{ name: 'else', port: 80, weight: 7 }] } },
    ] as const;
    await cluster.patchJson(resources.httpRoutes, { namespace, name }, add, { signal });
  },
  async isMeddled(tools, target, name) {
    const found = await route(tools, target, name);
    return (
      at(found, 'metadata', 'annotations', 'example.com/note') === 'hands off' &&
      at(found, 'spec', 'rules', 0, 'filters', 0, 'type') === 'RequestHeaderModifier' &&
      at(found, 'spec', 'rules', 0, 'backendRefs', 1, 'filters', 0, 'type') === 'RequestHeaderModifier' &&
      at(found, 'spec', 'rules', 1, 'backendRefs', 0, 'weight') === 7
    );
  },
  routes: {
    // Read as the sandbox's gateway reads it, which knows nothing of how it was written.
    async ask(tools, target, name, { path = '/', method = 'GET', headers = {} }) {
      const table = buildRoutes([], [HttpRoute.parse(expectObject(await route(tools, target, name)))]);
      const request = { host: `${name}.example.com`, path, method, headers };
      const rule = chooseRule(table, request);
      if (rule?.target.kind !== 'http-route') throw new Error('no rule takes it');
      const { mirrors } = rule.target;
      const service = `${target.namespace}/${target.canaryService}`;
      const parts = Array.from({ length: 100 }, (_, index) => index / 100);
      const chosen = parts.filter(
        (point) => chooseService(rule, request, { point, isServing: () => true }) === service,
      );
      const copied = mirrors.filter((mirror) => mirror.service === service).map(({ share }) => share);
      return { canary: chosen.length / 100, copied: copied[0] ?? 0 };
    },
  },
  additional: {
    // Asked as the sandbox's gateway answers: where each hundredth of the requests goes.
    async shares(tools, target, name) {
      const table = buildRoutes([], [HttpRoute.parse(expectObject(await route(tools, target, name)))]);
      const request = { host: `${name}.example.com`, path: '/', method: 'GET', headers: {} };
      const rule = chooseRule(table, request);
      if (rule === undefined) throw new Error('no rule takes it');
      const counts: Record<string, number> = {};
      for (let at = 0; at < 100; at++) {
        const chosen = chooseService(rule, request, { point: at / 100, isServing: () => true }) ?? 'nobody';
        const service = chosen.replace(`${target.namespace}/`, '');
        counts[service] = (counts[service] ?? 0) + 1;
      }
      return Object.fromEntries(Object.entries(counts).map(([service, count]) => [service, count / 100]));
    },
  },
  words: { missing: /^HTTPRoute ".*" not found$/ },
});
