import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { KubernetesObject } from '../../src/kubernetes/index.ts';
import { otherHashes, readRecordedObjects } from '../support/recorded.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Those that stand still by themselves. */
const stories = [
  'canary-timed-pause',
  'canary-gate-without-router',
  'canary-aborted',
  'canary-paused-by-hand',
  'blue-green-before-the-switch',
  'blue-green-after-the-switch',
];
const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
const collections: Readonly<Record<string, string>> = {
  Rollout: `${argo}/rollouts`,
  AnalysisRun: `${argo}/analysisruns`,
  ReplicaSet: '/apis/apps/v1/namespaces/shop/replicasets',
  Service: '/api/v1/namespaces/shop/services',
  Ingress: '/apis/networking.k8s.io/v1/namespaces/shop/ingresses',
};
const watched = [...Object.values(collections), '/api/v1/namespaces/shop/pods'];

it.skipIf(!hasRedisServer())(
  'objects that Argo wrote, with hashes of another version, are gone on with, and no pod notices',
  async () => {
    const sandbox = await startSandbox();
    stops.push(() => sandbox.stop());
    const redis = await startRedisServer('port');
    stops.push(() => redis.stop());
    const names = await leaveBehind(sandbox);
    const before = await look(sandbox, names);

    sandbox.startService({ CONTROLLER: 'own', REDIS_URL: redis.url, SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
    await sandbox.eventually('it has looked at each of them', async () => {
      const port = sandbox.logs().find(({ msg }) => msg === 'started')?.port;
      const told = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const isSeen = (name: string) =>
        new RegExp(`^rollout_reconcile_count\\{.*name="${name}"\\} [1-9]`, 'm').test(told);
      return names.every(isSeen) || undefined;
    });
    expect(await look(sandbox, names)).toEqual(before);

    for (const name of ['basic', 'preview'])
      await patch(sandbox, `${argo}/rollouts/${name}/status`, { status: { pauseConditions: null } });
    await sandbox.eventually('both go on', async () => {
      const { status } = Seen.parse(await sandbox.request('GET', `${argo}/rollouts/basic`));
      const active = Seen.parse(await sandbox.request('GET', `${collections.Service}/preview-active`));
      const isSwitched = active.spec.selector?.['rollouts-pod-template-hash'] === otherHashes[1];
      return (isSwitched && status?.currentStepIndex === 3) || undefined;
    });
    const replicaSets = (await look(sandbox, names)).filter(({ kind }) => kind === 'ReplicaSet');
    expect(replicaSets.map(({ name }) => name)).toEqual(
      before.filter(({ kind }) => kind === 'ReplicaSet').map(({ name }) => name),
    );
  },
);

/** Everything as Argo and the API server leave it, of now: uids are the server's, and times are not over yet. */
async function leaveBehind(sandbox: TestSandbox): Promise<readonly string[]> {
  const images = { 'images.yaml': 'shop:1: { startMs: 20, latencyMs: 5 }\nshop:2: { startMs: 20, latencyMs: 5 }\n' };
  await patch(sandbox, '/api/v1/namespaces/sandbox/configmaps/image-list', { data: images });
  await sandbox.request('POST', `${argo}/analysistemplates`, template);
  const names: string[] = [];
  for (const story of stories) {
    const objects = readRecordedObjects(story, 'of another version');
    const owner = { uid: '', recordedUid: objects[0]?.metadata.uid ?? '' };
    for (const recorded of objects) {
      const object = z.looseObject({ kind: z.string(), metadata: Metadata }).parse(ofNow(recorded, owner));
      const path = collections[object.kind] ?? '';
      const created = Created.parse(await sandbox.request('POST', path, object));
      if (object.kind !== 'Rollout') continue;
      owner.uid = created.metadata.uid;
      names.push(created.metadata.name);
      const { status } = z.looseObject({ status: z.looseObject({}) }).parse(object);
      const observedGeneration = String(created.metadata.generation);
      await patch(sandbox, `${path}/${created.metadata.name}/status`, { status: { ...status, observedGeneration } });
    }
  }
  await sandbox.eventually('its pods are there', async () => {
    const { items } = List.parse(await sandbox.request('GET', collections.ReplicaSet ?? ''));
    const ours = items.filter(({ metadata }) => names.some((name) => metadata.name.startsWith(`${name}-`)));
    const areUp = ours.every(({ spec, status }) => (status?.availableReplicas ?? 0) === spec.replicas);
    return (ours.length === 2 * stories.length && areUp) || undefined;
  });
  return names;
}

const Metadata = z.looseObject({ name: z.string() });
const Created = z.looseObject({
  metadata: z.looseObject({ name: z.string(), uid: z.string(), generation: z.number().default(0) }),
});
const Seen = z.looseObject({
  kind: z.string().default(''),
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string().default(''),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .looseObject({ replicas: z.number().optional(), selector: z.record(z.string(), z.unknown()).optional() })
    .default({}),
  status: z
    .looseObject({ currentStepIndex: z.number().optional(), availableReplicas: z.number().optional() })
    .optional(),
});
const List = z.looseObject({ kind: z.string(), items: z.array(Seen) });

function ofNow(recorded: KubernetesObject, owner: { readonly uid: string; readonly recordedUid: string }): unknown {
  const now = Date.now();
  const stamp = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const text = JSON.stringify({
    ...recorded,
    metadata: { ...recorded.metadata, uid: undefined, resourceVersion: undefined, managedFields: undefined },
  })
    .replaceAll(owner.recordedUid, owner.uid)
    .replaceAll(/("scale-down-deadline":")[^"]+/g, `$1${stamp(now + 3_600_000)}`)
    .replaceAll(/("(?:startTime|abortedAt|lastUpdateTime|lastTransitionTime)":")[^"]+/g, `$1${stamp(now)}`);
  return JSON.parse(text);
}

/** What a change of hands must leave alone, of these Rollouts. */
async function look(sandbox: TestSandbox, names: readonly string[]) {
  const found: { kind: string; name: string; uid: string; seen: unknown }[] = [];
  for (const path of watched) {
    const { kind, items } = List.parse(await sandbox.request('GET', path));
    for (const { metadata, spec, status } of items) {
      const isOurs = names.some((name) => metadata.name === name || metadata.name.startsWith(`${name}-`));
      if (!isOurs) continue;
      const { name, uid, labels, annotations } = metadata;
      const isRollout = kind === 'RolloutList';
      const isPod = kind === 'PodList';
      const seen = isPod ? labels : { labels, annotations, spec, ...(isRollout ? { status } : {}) };
      found.push({ kind: kind.replace(/List$/, ''), name, uid, seen });
    }
  }
  return found.sort((a, b) => (`${a.kind}/${a.name}` < `${b.kind}/${b.name}` ? -1 : 1));
}

async function patch(sandbox: TestSandbox, path: string, change: object): Promise<void> {
  await sandbox.request('PATCH', path, change, 'application/merge-patch+json');
}

const template = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'slo', namespace: 'shop' },
  spec: {
    args: [{ name: 'service' }],
    metrics: [{ name: 'success-rate', successCondition: 'true', provider: { prometheus: { query: 'vector(1)' } } }],
  },
};
