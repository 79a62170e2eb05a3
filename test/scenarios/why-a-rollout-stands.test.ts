import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FrontDesk, isAtGate, isLive, openFrontDesk, type RolloutSeen, type Shop } from '../support/front-desk.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
const services = '/api/v1/namespaces/shop/services';
const merge = 'application/merge-patch+json';

const images = `
shop:unready: { startMs: 20, probe: failing }
shop:gone: { pull: missing }
`;

interface Row {
  readonly shop: Omit<Shop, 'name'>;
  /** What brings it about, once the first revision is live; then the image changes, unless it is undefined. */
  readonly before?: (name: string) => Promise<unknown>;
  readonly image?: string;
  readonly after?: (name: string) => Promise<unknown>;
  readonly until: (rollout: RolloutSeen) => boolean;
  readonly says: RegExp;
  /** The line to copy. */
  readonly next: string;
  readonly also?: RegExp;
  /** Where a person is waited for: whom bindings name. */
  readonly who?: RegExp;
}

const gate = [{ setWeight: 50 }, { pause: {} }];
const analysis = (templateName: string) => [{ setWeight: 50 }, { analysis: { templates: [{ templateName }] } }];

/** Every cause of the list, brought about for real. Undefined `says`: see below. */
const rows: Readonly<Record<string, Row>> = {
  gate: {
    shop: { steps: gate },
    image: 'shop:2',
    until: isAtGate,
    says: /Because:\* Waits for a person: promote to 100 % or abort/,
    next: '/rollout promote shop/gate',
    who: /who may `promote` in shop: slack:deployers/,
  },
  timed: {
    shop: { steps: [{ setWeight: 50 }, { pause: { duration: '1h' } }] },
    image: 'shop:2',
    until: isAtGate,
    says: /Because:\* Waits until <!date\^\d+\^/,
    next: '/rollout promote shop/timed',
    who: /who may `promote` in shop: slack:deployers/,
  },
  held: {
    shop: { steps: gate },
    image: 'shop:2',
    after: () => desk.type('dana', '/rollout pause held'),
    until: ({ spec }) => spec.paused === true,
    says: /Because:\* Waits for a person: paused by dana/,
    next: '/rollout resume shop/held',
    who: /who may `resume` in shop: slack:deployers/,
  },
  frozen: {
    shop: { steps: gate },
    image: 'shop:2',
    after: (name) => patch(`${argo}/rollouts/${name}?fieldManager=kubectl-edit`, { spec: { paused: true } }),
    until: ({ spec }) => spec.paused === true,
    says: /Because:\* Frozen: `spec.paused` was set by kubectl/,
    next: '/rollout resume shop/frozen',
    who: /who may `resume` in shop: slack:deployers/,
    also: /Also:\* Waits for a person: promote or abort/,
  },
  measured: {
    shop: { steps: analysis('steady') },
    image: 'shop:2',
    until: isMeasuring,
    says: /Because:\* An analysis decides: ✓ success-rate 97 % \(≥ 95 %\)/,
    next: '/rollout abort shop/measured',
  },
  silent: {
    shop: { steps: analysis('silent') },
    image: 'shop:2',
    until: isMeasuring,
    says: /Because:\* No data for success-rate.*Query: `nobody_counts_this`\nLast sample: none since/s,
    next: '/rollout skip shop/silent',
  },
  unready: {
    shop: { steps: gate },
    image: 'shop:unready',
    until: isUnderWay,
    says: /Because:\* Pods are not ready: 0 of 1 \(Unhealthy\)\n_Readiness probe failed: HTTP probe failed/,
    next: 'kubectl -n shop describe pod unready-',
  },
  gone: {
    shop: { steps: gate },
    image: 'shop:gone',
    until: isUnderWay,
    says: /Because:\* The image cannot be pulled: `shop:gone`\n(?:ErrImagePull|ImagePullBackOff) in 1 pod, container shop: .*not found/,
    next: '/rollout abort shop/gone',
  },
  unselected: {
    shop: { steps: gate, hasRouter: true },
    before: (name) => patch(`${services}/${name}-stable`, { spec: { selector: { app: 'another' } } }),
    until: isInvalid,
    says: /Because:\* Service unselected-stable selects other pods\nIt selects `app=another`; the pods of this rollout have `app=unselected`/,
    next: `kubectl -n shop patch service unselected-stable --type merge -p '{"spec":{"selector":{"app":"unselected"}}}'`,
    also: /Also:\* .*spec is invalid/,
  },
  routeless: {
    shop: { steps: gate, hasRouter: true },
    before: (name) =>
      patch(`/apis/networking.k8s.io/v1/namespaces/shop/ingresses/${name}`, {
        spec: { rules: [{ host: 'elsewhere.example.com' }] },
      }),
    until: isInvalid,
    says: /Because:\* No route leads to it\n.*has no rules using service routeless-stable/,
    next: 'kubectl -n shop get ingress -o yaml',
    also: /Also:\* .*spec is invalid/,
  },
  shared: {
    shop: { steps: gate, hasRouter: true },
    before: () =>
      patch(`${argo}/rollouts/thief`, { spec: { strategy: { canary: { stableService: 'shared-stable' } } } }),
    image: 'shop:2',
    until: isAtGate,
    // It was there first: it is the other one that is refused.
    says: /Because:\* Waits for a person/,
    next: '/rollout promote shop/shared',
    who: /who may `promote` in shop: slack:deployers/,
  },
  thief: {
    shop: { steps: gate },
    until: isInvalid,
    says: /Because:\* Two rollouts use Service shared-stable: this one and shared/,
    next: 'kubectl -n shop get service shared-stable -o yaml',
    also: /Also:\* .*spec is invalid/,
  },
  invalid: {
    shop: { steps: gate },
    before: (name) =>
      patch(`${argo}/rollouts/${name}`, { spec: { strategy: { canary: { steps: analysis('nowhere') } } } }),
    until: isInvalid,
    says: /Because:\* Its spec is invalid.*AnalysisTemplate 'nowhere' not found/s,
    next: 'kubectl -n shop edit rollouts.argoproj.io invalid',
  },
  elsewhere: {
    shop: { steps: gate },
    image: 'shop:2',
    after: (name) =>
      patch(`${argo}/rollouts/${name}`, {
        metadata: { labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'blue' } },
      }),
    until: isAtGate,
    says: /Because:\* It belongs to the controller instance blue/,
    next: 'kubectl -n shop label rollouts.argoproj.io elsewhere argo-rollouts.argoproj.io/controller-instance-id-',
    also: /Also:\* Waits for a person/,
  },
};

let desk: FrontDesk;

function isUnderWay({ status }: RolloutSeen): boolean {
  return status.stableRS !== status.currentPodHash;
}

function isInvalid({ status }: RolloutSeen): boolean {
  return status.conditions.some(({ type }) => type === 'InvalidSpec');
}

function isMeasuring({ status }: RolloutSeen): boolean {
  return isUnderWay({ status } as RolloutSeen) && status.currentStepIndex === 1;
}

async function patch(path: string, change: object): Promise<void> {
  await desk.sandbox.request('PATCH', path, change, merge);
}

async function applyTemplate(name: string, query: string): Promise<void> {
  const { PROMETHEUS_ADDRESS: address } = desk.sandbox.standIns.environment;
  const metric = {
    name: 'success-rate',
    interval: '1h',
    count: 5,
    consecutiveErrorLimit: 1000,
    successCondition: 'result[0] >= 0.95',
    provider: { prometheus: { address, query } },
  };
  await desk.sandbox.request('POST', `${argo}/analysistemplates`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: { metrics: [metric] },
  });
}

/** Asks until the answer says so: what the kubelet, a measurement or a watch tells comes when it comes. */
async function why(name: string, says: RegExp) {
  let last: string | undefined;
  try {
    return await desk.sandbox.eventually(
      `why ${name}`,
      async () => {
        const answer = await desk.type('vera', `/rollout why ${name}`);
        last = answer.words;
        return says.test(last) ? answer : undefined;
      },
      60_000,
    );
  } catch (error) {
    throw new Error(`why ${name} does not say ${says}, but:\n${last}`, { cause: error });
  }
}

beforeAll(async () => {
  desk = await openFrontDesk();
  await patch('/api/v1/namespaces/sandbox/configmaps/image-list', { data: { 'troubles.yaml': images } });
  await applyTemplate('steady', 'vector(0.97)');
  await applyTemplate('silent', 'nobody_counts_this');
  await applyTemplate('poor', 'vector(0.5)');
  await desk.sandbox.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'pay' },
  });
  const meta = { name: 'slack-viewers', namespace: 'pay' };
  await desk.sandbox.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/pay/rolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: meta,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'stepwise-viewer' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'slack:U0VERA' }],
  });
  await desk.open({ name: 'many', namespace: 'pay', replicas: 1, steps: gate });
  await desk.open({ name: 'poor', replicas: 1, steps: analysis('poor') });
  for (const [name, { shop }] of Object.entries(rows)) await desk.open({ name, replicas: 1, ...shop });
  for (const name of [...Object.keys(rows), 'poor']) await desk.until(name, 'is live', isLive);
  await desk.setImage('poor', 'shop:2');
  for (const [name, { before, image }] of Object.entries(rows)) {
    await before?.(name);
    if (image !== undefined) await desk.setImage(name, image);
  }
  for (const [name, { after, until }] of Object.entries(rows)) {
    if (after === undefined) continue;
    await desk.until(name, 'waits', isAtGate);
    await after(name);
    await desk.until(name, 'is so', until);
  }
}, 240_000);
afterAll(() => desk.stop());

describe('why', () => {
  it.each(Object.entries(rows))('%s', async (name, { until, says, next, also, who }) => {
    await desk.until(name, 'is so', until);
    const answer = await why(name, says);
    expect(answer.words).toContain(next);
    expect(answer.words).toMatch(who ?? /\*Who can act:\* (?!who may)/);
    if (also === undefined) expect(answer.words).not.toContain('*Also:*');
    else expect(answer.words).toMatch(also);
    expect(answer.words).not.toContain('Could not read');
  });

  it('a quota', async () => {
    const rollouts = '/apis/argoproj.io/v1alpha1/namespaces/pay/rollouts/many';
    await desk.sandbox.eventually('it is live', async () => isLive(await desk.rollout('many', 'pay')) || undefined);
    await desk.sandbox.request('POST', '/api/v1/namespaces/pay/resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few' },
      spec: { hard: { pods: '1' } },
    });
    const template = { spec: { containers: [{ name: 'shop', image: 'shop:2' }] } };
    await patch(rollouts, { spec: { template } });
    const answer = await why('pay/many', /Because:\* A quota refuses its pods/);
    expect(answer.words).toMatch(/exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1/);
    expect(answer.words).toContain('kubectl -n pay describe resourcequota');
  });

  it('the button of the card answers the same', async () => {
    const answer = await desk.press('vera', await desk.card('gate', 2, /waits for you/), 'more', 'why');
    expect(answer.words).toMatch(rows.gate?.says ?? /never/);
  });

  it('what is over: the verdict with its values, also when its analysis runs are gone', async () => {
    await desk.until('poor', 'is aborted', ({ status }) => status.abort === true && status.phase === 'Degraded');
    await why('poor', /Decided by\* ✗ success-rate 50 % \(≥ 95 %\) failed/);
    const Runs = z.looseObject({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });
    const { items } = await desk.sandbox.get(Runs, `${argo}/analysisruns`);
    for (const { metadata } of items.filter(({ metadata }) => metadata.name.startsWith('poor-')))
      await desk.sandbox.request('DELETE', `${argo}/analysisruns/${metadata.name}`);
    const answer = await why(
      'poor',
      /success-rate: Failed: first \[0\.5\], worst \[?0\.5\]?, last \[0\.5\]; limit >= 0\.95/,
    );
    expect(answer.words).not.toContain('Because:');
    expect((await desk.type('vera', '/rollout why gate')).words).toContain('Because:');
  });

  it('what may not be read is said, and the rest is answered', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/stepwise-engine';
    const Role = z.looseObject({ rules: z.array(z.looseObject({ resources: z.array(z.string()) })) });
    const { rules } = await desk.sandbox.get(Role, path);
    await patch(path, { rules: rules.filter(({ resources }) => !resources.includes('pods')) });
    const answer = await why('unready', /Could not read pods: /);
    expect(answer.words).toMatch(/Because:\* Pods are not ready: 0 of 1, starting/);
    await patch(path, { rules });
  });

  it('another controller holds the Lease: nothing else is looked at by anybody', async () => {
    await patch('/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases/argo-rollouts-controller-lock', {
      spec: { holderIdentity: 'argo-rollouts-7d9f_1', leaseDurationSeconds: 3600 },
    });
    const answer = await why('gate', /Because:\* Another controller runs it: argo-rollouts-7d9f_1/);
    expect(answer.words).toContain('kubectl -n argo-rollouts get lease argo-rollouts-controller-lock -o yaml');
    expect(answer.words).toMatch(/Also:\* Waits for a person: promote to 100 %/);
  });
});
