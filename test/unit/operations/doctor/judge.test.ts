import { describe, expect, it } from 'vitest';
import { drivenRights, neededDefinitions, neededRights } from '../../../../src/kubernetes/index.ts';
import {
  judgeChannel,
  judgeChartBlock,
  judgeClock,
  judgeController,
  judgeDefinitions,
  judgeDriven,
  judgePrometheus,
  judgeQueue,
  judgeRights,
  judgeSlack,
  judgeUserGroups,
  rightQuestions,
  type WhereRightsAreNeeded,
} from '../../../../src/operations/index.ts';

const everywhere: WhereRightsAreNeeded = {
  watchNamespaces: [],
  leaseNamespace: 'argo-rollouts',
  ownNamespace: 'stepwise',
};
const account = 'system:serviceaccount:stepwise:stepwise';
const asked = rightQuestions(neededRights, everywhere);

function missing(resource: string, verbs: readonly string[], where = everywhere) {
  return rightQuestions(neededRights, where).filter(
    ({ right, question }) => right.resource === resource && verbs.includes(question.verb),
  );
}

describe('rights', () => {
  it('every verb of every right is asked for, in each namespace that is watched', () => {
    const verbs = neededRights.flatMap(({ verbs: each, names }) => (names ?? ['']).flatMap(() => each));
    expect(asked).toHaveLength(verbs.length);
    const two = rightQuestions(neededRights, { ...everywhere, watchNamespaces: ['shop', 'pay'] });
    const spread = neededRights.filter(({ scope }) => scope === 'watched').flatMap(({ verbs: each }) => each);
    expect(two).toHaveLength(verbs.length + spread.length);
    expect(two.filter(({ right }) => right.scope === 'lease').map(({ question }) => question.namespace)).toContain(
      'argo-rollouts',
    );
  });

  it('all there', () => {
    expect(judgeRights([], { asked: 65, account, isDriving: false })).toEqual({
      state: 'ok',
      found: 'all 65 are there',
    });
  });

  it.each([
    [
      missing('ingresses', ['create', 'patch']),
      'kubectl create clusterrole stepwise-ingresses-networking-k8s-io --verb=create,patch --resource=ingresses.networking.k8s.io && ' +
        'kubectl create clusterrolebinding stepwise-ingresses-networking-k8s-io --clusterrole=stepwise-ingresses-networking-k8s-io ' +
        '--serviceaccount=stepwise:stepwise',
    ],
    [
      missing('rollouts/status', ['patch']),
      'kubectl create clusterrole stepwise-rollouts-status-argoproj-io --verb=patch --resource=rollouts.argoproj.io/status && ' +
        'kubectl create clusterrolebinding stepwise-rollouts-status-argoproj-io ' +
        '--clusterrole=stepwise-rollouts-status-argoproj-io --serviceaccount=stepwise:stepwise',
    ],
    [
      missing('namespaces', ['get']),
      'kubectl create clusterrole stepwise-namespaces --verb=get --resource=namespaces --resource-name=kube-system && ' +
        'kubectl create clusterrolebinding stepwise-namespaces --clusterrole=stepwise-namespaces --serviceaccount=stepwise:stepwise',
    ],
    [
      missing('leases', ['update']),
      'kubectl -n argo-rollouts create role stepwise-leases-coordination-k8s-io --verb=update --resource=leases.coordination.k8s.io && ' +
        'kubectl -n argo-rollouts create rolebinding stepwise-leases-coordination-k8s-io ' +
        '--role=stepwise-leases-coordination-k8s-io --serviceaccount=stepwise:stepwise',
    ],
    [
      missing('pods', ['list'], { ...everywhere, watchNamespaces: ['shop'] }),
      'kubectl -n shop create role stepwise-pods --verb=list --resource=pods && ' +
        'kubectl -n shop create rolebinding stepwise-pods --role=stepwise-pods --serviceaccount=stepwise:stepwise',
    ],
  ])('a missing one comes with the line that gives it %#', (lacking, line) => {
    expect(judgeRights(lacking, { asked: 65, account, isDriving: false })).toMatchObject({
      state: 'failed',
      fixes: [line],
    });
  });

  it.each([
    [false, [], 'first'],
    [false, ['shop'], 'namespaces'],
    [true, [], 'drive'],
    [true, ['shop'], 'drive-namespaces'],
  ])('many: the line for all of them first (drive: %s, namespaces: %s)', (isDriving, watchNamespaces, overlay) => {
    const rights = isDriving ? drivenRights : neededRights;
    const all = rightQuestions(rights, { ...everywhere, watchNamespaces });
    const found = judgeRights(all, { asked: all.length, account: 'admin', isDriving });
    expect(found.found).toContain(`${all.length} of ${all.length} are missing: get rollouts.argoproj.io, `);
    expect(found.fixes?.[0]).toBe(`kubectl apply --server-side -k manifests/install/overlays/${overlay}`);
    expect(found.fixes).toHaveLength(6);
    expect(found.fixes?.[1]).toContain('--user=admin');
  });
});

describe('definitions', () => {
  const all = neededDefinitions.map((name) => ({ name, versions: ['v1alpha1'] }));
  const without = (name: string) => all.map((one) => (one.name === name ? { name, versions: undefined } : one));

  it.each([
    [all, 'ok', /^7 of 7, v1alpha1$/, undefined],
    [without('rollouts.argoproj.io'), 'failed', /rollouts/, 'kubectl create -k manifests/install/crds-argo'],
    [
      without('deliveryrecords.stepwise.dev'),
      'failed',
      /deliveryrecords/,
      'kubectl apply --server-side -k manifests/install/crds',
    ],
    [[{ name: 'rollouts.argoproj.io', versions: ['v2'] }], 'failed', /serves v2: v1alpha1 is needed/, undefined],
  ])('%#', (definitions, state, found, fix) => {
    const finding = judgeDefinitions(definitions);
    expect(finding.state).toBe(state);
    expect(finding.found).toMatch(found);
    expect(finding.fixes?.[0]).toBe(fix);
  });
});

const lease = 'argo-rollouts/argo-rollouts-controller-lock';
const look = 'kubectl -n argo-rollouts get lease argo-rollouts-controller-lock -o yaml';
const redis = {
  kind: 'redis',
  isHealthy: true,
  version: '7.0.15',
  policy: 'noeviction',
  isAppendOnly: true,
  roundTripMs: 1.2,
} as const;
const shop = { channel: 'C1', namespaces: ['shop'], rollouts: 0, isOutside: false, policies: [] };

describe('a line of the checkup', () => {
  it.each([
    [
      judgeController({ holder: 'stepwise_a', isOurs: true, lease, argo: [] }),
      'ok',
      /^Stepwise \(stepwise_a\)$/,
      undefined,
    ],
    [
      judgeController({ holder: 'stepwise_a', isOurs: true, lease, argo: ['argo-rollouts'] }),
      'warning',
      /Argo Rollouts runs too \(argo-rollouts\), and waits/,
      undefined,
    ],
    [
      judgeController({ holder: 'stepwise_a', isOurs: true, lease, argo: undefined }),
      'ok',
      /could not be read/,
      undefined,
    ],
    [
      judgeDriven({ controller: 'argo-rollouts v1.8.3', holder: 'argo-1', lease }),
      'ok',
      /^argo-rollouts v1\.8\.3 runs the Rollouts \(argo-1\); Stepwise drives it$/,
      undefined,
    ],
    [
      judgeDriven({ controller: 'argo-rollouts v1.8.3', holder: undefined, lease }),
      'failed',
      /argo-rollouts v1\.8\.3 no longer holds the Lease .*: no rollout moves/,
      look,
    ],
    [judgeDriven({ controller: undefined, holder: undefined, lease }), 'failed', /no Argo controller holds/, look],
    [judgeController({ holder: undefined, isOurs: false, lease, argo: [] }), 'failed', /nobody holds the Lease/, look],
    [judgeController({ holder: 'argo-1', isOurs: false, lease, argo: [] }), 'failed', /argo-1 holds the Lease/, look],
    [judgeQueue(redis), 'ok', /^Redis 7\.0\.15, 1 ms, noeviction, AOF$/, undefined],
    [
      judgeQueue({ ...redis, policy: 'allkeys-lru' }),
      'failed',
      /allkeys-lru: it may throw waiting turns away/,
      'redis-cli -u "$REDIS_URL" config set maxmemory-policy noeviction',
    ],
    [
      judgeQueue({ ...redis, isAppendOnly: false }),
      'warning',
      /no append-only file/,
      'redis-cli -u "$REDIS_URL" config set appendonly yes',
    ],
    [judgeQueue({ ...redis, roundTripMs: 400 }), 'warning', /400 ms: slow/, undefined],
    [
      judgeQueue({ kind: 'redis', isHealthy: false }),
      'failed',
      /the keeper takes the turns/,
      'redis-cli -u "$REDIS_URL" ping',
    ],
    [judgeQueue({ kind: 'embedded', isHealthy: true }), 'ok', /about 50 moving rollouts/, undefined],
    [judgeQueue({ kind: 'embedded', isHealthy: false }), 'failed', /does not answer/, undefined],
    [judgePrometheus('http://prometheus:9090', 12.4), 'ok', /^http:\/\/prometheus:9090 answers in 12 ms$/, undefined],
    [judgePrometheus('', undefined), 'warning', /PROMETHEUS_ADDRESS is not set/, undefined],
    [judgeSlack({ mode: 'socket', open: 2, wanted: 2 }), 'ok', /^2 of 2 sockets$/, undefined],
    [judgeSlack({ mode: 'socket', open: 1, wanted: 2 }), 'warning', /^1 of 2 sockets/, undefined],
    [judgeSlack({ mode: 'socket', open: 0, wanted: 2 }), 'failed', /^0 of 2 sockets$/, undefined],
    [
      judgeSlack({ mode: 'socket', open: 2, wanted: 2, tokenRefused: 'token_revoked' }),
      'failed',
      /not accepted \(token_revoked\)/,
      'install the app again and set SLACK_BOT_TOKEN',
    ],
    [judgeSlack({ mode: 'http', open: 1, wanted: 1 }), 'ok', /port for Slack is open/, undefined],
    [judgeSlack(undefined), 'failed', /no Slack token/, 'set SLACK_BOT_TOKEN and SLACK_APP_TOKEN'],
    [judgeUserGroups({ kind: 'known', count: 3 }), 'ok', /^yes: 3/, undefined],
    [judgeUserGroups({ kind: 'none', why: 'paid_teams_only' }), 'warning', /no \(paid_teams_only\)/, undefined],
    [
      judgeUserGroups({ kind: 'none', why: 'missing_scope' }),
      'warning',
      /no/,
      'add the bot scope usergroups:read, and install the app again',
    ],
    [judgeChannel(shop), 'ok', /^bound to namespaces shop$/, undefined],
    [
      judgeChannel({ ...shop, policies: ['shop/slack'] }),
      'ok',
      /^bound to namespaces shop by DeliveryPolicy shop\/slack$/,
      undefined,
    ],
    [judgeChannel({ ...shop, namespaces: [], rollouts: 2 }), 'ok', /2 rollouts by annotation/, undefined],
    [judgeChannel({ ...shop, isOutside: true }), 'failed', /I am not in it/, '/invite @Stepwise'],
    [
      judgeChannel({ ...shop, namespaces: [] }),
      'warning',
      /no DeliveryPolicy names it/,
      `echo '{"apiVersion":"stepwise.dev/v1alpha1","kind":"DeliveryPolicy","metadata":{"name":"channels","namespace":"NAMESPACE"},"spec":{"channels":["C1"]}}' | kubectl apply --server-side -f -`,
    ],
    [judgeChannel({ ...shop, channel: '' }), 'ok', /a direct message/, undefined],
    [judgeChartBlock(undefined), 'ok', /not refused/, undefined],
    [judgeChartBlock(Date.UTC(2026, 10, 21, 9, 30)), 'warning', /until 2026-11-21 09:30 UTC/, undefined],
    [judgeClock(300, 1000), 'ok', /with the API server's \(± 1\.0 s\)/, undefined],
    [judgeClock(2900, 1000), 'ok', /with the API server's/, undefined],
    [judgeClock(5000, 50), 'warning', /5\.0 s ahead of the API server/, 'timedatectl set-ntp true'],
    [judgeClock(-5000, 50), 'warning', /5\.0 s behind the API server/, 'timedatectl set-ntp true'],
  ] as const)('%#', (finding, state, found, fix) => {
    expect(finding.state).toBe(state);
    expect(finding.found).toMatch(found);
    expect('fixes' in finding ? finding.fixes?.[0] : undefined).toBe(fix);
  });
});
