import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { channelOf, type FrontDesk, isAtGate, isLive, openFrontDesk, type RolloutSeen } from '../support/front-desk.ts';

// workloadRef: the pod template of each of these stands in another object, which people and tools change instead of the Rollout.

const rollouts = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts';
const kinds = {
  Deployment: { apiVersion: 'apps/v1', path: '/apis/apps/v1/namespaces/shop/deployments' },
  ReplicaSet: { apiVersion: 'apps/v1', path: '/apis/apps/v1/namespaces/shop/replicasets' },
  PodTemplate: { apiVersion: 'v1', path: '/api/v1/namespaces/shop/podtemplates' },
} as const;
type Kind = keyof typeof kinds;

const shops = ['by-deployment', 'by-set', 'by-template', 'beside', 'gradual', 'git', 'lost'] as const;
type Shop = (typeof shops)[number];

let desk: FrontDesk;

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: shops });
  await make('Deployment', 'by-deployment', 2);
  await make('ReplicaSet', 'by-set', 0);
  await make('PodTemplate', 'by-template', 0);
  await make('Deployment', 'beside', 1);
  await make('Deployment', 'gradual', 2);
  await refer('by-deployment', 'Deployment', { scaleDown: 'onsuccess' });
  await refer('by-set', 'ReplicaSet');
  await refer('by-template', 'PodTemplate');
  await refer('beside', 'Deployment');
  await refer('gradual', 'Deployment', { scaleDown: 'progressively' });
  await refer('lost', 'Deployment');
  await makeByGit('git');
  await refer('git', 'Deployment');
}, 120_000);
afterAll(() => desk?.stop());

it('starts, shows and undoes releases in the object that holds the template', async () => {
  for (const shop of ['by-deployment', 'by-set', 'by-template', 'beside', 'gradual', 'git'] as const)
    await desk.until(shop, 'is live', isLive);
  // What the first revision takes the place of.
  await sizeOf('by-deployment', 0);
  await sizeOf('gradual', 0);
  await sizeOf('beside', 1);

  expect((await say('check by-deployment', 'by-deployment')).words).toContain('It has no analysis');
  const released: readonly (readonly [Shop, Kind])[] = [
    ['by-deployment', 'Deployment'],
    ['by-set', 'ReplicaSet'],
    ['by-template', 'PodTemplate'],
  ];
  for (const [shop] of released) {
    const plan = await say(`plan ${shop} 2`, shop);
    expect(plan.words).toMatch(/shop:1.*shop:2|1 → 2/s);
    expect((await say(`start ${shop} 2`, shop)).words).toMatch(/asked/i);
  }
  for (const [shop, kind] of released) {
    await desk.until(shop, 'is at its gate', isAtGate);
    await desk.card(shop, 2, /started by dana/);
    const { status, metadata, spec } = await seen(shop);
    const held = await read(kind, shop);
    expect(imageIn(held), shop).toBe('shop:2');
    expect(spec.template, 'nothing is written into the Rollout').toBeUndefined();
    expect(status.workloadObservedGeneration, shop).toBe(String(held.metadata.generation));
    expect(metadata.annotations['rollout.argoproj.io/workload-generation'], shop).toBe(
      String(held.metadata.generation),
    );
    await say(`promote ${shop}`, shop);
  }
  const left = new Map<Shop, string | undefined>();
  for (const [shop] of released) {
    left.set(shop, (await desk.until(shop, 'is live', isLive)).status.currentPodHash);
    const asked = await say(`undo ${shop}`, shop);
    expect((await desk.press('dana', asked, 'undo')).words).toContain('Asked: undo');
  }
  for (const [shop, kind] of released) {
    const isBack = (rollout: RolloutSeen) => isLive(rollout) && rollout.status.currentPodHash !== left.get(shop);
    expect(revisionOf(await desk.until(shop, 'went back at once', isBack))).toBe('3');
    expect(imageIn(await read(kind, shop)), shop).toBe('shop:1');
    await desk.card(shop, 3, /undone to 1 by dana/);
  }

  // Whoever changes the object elsewhere starts a release.
  await setImage('PodTemplate', 'by-template', 'shop:4');
  await desk.until('by-template', 'follows kubectl', isAtGate);
  await desk.card('by-template', 4, /kubectl/);
});

it('asks once where the Deployment would roll its own pods, and leaves to Git what is Git’s', async () => {
  const question = await say('start beside 2', 'beside');
  expect(question.words).toContain('Deployment beside still runs 1 pods of its own');
  expect(imageIn(await read('Deployment', 'beside'))).toBe('shop:1');
  await desk.press('dana', question, 'line-1');
  await desk.until('beside', 'is at its gate', isAtGate);

  const refused = await say('start git 2', 'git');
  expect(refused.words).toContain('Argo CD Application till');
  expect(refused.words).toContain('spec.template.spec.containers[name=shop].image`: `shop:1` → `shop:2`');
  expect(imageIn(await read('Deployment', 'git'))).toBe('shop:1');
});

it('says what is missing, and goes on when it is there; an abort needs nothing of it', async () => {
  await desk.until('lost', 'says so', ({ status }) => /Deployment "lost" not found/.test(status.message ?? ''));
  expect((await say('why lost', 'lost')).words).toContain('Deployment "lost" not found');
  expect((await say('start lost 2', 'lost')).words).toMatch(/spec is invalid.*Deployment "lost" not found/s);
  await make('Deployment', 'lost', 0);
  await desk.until('lost', 'is live', isLive);
  // Named wrongly by its author, and put right.
  await desk.patch('lost', { spec: { workloadRef: { kind: 'StatefulSet' } } });
  await desk.until('lost', 'says which kinds', ({ status }) =>
    /supported: apps\/v1 Deployment/.test(status.message ?? ''),
  );
  await desk.patch('lost', { spec: { workloadRef: { kind: 'Deployment' } } });
  await desk.until('lost', 'is live again', isLive);

  await setImage('Deployment', 'lost', 'shop:2');
  await desk.until('lost', 'is at its gate', isAtGate);
  await desk.sandbox.request('DELETE', `${kinds.Deployment.path}/lost`);
  await desk.until('lost', 'misses it', ({ status }) => /Deployment "lost" not found/.test(status.message ?? ''));
  expect((await say('abort lost', 'lost')).words).not.toMatch(/not done/i);
  await make('Deployment', 'lost', 0, 'shop:2');
  await desk.until(
    'lost',
    'stays aborted',
    ({ status }) => status.abort === true && /RolloutAborted/.test(status.message ?? ''),
  );
  await setImage('Deployment', 'lost', 'shop:1');
  await desk.until('lost', 'is back on stable', isLive);
});

function say(line: string, shop: Shop) {
  return desk.type('dana', `/rollout ${line}`, channelOf(shop));
}

const Held = z.looseObject({
  metadata: z.looseObject({ generation: z.number().optional() }),
  spec: z.looseObject({ replicas: z.number().optional(), template: z.unknown() }).optional(),
  template: z.unknown().optional(),
});
const Template = z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }) });
const Seen = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }),
  spec: z.looseObject({ template: z.unknown().optional() }),
  status: z.looseObject({ workloadObservedGeneration: z.string().optional() }),
});

function seen(shop: Shop) {
  return desk.sandbox.get(Seen, `${rollouts}/${shop}`);
}

function read(kind: Kind, name: string) {
  return desk.sandbox.get(Held, `${kinds[kind].path}/${name}`);
}

function imageIn({ spec, template }: z.infer<typeof Held>): string | undefined {
  return Template.parse(template ?? spec?.template).spec.containers[0]?.image;
}

async function sizeOf(deployment: string, replicas: number): Promise<void> {
  await desk.sandbox.eventually(`${deployment} has ${replicas} pods of its own`, async () =>
    (await read('Deployment', deployment)).spec?.replicas === replicas ? true : undefined,
  );
}

function revisionOf({ metadata }: { readonly metadata: { readonly annotations: Readonly<Record<string, string>> } }) {
  return metadata.annotations['rollout.argoproj.io/revision'];
}

async function setImage(kind: Kind, name: string, image: string): Promise<void> {
  const at = kind === 'PodTemplate' ? '/template' : '/spec/template';
  const change = [{ op: 'replace', path: `${at}/spec/containers/0/image`, value: image }];
  const path = `${kinds[kind].path}/${name}?fieldManager=kubectl-set`;
  await desk.sandbox.request('PATCH', path, change, 'application/json-patch+json');
}

function manifestOf(kind: Kind, name: string, replicas: number, image: string): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'shop', image }] } };
  const body =
    kind === 'PodTemplate' ? { template } : { spec: { replicas, selector: { matchLabels: labels }, template } };
  return { apiVersion: kinds[kind].apiVersion, kind, metadata: { name, namespace: 'shop', labels }, ...body };
}

async function make(kind: Kind, name: string, replicas: number, image = 'shop:1'): Promise<void> {
  await desk.sandbox.request('POST', kinds[kind].path, manifestOf(kind, name, replicas, image));
}

/** As Argo CD applies it. */
async function makeByGit(name: string): Promise<void> {
  const manifest = manifestOf('Deployment', name, 0, 'shop:1');
  const annotations = { 'argocd.argoproj.io/tracking-id': `till:apps/Deployment:shop/${name}` };
  const object = { ...manifest, metadata: { name, namespace: 'shop', annotations } };
  const path = `${kinds.Deployment.path}/${name}?fieldManager=argocd-controller&force=true`;
  await desk.sandbox.request('PATCH', path, object, 'application/apply-patch+yaml');
}

async function refer(shop: Shop, kind: Kind, more: object = {}): Promise<void> {
  const { apiVersion } = kinds[kind];
  await desk.sandbox.request('POST', rollouts, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: shop, namespace: 'shop', annotations: { 'stepwise.dev/channel': channelOf(shop) } },
    spec: {
      replicas: 2,
      ...(kind === 'PodTemplate' ? { selector: { matchLabels: { app: shop } } } : {}),
      workloadRef: { apiVersion, kind, name: shop, ...more },
      strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } },
    },
  });
}
