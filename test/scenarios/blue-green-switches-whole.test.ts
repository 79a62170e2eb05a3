import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channelOf, type FrontDesk, isAtGate, isLive, openFrontDesk, type RolloutSeen } from '../support/front-desk.ts';
import { type SwitchWatch, watchSwitches } from '../support/switch-watch.ts';
import { waitFor } from '../support/wait-for.ts';

// The rows of a blue-green update, a Rollout each, in one world. Visitors come to every Service all the time, and somebody watches from
// outside where each active Service leads.

const byHand = { autoPromotionEnabled: false };
const soon = { scaleDownDelaySeconds: 1, abortScaleDownDelaySeconds: 1 };
const analysis = (templateName: string, service: string) => ({
  templates: [{ templateName }],
  args: [
    { name: 'service', value: service },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
  ],
});

const shops: Readonly<Record<string, object>> = {
  auto: { scaleDownDelaySeconds: 600, scaleDownDelayRevisionLimit: 1 },
  chat: { ...soon, ...byHand },
  patch: { ...soon, ...byHand },
  timed: { ...soon, autoPromotionSeconds: 1 },
  few: {
    ...soon,
    ...byHand,
    previewReplicaCount: 1,
    previewMetadata: { labels: { role: 'preview' } },
    activeMetadata: { labels: { role: 'active' } },
    antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 10 } },
  },
  'bad-preview': { ...soon, prePromotionAnalysis: analysis('errors', 'bad-preview-preview') },
  'bad-active': { ...soon, postPromotionAnalysis: analysis('errors', 'bad-active-active') },
  'long-look': { ...soon, postPromotionAnalysis: analysis('endless', 'long-look-active') },
  'fast-undo': { scaleDownDelaySeconds: 600, ...byHand, prePromotionAnalysis: analysis('errors', 'fast-undo-preview') },
  killed: { ...soon, ...byHand },
};
const names = Object.keys(shops);
const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';

let desk: FrontDesk;
let watch: SwitchWatch;
/** The pod hash of each shop's first revision. */
const first = new Map<string, string>();

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: names });
  watch = watchSwitches(desk.sandbox);
  for (const name of ['errors', 'endless'])
    await desk.sandbox.request('POST', `${argo}/analysistemplates`, template(name));
  const hosts = names.flatMap((name) => [
    [`${name}.example.com`, '40'],
    [`${name}-preview.example.com`, '40'],
  ]);
  const load = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'load' }, data: Object.fromEntries(hosts) };
  await desk.sandbox.request('POST', '/api/v1/namespaces/sandbox/configmaps', load);
  for (const [name, blueGreen] of Object.entries(shops)) await desk.open({ name, blueGreen });
  for (const name of names) first.set(name, (await desk.until(name, 'is live', isLive)).status.stableRS ?? '');
  for (const name of names) await desk.setImage(name, name.startsWith('bad') ? 'shop:bad' : 'shop:2');
});
afterAll(async () => {
  await watch.stop();
  await desk.stop();
});

function template(name: string) {
  // Of this revision's pods alone: what the others answered just before, or nobody, is not its fault.
  const of = 'service="{{args.service}}",pod=~".+-{{args.hash}}-.+"';
  const query = (status: string) => `sum(rate(http_requests_total{${of}${status}}[4s]))`;
  const pace = { initialDelay: '1500ms', interval: '500ms', count: 3 };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: {
      args: [{ name: 'service' }, { name: 'hash' }],
      metrics: [
        {
          name: 'success-rate',
          ...pace,
          ...(name === 'endless' ? { count: 10_000 } : {}),
          consecutiveErrorLimit: 1000,
          successCondition: 'result[0] >= 0.95',
          provider: { prometheus: { query: `${query(',status!~"5.."')} / (${query('')} > 0)` } },
        },
      ],
    },
  };
}

/** The revisions that the active Service led to, in order, since the first one took it over. */
function wayOf(name: string): readonly number[] {
  const hashes = watch.leadsOf(name, 'active').flatMap(({ podHash }) => (podHash === undefined ? [] : [podHash]));
  const order = [...new Set(hashes)];
  return hashes.map((hash) => order.indexOf(hash) + 1);
}

function isAborted({ status }: RolloutSeen): boolean {
  return status.phase === 'Degraded' && status.abort === true;
}

const ReplicaSets = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({ replicas: z.number(), template: z.unknown() }),
    }),
  ),
});

async function replicaSet(name: string, podHash = '') {
  const { items } = await desk.sandbox.get(ReplicaSets, '/apis/apps/v1/namespaces/shop/replicasets');
  const found = items.find(({ metadata }) => metadata.name === `${name}-${podHash}`);
  if (found === undefined) throw new Error(`no ReplicaSet ${name}-${podHash}`);
  return found;
}

async function untilPods(name: string, podHash: string | undefined, count: number): Promise<void> {
  await desk.sandbox.eventually(`${name}-${podHash} has ${count} pods`, async () => {
    const { spec } = await replicaSet(name, podHash);
    return spec.replicas === count || undefined;
  });
}

/** Argo's own client: only the conditions. */
function promoteByPatch(name: string): Promise<void> {
  return desk.patch(name, { status: { pauseConditions: null } }, 'status');
}

async function click(name: string, action: string, words: RegExp): Promise<void> {
  await desk.press('dana', await desk.card(name, 2, words), action);
}

describe('promotion', () => {
  it('by itself: with all its pods, and what it replaced stays for a way back', async () => {
    const second = await desk.until('auto', 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
    expect(wayOf('auto')).toEqual([1, 2]);
    expect((await replicaSet('auto', first.get('auto'))).spec.replicas).toBe(2);

    // A third one: of those that wait for their deadline only the newest keeps its pods.
    await desk.setImage('auto', 'shop:3');
    await untilPods('auto', first.get('auto'), 0);
    await desk.until(
      'auto',
      'is live again',
      (rollout) => isLive(rollout) && rollout.status.stableRS !== second.status.stableRS,
    );
    expect((await replicaSet('auto', second.status.stableRS)).spec.replicas).toBe(2);
    expect(wayOf('auto')).toEqual([1, 2, 3]);
  });

  it('by a click and by a patch: abort, retry and promote come to the same', async () => {
    for (const name of ['chat', 'patch']) await desk.until(name, 'waits', isAtGate);
    expect([wayOf('chat'), wayOf('patch')]).toEqual([[1], [1]]);

    await click('chat', 'abort', /waits for you/);
    await desk.patch('patch', { status: { abort: true } }, 'status');
    const aborted = await Promise.all(['chat', 'patch'].map((name) => desk.until(name, 'is aborted', isAborted)));
    for (const { metadata, status } of aborted) await untilPods(metadata.name, status.currentPodHash, 0);
    await waitFor(async () => expect(await plain('chat')).toEqual(await plain('patch')));

    await click('chat', 'retry', /rolled back/);
    await desk.patch('patch', { status: { abort: false } }, 'status');
    for (const name of ['chat', 'patch']) await desk.until(name, 'waits again', isAtGate);
    await waitFor(async () => expect(await plain('chat')).toEqual(await plain('patch')));

    await click('chat', 'promote', /waits for you/);
    await promoteByPatch('patch');
    for (const name of ['chat', 'patch']) {
      await desk.until(name, 'is live', isLive);
      await untilPods(name, first.get(name), 0);
    }
    await waitFor(async () => expect(await plain('chat')).toEqual(await plain('patch')));
    expect([wayOf('chat'), wayOf('patch')]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('after autoPromotionSeconds: it has paused, and goes on without anybody', async () => {
    const { status } = await desk.until('timed', 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
    expect(status.conditions.find(({ type }) => type === 'Paused')).toMatchObject({ status: 'False' });
    expect(wayOf('timed')).toEqual([1, 2]);
  });

  it('with a few pods first: the switch waits for all of them', async () => {
    const { status } = await desk.until('few', 'waits', isAtGate);
    const preview = await replicaSet('few', status.currentPodHash);
    expect(preview.spec.replicas).toBe(1);
    expect(JSON.stringify(preview.spec.template)).toContain(`"values":["${first.get('few')}"]`);
    await untilRole('few', status.currentPodHash, 'preview');
    await promoteByPatch('few');
    await desk.until('few', 'is live', isLive);
    expect(watch.leadsOf('few', 'active').at(-1)).toMatchObject({ podHash: status.currentPodHash, available: 2 });
    await untilRole('few', status.currentPodHash, 'active');
  });
});

function isSecond({ metadata, status }: RolloutSeen): boolean {
  return status.stableRS !== first.get(metadata.name);
}

const Pods = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }) })),
});

/** The role that every pod of a revision carries. */
async function untilRole(name: string, podHash: string | undefined, role: string): Promise<void> {
  const path = `/api/v1/namespaces/shop/pods?labelSelector=app=${name},rollouts-pod-template-hash=${podHash}`;
  await desk.sandbox.eventually(`pods of ${name} are ${role}`, async () => {
    const { items } = await desk.sandbox.get(Pods, path);
    return (items.length > 0 && items.every(({ metadata }) => metadata.labels.role === role)) || undefined;
  });
}

/** A status without what differs from shop to shop and from second to second. */
async function plain(name: string): Promise<string> {
  const { status } = await desk.rollout(name);
  return JSON.stringify(status, undefined, 1)
    .replaceAll(`app=${name}`, 'app=x')
    .replaceAll(status.currentPodHash ?? '', 'CURRENT')
    .replaceAll(first.get(name) ?? '', 'FIRST')
    .replaceAll(`"${name}`, '"x')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME');
}

describe('going back', () => {
  it('a preview that fails its analysis never gets the active Service', async () => {
    const { status } = await desk.until('bad-preview', 'is aborted', isAborted);
    expect(status.message).toMatch(/Blue\/green pre-promotion analysis phase error\/failed: Metric "success-rate"/);
    await untilPods('bad-preview', status.currentPodHash, 0);
    expect(wayOf('bad-preview')).toEqual([1]);
    expect(watch.leadsOf('bad-preview', 'preview').at(-1)?.podHash).toBe(status.currentPodHash);
  });

  it('one that fails after the switch gives it back, to pods that never went', async () => {
    const { status } = await desk.until('bad-active', 'is aborted', isAborted);
    expect(status.message).toMatch(/Blue\/green post-promotion analysis phase error\/failed: Metric "success-rate"/);
    await untilPods('bad-active', status.currentPodHash, 0);
    expect(wayOf('bad-active')).toEqual([1, 2, 1]);
  });

  it('an abort after the switch does the same', async () => {
    await desk.sandbox.eventually('it has switched', () => wayOf('long-look').length === 2 || undefined);
    await desk.patch('long-look', { status: { abort: true } }, 'status');
    const { status } = await desk.until('long-look', 'is aborted', isAborted);
    await untilPods('long-look', status.currentPodHash, 0);
    expect(wayOf('long-look')).toEqual([1, 2, 1]);
  });

  it('an undo while the former pods are still up switches at once: no analysis, no pause', async () => {
    await desk.until('fast-undo', 'waits', isAtGate);
    await promoteByPatch('fast-undo');
    await desk.until('fast-undo', 'is live', isLive);
    const answer = await desk.type('dana', '/rollout undo fast-undo', channelOf('fast-undo'));
    expect(answer.words).toMatch(/goes back to \*1\* \(rev 1\) at once/);
    const [undo] = answer.buttons;
    await desk.press('dana', answer, undo?.id ?? '', undo?.value);
    const { status } = await desk.until('fast-undo', 'is back', (rollout) => isLive(rollout) && !isSecond(rollout));
    expect(wayOf('fast-undo')).toEqual([1, 2, 1]);
    expect(status.blueGreen).not.toHaveProperty('prePromotionAnalysisRunStatus');
  });
});

it('killed between the permission and the switch, it switches when it is back', async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles/stepwise-engine';
  const Role = z.looseObject({
    rules: z.array(z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
  });
  await desk.until('killed', 'waits', isAtGate);
  const { rules } = await desk.sandbox.get(Role, roles);
  // Nobody may switch a Service: it stands there with its permission stored.
  const fewer = rules.map((rule) =>
    rule.resources.includes('services') ? { ...rule, verbs: ['get', 'list', 'watch'] } : rule,
  );
  const setRules = (some: object[]) =>
    desk.sandbox.request('PATCH', roles, { rules: some }, 'application/merge-patch+json');
  await setRules(fewer);
  await promoteByPatch('killed');
  await desk.until('killed', 'may switch', ({ status }) => status.blueGreen?.activeSelector === status.currentPodHash);
  expect(wayOf('killed')).toEqual([1]);
  desk.service.kill(0);
  await setRules(rules);
  await desk.until('killed', 'is live', isLive);
  expect(wayOf('killed')).toEqual([1, 2]);
});

it('and no visitor of any of them came in vain, nor did an active Service ever lead to fewer pods than asked for', async () => {
  expect(Object.fromEntries(names.map((name) => [name, watch.leastAvailable(name)]))).toEqual(
    Object.fromEntries(names.map((name) => [name, 2])),
  );
  const query = 'sum by (service) (http_requests_total{service=~".+-active",status="503"})';
  const url = `${desk.sandbox.standIns.environment.PROMETHEUS_ADDRESS}/api/v1/query?${new URLSearchParams({ query })}`;
  const answer: unknown = await (await fetch(url)).json();
  expect(answer).toMatchObject({ status: 'success', data: { result: [] } });
});
