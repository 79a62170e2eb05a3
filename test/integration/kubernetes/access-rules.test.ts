import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccessRules, resources } from '../../../src/kubernetes/index.ts';
import { ForbiddenError, type JsonObject } from '../../../src/lib/index.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

const verbs = ['start', 'abort'] as const;
const apiGroup = 'rbac.authorization.k8s.io';

let tools: TestCluster;
let namespace: string;
let other: string;

beforeAll(async () => {
  tools = await startTestCluster();
  namespace = await tools.namespace();
  other = await tools.namespace();
});
afterAll(() => tools.stop());

/** A role and its binding, of the same name; without a namespace both are the cluster's. */
async function bind(name: string, where: string, rule: JsonObject, subjects: readonly [kind: string, name: string][]) {
  const { signal } = tools;
  const isClusterWide = where === '';
  const kinds = isClusterWide ? resources.clusterRoles : resources.roles;
  const bindings = isClusterWide ? resources.clusterRoleBindings : resources.roleBindings;
  const metadata = isClusterWide ? { name } : { name, namespace: where };
  const rules = [{ apiGroups: ['argoproj.io'], resources: ['rollouts'], ...rule }];
  await tools.cluster.create(kinds, { metadata, rules }, { signal });
  const roleRef = { apiGroup, kind: kinds.kind, name };
  const listed = subjects.map(([kind, subject]) => ({ apiGroup, kind, name: subject }));
  await tools.cluster.create(bindings, { metadata, roleRef, subjects: listed }, { signal });
}

it('names the users and groups that bindings let do it, here and in the whole cluster', async () => {
  await bind('deployer', namespace, { verbs: ['start'] }, [
    ['Group', 'slack:deployers'],
    ['User', 'slack:U1'],
  ]);
  await bind('elsewhere', other, { verbs: ['start'] }, [['User', 'slack:U2']]);
  await bind('everything', '', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, [
    ['Group', 'slack:admins'],
    ['Group', 'system:masters'],
  ]);
  await bind('one', namespace, { verbs: ['abort'], resourceNames: ['cart'] }, [['User', 'slack:U3']]);
  await bind('pods', namespace, { resources: ['pods'], verbs: ['start', 'abort'] }, [['User', 'slack:U4']]);
  const rules = createAccessRules(tools.cluster);
  expect(await rules.subjectsOf(verbs, { namespace, name: 'checkout' }, tools.signal)).toEqual({
    start: ['slack:U1', 'slack:admins', 'slack:deployers'],
    abort: ['slack:admins'],
  });
  expect(await rules.subjectsOf(['abort'], { namespace, name: 'cart' }, tools.signal)).toEqual({
    abort: ['slack:U3', 'slack:admins'],
  });
});

it('looks again after a while, and not before', async () => {
  let nowMs = 0;
  const rules = createAccessRules(tools.cluster, () => nowMs);
  const about = { namespace: other, name: 'checkout' };
  const starters = async () =>
    (await rules.subjectsOf(['start'], about, tools.signal))?.start.filter((name) => name === 'slack:new');
  expect(await starters()).toEqual([]);
  await bind('new', other, { verbs: ['start'] }, [['User', 'slack:new']]);
  nowMs = 59_000;
  expect(await starters()).toEqual([]);
  nowMs = 61_000;
  expect(await starters()).toEqual(['slack:new']);
});

it('says that it does not know where bindings may not be read, and asks again after a failure', async () => {
  let failure: Error | undefined = new Error('reset');
  const rules = createAccessRules({
    list: async (...asked) => {
      if (failure !== undefined) throw failure;
      return tools.cluster.list(...asked);
    },
  });
  const ask = () => rules.subjectsOf(['start'], { namespace, name: 'checkout' }, tools.signal);
  await expect(ask()).rejects.toThrow('reset');
  failure = undefined;
  expect((await ask())?.start).toContain('slack:U1');
  const unread = createAccessRules({
    list: async () => {
      throw new ForbiddenError('roles is forbidden');
    },
  });
  expect(await unread.subjectsOf(['start'], { namespace, name: 'checkout' }, tools.signal)).toBeUndefined();
});
