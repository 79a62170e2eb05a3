import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { analysisOf, type BlueGreenStreet, isAborted, openBlueGreenStreet } from '../support/blue-green-street.ts';
import { channelOf, isAtGate, isLive, type RolloutSeen } from '../support/front-desk.ts';
import { readManifest } from '../support/shops.ts';
import { waitFor } from '../support/wait-for.ts';

// The rows of a blue-green update, and what may happen to its Services: a Rollout each, in one world.

const byHand = { autoPromotionEnabled: false };
const soon = { scaleDownDelaySeconds: 1, abortScaleDownDelaySeconds: 1 };

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
  'bad-preview': { ...soon, prePromotionAnalysis: analysisOf('errors', 'bad-preview-preview') },
  'bad-active': { ...soon, postPromotionAnalysis: analysisOf('errors', 'bad-active-active') },
  'long-look': { ...soon, postPromotionAnalysis: analysisOf('endless', 'long-look-active') },
  'fast-undo': {
    scaleDownDelaySeconds: 600,
    ...byHand,
    prePromotionAnalysis: analysisOf('errors', 'fast-undo-preview'),
  },
  full: {
    ...soon,
    previewReplicaCount: 1,
    prePromotionAnalysis: analysisOf('endless', 'full-preview'),
    postPromotionAnalysis: analysisOf('endless', 'full-active'),
  },
  unsure: { ...soon, prePromotionAnalysis: analysisOf('unsure', 'unsure-preview') },
  edited: { ...soon, ...byHand },
  lost: { ...soon, ...byHand },
  gone: { ...soon, ...byHand },
  killed: { ...soon, ...byHand },
};
const names = Object.keys(shops);
const hashLabel = 'rollouts-pod-template-hash';
const services = '/api/v1/namespaces/shop/services';
const rollouts = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts';
const merge = 'application/merge-patch+json';

let street: BlueGreenStreet;

beforeAll(async () => {
  street = await openBlueGreenStreet(shops);
  for (const name of names) await street.desk.setImage(name, name.startsWith('bad') ? 'shop:bad' : 'shop:2');
});
afterAll(() => street.stop());

function isSecond({ metadata, status }: RolloutSeen): boolean {
  return status.stableRS !== street.firstOf(metadata.name);
}

async function click(name: string, action: string, words: RegExp): Promise<void> {
  await street.desk.press('dana', await street.desk.card(name, 2, words), action);
}

/** Waits until the watch has told that the active Service was given to a revision all of whose pods were there by then. */
function untilAllPods(name: string, podHash: string | undefined): Promise<void> {
  const last = () => street.watch.leadsOf(name, 'active').at(-1);
  return waitFor(() => expect(last()).toMatchObject({ podHash, available: 2 }));
}

describe('promotion', () => {
  it('by itself: with all its pods, and what it replaced stays for a way back', async () => {
    const { desk, replicaSet } = street;
    const second = await desk.until('auto', 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
    await street.untilWay('auto', [1, 2]);
    expect((await replicaSet('auto', street.firstOf('auto'))).spec.replicas).toBe(2);

    // A third one: of those that wait for their deadline only the newest keeps its pods.
    await desk.setImage('auto', 'shop:3');
    await street.untilPods('auto', street.firstOf('auto'), 0);
    await desk.until(
      'auto',
      'is live',
      (rollout) => isLive(rollout) && rollout.status.stableRS !== second.status.stableRS,
    );
    expect((await replicaSet('auto', second.status.stableRS)).spec.replicas).toBe(2);
    await street.untilWay('auto', [1, 2, 3]);
  });

  it('by a click and by a patch: abort, retry and promote come to the same', async () => {
    const { desk, untilPods } = street;
    for (const name of ['chat', 'patch']) await desk.until(name, 'waits', isAtGate);
    for (const name of ['chat', 'patch']) await street.untilWay(name, [1]);

    await click('chat', 'abort', /waits for you/);
    await desk.patch('patch', { status: { abort: true } }, 'status');
    const aborted = await Promise.all(['chat', 'patch'].map((name) => desk.until(name, 'is aborted', isAborted)));
    for (const { metadata, status } of aborted) await untilPods(metadata.name, status.currentPodHash, 0);
    await street.untilSame('chat', 'patch');

    await click('chat', 'retry', /rolled back/);
    await desk.patch('patch', { status: { abort: false } }, 'status');
    for (const name of ['chat', 'patch']) await desk.until(name, 'waits again', isAtGate);
    await street.untilSame('chat', 'patch');

    await click('chat', 'promote', /waits for you/);
    await street.promoteByPatch('patch');
    for (const name of ['chat', 'patch']) {
      await desk.until(name, 'is live', isLive);
      await untilPods(name, street.firstOf(name), 0);
    }
    await street.untilSame('chat', 'patch');
    for (const name of ['chat', 'patch']) await street.untilWay(name, [1, 2]);
  });

  it('after autoPromotionSeconds: it has paused, and goes on without anybody', async () => {
    const { status } = await street.desk.until('timed', 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
    expect(status.conditions.find(({ type }) => type === 'Paused')).toMatchObject({ status: 'False' });
    await street.untilWay('timed', [1, 2]);
  });

  it('with a few pods first: the switch waits for all of them, and pods carry the role they have', async () => {
    const { status } = await street.desk.until('few', 'waits', isAtGate);
    const preview = await street.replicaSet('few', status.currentPodHash);
    expect(preview.spec.replicas).toBe(1);
    expect(JSON.stringify(preview.spec.template)).toContain(`"values":["${street.firstOf('few')}"]`);
    await street.untilRole('few', status.currentPodHash, 'preview');
    await street.promoteByPatch('few');
    await street.desk.until('few', 'is live', isLive);
    await untilAllPods('few', status.currentPodHash);
    await street.untilRole('few', status.currentPodHash, 'active');
  });
});

describe('what is measured', () => {
  const runs = '/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns';
  const Run = z.looseObject({
    metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
    spec: z.looseObject({ terminate: z.boolean().optional() }),
  });
  const runsOf = async (name: string) =>
    (await street.desk.sandbox.get(z.looseObject({ items: z.array(Run) }), runs)).items.filter((run) =>
      run.metadata.name.startsWith(`${name}-`),
    );
  const stored = ({ status }: RolloutSeen) => JSON.stringify(status.blueGreen ?? {});

  it('is left out by a full promotion, which still waits for all pods', async () => {
    await street.desk.until('full', 'is measured', (rollout) => stored(rollout).includes('"Running"'));
    await street.desk.patch('full', { status: { promoteFull: true } }, 'status');
    const { status } = await street.desk.until('full', 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
    await street.untilWay('full', [1, 2]);
    await untilAllPods('full', status.stableRS);
    const found = await runsOf('full');
    expect(found.map(({ metadata, spec }) => [metadata.labels['rollout-type'], spec.terminate])).toEqual([
      ['PrePromotion', true],
    ]);
  });

  it('and is neither good nor bad waits for a person, whose promote measures again', async () => {
    const isUnsure = ({ status }: RolloutSeen) => status.pauseConditions?.[0]?.reason === 'InconclusiveAnalysisRun';
    for (const name of ['pre', 'pre.1'] as const) {
      const isNamed = (rollout: RolloutSeen) => stored(rollout).includes(`-2-${name}"`);
      await street.desk.until('unsure', `is unsure of ${name}`, (rollout) => isUnsure(rollout) && isNamed(rollout));
      await street.promoteByPatch('unsure');
    }
    await street.untilWay('unsure', [1]);
    await street.desk.patch('unsure', { status: { abort: true } }, 'status');
    await street.desk.until('unsure', 'is aborted', isAborted);
  });
});

describe('going back', () => {
  it('a preview that fails its analysis never gets the active Service', async () => {
    const { status } = await street.desk.until('bad-preview', 'is aborted', isAborted);
    expect(status.message).toMatch(/Blue\/green pre-promotion analysis phase error\/failed: Metric "success-rate"/);
    await street.untilPods('bad-preview', status.currentPodHash, 0);
    await street.untilWay('bad-preview', [1]);
    expect(street.watch.leadsOf('bad-preview', 'preview').at(-1)?.podHash).toBe(status.currentPodHash);
  });

  it('one that fails after the switch gives it back, to pods that never went', async () => {
    const { status } = await street.desk.until('bad-active', 'is aborted', isAborted);
    expect(status.message).toMatch(/Blue\/green post-promotion analysis phase error\/failed: Metric "success-rate"/);
    await street.untilPods('bad-active', status.currentPodHash, 0);
    await street.untilWay('bad-active', [1, 2, 1]);
  });

  it('an abort after the switch does the same', async () => {
    await street.desk.sandbox.eventually('it has switched', () => street.wayOf('long-look').length === 2 || undefined);
    await street.desk.patch('long-look', { status: { abort: true } }, 'status');
    const { status } = await street.desk.until('long-look', 'is aborted', isAborted);
    await street.untilPods('long-look', status.currentPodHash, 0);
    await street.untilWay('long-look', [1, 2, 1]);
  });

  it('an undo while the former pods are still up switches at once: no analysis, no pause', async () => {
    const { desk } = street;
    await desk.until('fast-undo', 'waits', isAtGate);
    await street.promoteByPatch('fast-undo');
    await desk.until('fast-undo', 'is live', isLive);
    const answer = await desk.type('dana', '/rollout undo fast-undo', channelOf('fast-undo'));
    expect(answer.words).toMatch(/goes back to \*1\* \(rev 1\) at once/);
    const [undo] = answer.buttons;
    await desk.press('dana', answer, undo?.id ?? '', undo?.value);
    const { status } = await desk.until('fast-undo', 'is back', (rollout) => isLive(rollout) && !isSecond(rollout));
    await street.untilWay('fast-undo', [1, 2, 1]);
    expect(status.blueGreen).not.toHaveProperty('prePromotionAnalysisRunStatus');
  });
});

const Service = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.looseObject({ selector: z.record(z.string(), z.string()) }),
});

describe('a Service', () => {
  const isInvalid = (words: RegExp) => (rollout: RolloutSeen) => words.test(rollout.status.message ?? '');

  async function promote(name: string): Promise<void> {
    await street.desk.until(name, 'waits', isAtGate);
    await street.promoteByPatch(name);
    await street.desk.until(name, 'is live', (rollout) => isLive(rollout) && isSecond(rollout));
  }

  it('that a person leads to the preview, or to everything, is led back at once: nobody has promoted it', async () => {
    const { sandbox } = street.desk;
    const { status } = await street.desk.until('edited', 'waits', isAtGate);
    const leadTo = (podHash: string | undefined) =>
      sandbox.request(
        'PATCH',
        `${services}/edited-active`,
        { spec: { selector: { [hashLabel]: podHash ?? null } } },
        merge,
      );
    const leads = () => street.watch.leadsOf('edited', 'active').map(({ podHash }) => podHash);
    const [first, second] = [street.firstOf('edited'), status.currentPodHash];
    await leadTo(second);
    await sandbox.eventually('it is led back', () => leads().length === 4 || undefined);
    await leadTo(undefined);
    await sandbox.eventually('it is led back again', () => leads().length === 6 || undefined);
    expect(leads()).toEqual([undefined, first, second, first, undefined, first]);
    expect((await street.desk.rollout('edited')).status).toMatchObject({ phase: 'Paused', stableRS: first });
    await promote('edited');
  });

  it('that is lost in the middle is said to be, and led right when it is back', async () => {
    const { sandbox } = street.desk;
    await street.desk.until('lost', 'waits', isAtGate);
    const kept = await readManifest(sandbox, `${services}/lost-active`);
    await sandbox.request('DELETE', `${services}/lost-active`);
    await street.desk.until('lost', 'says so', isInvalid(/InvalidSpec: .*service "lost-active" not found/));
    await street.desk.card('lost', 2, /service "lost-active" not found/);
    await sandbox.request('POST', services, { ...kept, spec: { selector: { app: 'lost' }, ports: [{ port: 80 }] } });
    await sandbox.eventually(
      'it leads to stable',
      () => street.watch.leadsOf('lost', 'active').at(-1)?.podHash === street.firstOf('lost') || undefined,
    );
    await promote('lost');
  });

  it('belongs to one Rollout, until that is gone: then another may have it', async () => {
    const { desk } = street;
    await desk.until('gone', 'waits', isAtGate);
    const manifest = await readManifest(desk.sandbox, `${rollouts}/gone`);
    const rival = { ...manifest, metadata: { name: 'rival', namespace: 'shop' } };
    await desk.sandbox.request('POST', rollouts, rival);
    await desk.until('rival', 'is refused', isInvalid(/Service "gone-active" is managed by another Rollout/));
    await desk.sandbox.request('DELETE', `${rollouts}/gone`);
    await desk.until('rival', 'is live', isLive);
    const { metadata } = await desk.sandbox.get(Service, `${services}/gone-active`);
    expect(metadata.annotations).toMatchObject({ 'argo-rollouts.argoproj.io/managed-by-rollouts': 'rival' });

    await desk.sandbox.request('DELETE', `${rollouts}/rival`);
    for (const role of ['active', 'preview']) {
      await desk.sandbox.eventually(`${role} is free`, async () => {
        const { metadata: free, spec } = await desk.sandbox.get(Service, `${services}/gone-${role}`);
        return JSON.stringify([free.annotations, spec.selector]) === '[{},{"app":"gone"}]' || undefined;
      });
    }
  });
});

it('killed between the permission and the switch, it switches when it is back', async () => {
  const { sandbox, service, until } = street.desk;
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles/stepwise-engine';
  const Rule = z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) });
  const { rules } = await sandbox.get(z.looseObject({ rules: z.array(Rule) }), roles);
  const grant = (some: readonly object[]) => sandbox.request('PATCH', roles, { rules: some }, merge);
  await until('killed', 'waits', isAtGate);
  // Nobody may switch a Service: it stands there with its permission stored.
  const reading = { verbs: ['get', 'list', 'watch'] };
  await grant(rules.map((rule) => (rule.resources.includes('services') ? { ...rule, ...reading } : rule)));
  await street.promoteByPatch('killed');
  await until('killed', 'may switch', ({ status }) => status.blueGreen?.activeSelector === status.currentPodHash);
  await street.untilWay('killed', [1]);
  service.kill(0);
  await grant(rules);
  await until('killed', 'is live', isLive);
  await street.untilWay('killed', [1, 2]);
});

it('and no visitor of any of them came in vain, nor did an active Service ever lead to fewer pods than asked for', async () => {
  const untouched = names.filter((name) => !['edited', 'lost', 'gone'].includes(name));
  const backAndForth = ['bad-active', 'long-look', 'fast-undo'];
  const neverSwitched = ['bad-preview', 'unsure'];
  const wayThere = (name: string) => (name === 'auto' ? [1, 2, 3] : [1, 2]);
  // In the others people have meddled with the Service, or with the whole Rollout.
  for (const name of untouched) {
    const way = backAndForth.includes(name) ? [1, 2, 1] : wayThere(name);
    expect([name, ...street.wayOf(name)]).toEqual([name, ...(neverSwitched.includes(name) ? [1] : way)]);
  }
  const least = () => Object.fromEntries(untouched.map((name) => [name, street.watch.leastAvailable(name)]));
  await waitFor(() => expect(least()).toEqual(Object.fromEntries(untouched.map((name) => [name, 2]))));
  const query = `sum by (service) (http_requests_total{service=~"(${untouched.join('|')})-active",status="503"})`;
  const { PROMETHEUS_ADDRESS } = street.desk.sandbox.standIns.environment;
  const answer = await fetch(`${PROMETHEUS_ADDRESS}/api/v1/query?${new URLSearchParams({ query })}`);
  expect(await answer.json()).toMatchObject({ status: 'success', data: { result: [] } });
});
