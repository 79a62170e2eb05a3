import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { allow } from '../support/allow.ts';
import {
  differencesOf,
  type IgnoreRule,
  readApplication,
  readSystemRules,
  respecting,
} from '../support/argo-cd-diff.ts';
import { channelOf, type FrontDesk, isAtGate, isLive, openFrontDesk, type RolloutSeen } from '../support/front-desk.ts';
import { type GitOps, type Manifest, startGitOps } from '../support/git-ops.ts';

const name = 'till';
const path = `/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/${name}`;
let desk: FrontDesk;
let argo: GitOps;

beforeAll(async () => {
  desk = await openFrontDesk({ ownChannels: ['routed'] });
  await allow(desk.sandbox, 'U0DANA', ['override-git']);
  await desk.sandbox.request('POST', '/api/v1/namespaces/sandbox/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'load' },
    data: { [`${name}.example.com`]: '40' },
  });
  argo = startGitOps(desk.sandbox, { manager: 'argocd-controller', everyMs: 250 });
  await argo.commit(...surroundings(), manifest('shop:1'));
  await desk.until(name, 'runs what Git asks for', isLive);
});
afterAll(async () => {
  await argo?.stop();
  await desk?.stop();
});

it('a good, a bad and an undone release of an application that heals itself', async () => {
  // What Git owns is answered with what to change there; the button is for those who may.
  const before = (await desk.rollout(name)).metadata.resourceVersion;
  const refused = await desk.type('dana', `/rollout start ${name} 2`);
  expect(refused.words).toContain('Argo CD Application till');
  expect(refused.words).toContain('spec.template.spec.containers[name=shop].image`: `shop:1` → `shop:2`');
  expect(refused.words).toContain('https://git.example.com/till.yaml');
  expect(refused.buttons.map(({ label }) => label)).toEqual(['Override Git']);
  expect(refused.words).toContain('Reason');
  const unable = await desk.type('vera', `/rollout start ${name} 2`);
  expect(unable.words).toMatch(/does not allow .*start/s);
  expect((await desk.rollout(name)).metadata.resourceVersion).toBe(before);

  // Good: Git asks, and it goes its way.
  await argo.commit(manifest('shop:2'));
  await desk.until(name, 'runs shop:2', (rollout) => isLive(rollout) && imageOf(rollout) === 'shop:2');
  expect((await desk.card(name, 2, /is live/)).words).toMatch(/started by argocd/);

  // Bad: its analysis fails and takes it back; Git still asks, again and again, and nothing moves.
  await argo.commit(manifest('shop:bad'));
  const aborted = await desk.until(
    name,
    'is rolled back',
    (rollout) => imageOf(rollout) === 'shop:bad' && rollout.status.phase === 'Degraded',
  );
  await desk.card(name, 3, /rolled back.*success-rate 0 % \(≥ 95 %\) failed.*Git still asks for bad/s);
  await someRounds();
  const after = await desk.rollout(name);
  expect(after.status.abort).toBe(true);
  expect(after.status.message).toContain('success-rate');
  expect(after.status.stableRS).toBe(aborted.status.stableRS);
  expect(imageOf(after)).toBe('shop:bad');

  // Undone against Git: a right of its own, a reason, and then Git puts its own back.
  const refusedUndo = await desk.type('dana', `/rollout undo ${name}`);
  expect(refusedUndo.words).toContain('`shop:bad` → `shop:2`\nChange it in');
  expect(refusedUndo.words).toContain('It is aborted: all requests are on stable and stay there');
  const reasonless = await desk.type('dana', `/rollout undo ${name} --override-git`);
  expect(reasonless.words).toContain('needs a reason');
  // Whoever may undo may not set anything against Git for that.
  const denied = await desk.type('omar', `/rollout undo ${name} --override-git because I am on call`);
  expect(denied.words).toContain('does not allow slack:U0OMAR to `override-git`');
  const asked = await desk.type('dana', `/rollout undo ${name} --override-git because customers cannot pay`);
  const done = await desk.press('dana', asked, 'line-1');
  expect(done.words).toContain('Git still asks for bad');
  await desk.sandbox.eventually('the override is written down', overrideRecord, 60_000);
  await desk.until(name, 'is put back', (rollout) => imageOf(rollout) === 'shop:bad');
  const told = await desk.sandbox.eventually('the put-back is told', putBackLines, 60_000);
  expect(told[0]).toBe('⚠️ argocd-controller put a field back on *till bad*');
  expect(desk.publicWords()).toMatch(/spec\.template\.spec\.containers\[name=shop\]\.image: shop:2 → shop:bad/);
  // Not fought: nobody writes the image again, it is told once, and what was aborted does not begin again by itself.
  await someRounds();
  const left = await desk.rollout(name);
  expect(imageOf(left)).toBe('shop:bad');
  expect([left.status.abort, left.status.stableRS]).toEqual([true, aborted.status.stableRS]);
  // The fifth revision; still the third where Git came back before anybody had looked at the override.
  const revision = Number(left.metadata.annotations['rollout.argoproj.io/revision']);
  expect([3, 5]).toContain(revision);
  await desk.card(name, revision, /argocd-controller put bad back/);
  expect(putBackLines()).toHaveLength(1);

  const again = await desk.type('dana', `/rollout undo ${name}`);
  expect(again.words).toContain('argocd-controller put the last override back');

  // Git's next word counts again.
  await argo.commit(manifest('shop:3'));
  await desk.until(name, 'runs shop:3', (rollout) => isLive(rollout) && imageOf(rollout) === 'shop:3');
});

it('the differences that an Application has to ignore are exactly those of manifests/argo-cd', async () => {
  const { sandbox } = desk;
  const { ignoreDifferences: rules, syncPolicy } = readApplication();
  expect(syncPolicy.syncOptions).toEqual(['ServerSideApply=true', 'RespectIgnoreDifferences=true']);
  expect(readSystemRules()).toEqual(rules);

  const first = routedManifests('shop:1');
  for (const manifest of first) await apply(manifest);
  await desk.until('routed', 'is live', isLive);
  const moments: Record<string, readonly string[]> = {};
  const needed = new Set<IgnoreRule>();
  async function look(moment: string, manifests: readonly Manifest[]): Promise<void> {
    expect(await differencesOf(sandbox, manifests, rules), moment).toEqual([]);
    moments[moment] = [...new Set(await differencesOf(sandbox, manifests, []))].sort();
    for (const rule of rules) {
      const others = rules.filter((other) => other !== rule);
      if ((await differencesOf(sandbox, manifests, others)).length > 0) needed.add(rule);
    }
  }
  await look('live', first);

  const second = routedManifests('shop:2');
  for (const manifest of second) await apply(await respecting(sandbox, manifest, rules));
  await desk.until('routed', 'waits at 50 %', isAtGate);
  await look('at a gate', second);
  // A sync that respects them takes nothing back.
  const before = await specsOf(second);
  for (const manifest of second) await apply(await respecting(sandbox, manifest, rules));
  expect(await specsOf(second)).toEqual(before);
  await desk.type('dana', '/rollout pause routed', channelOf('routed'));
  await desk.until('routed', 'is held', ({ spec }) => spec.paused === true);
  await look('held', second);

  // Without those rules a sync takes everything back: named once, and not fought over.
  for (const manifest of second) await apply(manifest);
  await desk.card('routed', 2, /argocd-controller put back/);
  const told = await desk.sandbox.eventually('the put-back is told', () => noticeOf('routed'), 60_000);
  expect(told).toContain('manifests/argo-cd');
  await desk.type('dana', '/rollout abort routed', channelOf('routed'));
  await desk.card('routed', 2, /rolled back/);
  await look('aborted', second);

  const selector = 'Service /spec/selector/rollouts-pod-template-hash';
  const weight = 'HTTPRoute /spec/rules/*/backendRefs/*/weight';
  const both = [weight, selector];
  expect(moments).toEqual({ live: [selector], 'at a gate': both, held: both, aborted: [selector] });
  expect([...needed]).toEqual(rules);
});

async function specsOf(manifests: readonly Manifest[]): Promise<readonly unknown[]> {
  const Specified = z.looseObject({ spec: z.unknown() });
  return Promise.all(manifests.map(async ({ path }) => (await desk.sandbox.get(Specified, path)).spec));
}

async function apply({ path, object }: Manifest): Promise<void> {
  const query = 'fieldManager=argocd-controller&force=true';
  await desk.sandbox.request('PATCH', `${path}?${query}`, object, 'application/apply-patch+yaml');
}

/** Everything of one application: its requests follow an Ingress and an HTTPRoute at once. */
function routedManifests(image: string): readonly Manifest[] {
  const name = 'routed';
  const namespace = 'shop';
  const services = ['stable', 'canary'].map((role) => ({
    path: `/api/v1/namespaces/shop/services/${name}-${role}`,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-${role}`, namespace },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  }));
  const ingress = ingressTo(name, { service: `${name}-stable` });
  const backendRefs = [
    { name: `${name}-stable`, port: 80, weight: 100 },
    { name: `${name}-canary`, port: 80, weight: 0 },
  ];
  const route = {
    path: `/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/${name}`,
    object: {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name, namespace },
      spec: { hostnames: ['other.example.com'], rules: [{ backendRefs }] },
    },
  };
  const trafficRouting = {
    nginx: { stableIngress: name },
    plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name } },
  };
  const rollout = {
    path: path.replace(/[^/]+$/, name),
    object: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, namespace, annotations: { 'stepwise.dev/channel': channelOf(name) } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'shop', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
        },
        strategy: {
          canary: {
            canaryService: `${name}-canary`,
            stableService: `${name}-stable`,
            trafficRouting,
            steps: [{ setWeight: 50 }, { pause: {} }],
          },
        },
      },
    },
  };
  return [...services, ingress, route, rollout];
}

/** All requests of `<name>.example.com`. */
function ingressTo(name: string, { service }: { readonly service: string }): Manifest {
  const backend = { service: { name: service, port: { name: 'http' } } };
  const rules = [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  return {
    path: `/apis/networking.k8s.io/v1/namespaces/shop/ingresses/${name}`,
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace: 'shop' },
      spec: { ingressClassName: 'nginx', rules },
    },
  };
}

/** Long enough for whoever would fight to have fought: Git has said its own three times more. */
async function someRounds(): Promise<void> {
  const from = argo.rounds();
  await desk.sandbox.eventually(
    'Git is applied three times more',
    () => argo.rounds() >= from + 3 || undefined,
    60_000,
  );
}

function noticeOf(shop: string): string | undefined {
  const notices = desk.publicWords().split('⚠️');
  return notices.find(
    (words) => words.includes(`put a field back on *${shop}`) && /(Service|HTTPRoute) routed/.test(words),
  );
}

const Records = z.looseObject({
  items: z.array(
    z.looseObject({
      entries: z.array(z.looseObject({ event: z.string(), text: z.string(), facts: z.record(z.string(), z.string()) })),
    }),
  ),
});

async function overrideRecord(): Promise<true | undefined> {
  const { items } = await desk.sandbox.get(Records, '/apis/stepwise.dev/v1alpha1/namespaces/shop/deliveryrecords');
  const asked = items.flatMap(({ entries }) => entries).filter(({ event }) => event === 'asked:undo');
  const found = asked.find(({ facts }) => facts.overrides === `Application ${name}`);
  return found?.text === 'customers cannot pay' || undefined;
}

function putBackLines(): string[] | undefined {
  const posted = desk.slack.transcript().messages.map(({ versions }) => versions.at(-1)?.text ?? '');
  const lines = posted.filter((text) => text.includes(`put a field back on *${name}`));
  return lines.length === 0 ? undefined : lines;
}

function imageOf({ spec }: RolloutSeen): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

/** What stands in Git beside the Rollout: where its requests come in, and what measures each release's own pods. */
function surroundings(): readonly Manifest[] {
  const namespace = 'shop';
  const port = { name: 'http', port: 80, targetPort: 'http' };
  const requests = (status: string) => `sum(http_requests_total{pod=~"${name}-{{args.hash}}-.*"${status}})`;
  const metric = {
    name: 'success-rate',
    interval: '500ms',
    count: 1,
    // By then its first requests are counted. Where they are not, there is no series, or nothing above 0: that decides nothing.
    initialDelay: '1200ms',
    consecutiveErrorLimit: 1000,
    successCondition: 'result[0] >= 0.95',
    provider: { prometheus: { query: `${requests(',status!~"5.."')} / (${requests('')} > 0)` } },
  };
  return [
    {
      path: `/api/v1/namespaces/shop/services/${name}`,
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: { selector: { app: name }, ports: [port] },
      },
    },
    ingressTo(name, { service: name }),
    {
      path: '/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates/till',
      object: {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisTemplate',
        metadata: { name, namespace },
        spec: { args: [{ name: 'hash' }], metrics: [metric] },
      },
    },
  ];
}

function manifest(image: string): Manifest {
  const args = [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }];
  const containers = [{ name: 'shop', image, ports: [{ name: 'http', containerPort: 8080 }] }];
  return {
    path,
    object: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: {
        name,
        namespace: 'shop',
        annotations: {
          'argocd.argoproj.io/tracking-id': `${name}:argoproj.io/Rollout:shop/${name}`,
          'stepwise.dev/git-url': 'https://git.example.com/till.yaml',
        },
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers } },
        strategy: {
          canary: { steps: [{ setWeight: 50 }, { analysis: { templates: [{ templateName: name }], args } }] },
        },
      },
    },
  };
}
