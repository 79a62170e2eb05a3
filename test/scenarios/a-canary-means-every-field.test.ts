import { get as httpGet } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AnalysisRun } from '../../src/analysis/index.ts';
import { type FrontDesk, isAtGate, isLive, openFrontDesk, type RolloutSeen, type Shop } from '../support/front-desk.ts';
import { openPods, type Pods } from '../support/pods-of.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

// One world, many canaries: each field of the strategy and of the spec does on a live API what the reference says of it.

let desk: FrontDesk;
let redis: RedisServer | undefined;
let pods: Pods;

const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
const gate = [{ setWeight: 50 }, { pause: {} }];
const shops: readonly Omit<Shop, 'namespace'>[] = [
  { name: 'cold-window', steps: gate, spec: { rollbackWindow: { revisions: 1 } } },
  { name: 'warm-window', steps: gate, hasRouter: true, spec: { rollbackWindow: { revisions: 1 } } },
  { name: 'no-window', steps: gate },
  { name: 'back', steps: gate },
  { name: 'soon', steps: gate, hasRouter: true, canary: { abortScaleDownDelaySeconds: 1 } },
  { name: 'kept', steps: gate, hasRouter: true, canary: { abortScaleDownDelaySeconds: 0 } },
  {
    name: 'dynamic',
    steps: [{ setWeight: 75 }, { pause: {} }],
    hasRouter: true,
    replicas: 4,
    canary: { dynamicStableScale: true },
  },
  {
    name: 'sized',
    steps: [{ setCanaryScale: { replicas: 3 } }, { setWeight: 10 }, { pause: {} }],
    hasRouter: true,
    canary: { abortScaleDownDelaySeconds: 1 },
  },
  { name: 'overtaken', steps: gate },
  { name: 'replanned', steps: gate, replicas: 4 },
  { name: 'growing', steps: gate },
  { name: 'held', steps: gate },
  { name: 'late', steps: gate, spec: { progressDeadlineSeconds: 2 } },
  { name: 'too-late', steps: gate, hasRouter: true, spec: { progressDeadlineSeconds: 2, progressDeadlineAbort: true } },
  {
    name: 'fine',
    steps: [{ setWeight: 250 }, { pause: {} }],
    hasRouter: true,
    replicas: 4,
    canary: { trafficRouting: { nginx: { stableIngress: 'fine' }, maxTrafficWeight: 1000 } },
  },
  {
    name: 'minimum',
    steps: [{ setWeight: 10 }, { pause: {} }],
    hasRouter: true,
    replicas: 4,
    canary: { minPodsPerReplicaSet: 2 },
  },
  { name: 'content', steps: gate, canary: { replicaProgressThreshold: { type: 'Pods', value: 0 } } },
  {
    name: 'labelled',
    steps: gate,
    canary: { canaryMetadata: { labels: { role: 'canary' } }, stableMetadata: { labels: { role: 'stable' } } },
  },
  { name: 'tidy', steps: [{ setWeight: 50 }], spec: { revisionHistoryLimit: 1 } },
  {
    name: 'watched',
    steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }],
    canary: { analysis: { templates: [{ templateName: 'endless' }], startingStep: 2 } },
  },
  { name: 'renewed', steps: gate, replicas: 4, canary: { maxUnavailable: 4 } },
  { name: 'apart', steps: gate, canary: { antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } },
];

beforeAll(async () => {
  // The embedded queue is slow for so many at once.
  redis = hasRedisServer() ? await startRedisServer('port') : undefined;
  const environment: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
  desk = await openFrontDesk({ environment });
  pods = openPods(desk.sandbox);
}, 180_000);
afterAll(async () => {
  await desk?.stop();
  await redis?.stop();
});

describe.concurrent('going back', () => {
  it.for(['cold-window', 'warm-window'])('%s: inside the rollback window without steps', async (name) => {
    await begin(name);
    // Which was made first is told by creation times, and those have whole seconds.
    await sleep(1100);
    await goLive(name, 'shop:2');
    const back = await release(name, 'shop:1', isLive);
    expect([revisionOf(back), back.status.currentStepIndex]).toEqual(['3', 2]);
    expect(Object.keys(await pods.sizes(name))).toEqual(expect.arrayContaining(['shop:1', 'shop:2']));
  });

  it('without a window an earlier revision takes all steps', async () => {
    await begin('no-window');
    await goLive('no-window', 'shop:2');
    const rollout = await toGate('no-window', 'shop:1');
    expect(revisionOf(rollout)).toBe('3');
    expect(rollout.status.stableRS).not.toBe(rollout.status.currentPodHash);
    expect(await pods.sizes('no-window')).toEqual({ 'shop:1': 1, 'shop:2': 1 });
  });

  it('to exactly the stable template skips all steps', async () => {
    await begin('back');
    await toGate('back', 'shop:2');
    await desk.setImage('back', 'shop:1');
    await desk.until('back', 'is live', isLive);
    await pods.until('back', { 'shop:1': 2, 'shop:2': 0 });
  });
});

describe.concurrent('an abort', () => {
  it('behind a router: the weight at once, the pods after abortScaleDownDelaySeconds', async () => {
    await begin('soon');
    await toGate('soon', 'shop:2');
    expect(await weightOf('soon')).toBe('50');
    await abort('soon');
    expect(await weightOf('soon')).toBe('0');
    await pods.until('soon', { 'shop:1': 2, 'shop:2': 0 });
  });

  it('with a delay of 0 keeps the canary up, without a deadline', async () => {
    await begin('kept');
    await toGate('kept', 'shop:2');
    await abort('kept');
    expect(await weightOf('kept')).toBe('0');
    expect(await pods.sizes('kept')).toEqual({ 'shop:1': 2, 'shop:2': 1 });
    expect(await pods.annotations('kept', 'shop:2')).not.toHaveProperty('scale-down-deadline');
  });

  it('with dynamicStableScale waits for the pods of stable, and ends at 0', async () => {
    await begin('dynamic');
    await toGate('dynamic', 'shop:2');
    await pods.until('dynamic', { 'shop:1': 1, 'shop:2': 3 });
    await abort('dynamic');
    await pods.until('dynamic', { 'shop:1': 4, 'shop:2': 0 });
    expect(await weightOf('dynamic')).toBe('0');
  });

  it('takes the pods of a setCanaryScale, too', async () => {
    await begin('sized');
    await toGate('sized', 'shop:2');
    expect(await pods.sizes('sized')).toEqual({ 'shop:1': 2, 'shop:2': 3 });
    await abort('sized');
    await pods.until('sized', { 'shop:1': 2, 'shop:2': 0 });
  });
});

describe.concurrent('what changes on the way', () => {
  it('a third template takes the place of the second', async () => {
    await begin('overtaken');
    await toGate('overtaken', 'shop:2');
    expect(revisionOf(await toGate('overtaken', 'shop:3'))).toBe('3');
    await pods.until('overtaken', { 'shop:1': 1, 'shop:2': 0, 'shop:3': 1 });
    await desk.patch('overtaken', { status: { pauseConditions: null } }, 'status');
    await desk.until('overtaken', 'is live', isLive);
    await pods.until('overtaken', { 'shop:1': 0, 'shop:2': 0, 'shop:3': 2 });
  });

  it('other steps begin the same revision again', async () => {
    await begin('replanned');
    const before = await toGate('replanned', 'shop:2');
    await pods.until('replanned', { 'shop:1': 2, 'shop:2': 2 });
    const steps = [{ setWeight: 25 }, { pause: { duration: '300ms' } }, { pause: {} }];
    await desk.patch('replanned', { spec: { strategy: { canary: { steps } } } });
    const after = await desk.until('replanned', 'waits at its new gate', ({ status }) => status.currentStepIndex === 2);
    expect(revisionOf(after)).toBe('2');
    expect(after.status.currentPodHash).toBe(before.status.currentPodHash);
    await pods.until('replanned', { 'shop:1': 3, 'shop:2': 1 });
  });

  it('another size keeps the share', async () => {
    await begin('growing');
    await toGate('growing', 'shop:2');
    await desk.patch('growing', { spec: { replicas: 6 } });
    await pods.until('growing', { 'shop:1': 3, 'shop:2': 3 });
    expect((await desk.rollout('growing')).status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('paused by its author, nothing is scaled until it is let go', async () => {
    await begin('held');
    await desk.patch('held', { spec: { paused: true } });
    await desk.setImage('held', 'shop:2');
    await desk.until('held', 'is held', ({ status }) => status.currentPodHash !== status.stableRS);
    const { status } = await desk.until('held', 'says so', ({ status: now }) => now.message === 'manually paused');
    expect(status.phase).toBe('Paused');
    expect(await pods.sizes('held')).toEqual({ 'shop:1': 2, 'shop:2': 0 });
    await desk.patch('held', { spec: { paused: false } });
    await desk.until('held', 'is at its gate', isAtGate);
  });
});

describe.concurrent('pods that do not come', () => {
  it('are told after the deadline, and it goes on when others do', async () => {
    await begin('late');
    await desk.setImage('late', 'shop:never');
    const { status } = await desk.until('late', 'is late', ({ status: now }) => now.phase === 'Degraded');
    expect(status.message).toMatch(/^ProgressDeadlineExceeded: ReplicaSet "late-\w+" has timed out progressing\.$/);
    expect(status.abort ?? false).toBe(false);
    await desk.setImage('late', 'shop:2');
    await desk.until('late', 'is at its gate', isAtGate);
  });

  it('abort where their author asks for it', async () => {
    await begin('too-late');
    await desk.setImage('too-late', 'shop:never');
    const { status } = await desk.until('too-late', 'is aborted', ({ status: now }) => now.abort === true);
    expect(status.message).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 2: ReplicaSet "too-late-\w+" has timed out progressing\.$/,
    );
    expect((await weightOf('too-late')) ?? '0').toBe('0');
  });

  it('are not waited for where fewer are enough', async () => {
    await begin('content');
    await desk.setImage('content', 'shop:never');
    await desk.until('content', 'is at its gate', isAtGate);
  });
});

describe.concurrent('the canary’s pods', () => {
  it('and weight count to maxTrafficWeight', async () => {
    await begin('fine');
    await toGate('fine', 'shop:2');
    expect([await weightOf('fine'), await weightOf('fine', '-total')]).toEqual(['250', '1000']);
    expect(await pods.sizes('fine')).toEqual({ 'shop:1': 4, 'shop:2': 1 });
  });

  it('are minPodsPerReplicaSet at least', async () => {
    await begin('minimum');
    await toGate('minimum', 'shop:2');
    expect(await pods.sizes('minimum')).toEqual({ 'shop:1': 4, 'shop:2': 2 });
  });

  it('carry the labels of their role, and change them with it, without a restart', async () => {
    await begin('labelled');
    await toGate('labelled', 'shop:2');
    await pods.untilLabels('labelled', { 'shop:1': ['stable'], 'shop:2': ['canary'] });
    const canary = await pods.names('labelled', 'shop:2');
    await desk.patch('labelled', { status: { pauseConditions: null } }, 'status');
    await desk.until('labelled', 'is live', isLive);
    await pods.untilLabels('labelled', { 'shop:2': ['stable', 'stable'] });
    expect(await pods.names('labelled', 'shop:2')).toEqual(expect.arrayContaining([...canary]));
  });

  it('keep away from those of stable', async () => {
    await begin('apart');
    const { status } = await toGate('apart', 'shop:2');
    const affinity = JSON.stringify(await pods.affinity('apart', 'shop:2'));
    expect(affinity).toContain('podAntiAffinity');
    expect(affinity).toContain(status.stableRS);
    expect(await pods.affinity('apart', 'shop:1')).toBeUndefined();
  });
});

describe.concurrent('the life of a revision', () => {
  it('ends with revisionHistoryLimit, but for what an update needs', async () => {
    await begin('tidy');
    for (const image of ['shop:2', 'shop:3', 'shop:4']) await release('tidy', image, isLive);
    // The newest of those that serve nobody is kept, for a way back.
    await pods.until('tidy', { 'shop:3': 0, 'shop:4': 2 });
    await desk.patch('tidy', { spec: { revisionHistoryLimit: 0, strategy: { canary: { steps: gate } } } });
    await toGate('tidy', 'shop:5');
    await pods.until('tidy', { 'shop:4': 1, 'shop:5': 1 });
    await desk.patch('tidy', { status: { pauseConditions: null } }, 'status');
    await desk.until('tidy', 'is live', isLive);
    await pods.until('tidy', { 'shop:5': 2 });
  });

  it('is watched in the background from startingStep on, until it is live', async () => {
    const metric = { name: 'm', interval: '1s', provider: { prometheus: { query: 'vector(1)' } } };
    const spec = { metrics: [{ ...metric, successCondition: 'result[0] > 0' }] };
    await desk.sandbox.request('POST', `${argo}/analysistemplates`, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'endless', namespace: 'shop' },
      spec,
    });
    await begin('watched');
    const { status } = await toGate('watched', 'shop:2');
    expect(status.currentStepIndex).toBe(1);
    expect(await runsOf('watched')).toEqual([]);
    await desk.patch('watched', { status: { pauseConditions: null } }, 'status');
    const later = (seen: RolloutSeen) => isAtGate(seen) && seen.status.currentStepIndex === 3;
    const { status: second } = await desk.until('watched', 'is at its second gate', later);
    const [run] = await runsOf('watched');
    expect(run?.metadata.name).toBe(`watched-${second.currentPodHash}-2`);
    expect(run?.metadata.labels['rollout-type']).toBe('Background');
    await desk.sandbox.eventually('it has measured', async () => {
      const [seen] = await runsOf('watched');
      return (seen?.status.metricResults ?? []).length > 0 || undefined;
    });
    await desk.patch('watched', { status: { pauseConditions: null } }, 'status');
    await desk.until('watched', 'is live', isLive);
    const ended = await desk.sandbox.eventually('its run is over', async () => {
      const runs = await runsOf('watched');
      return runs.length === 1 && runs[0]?.status.completedAt !== undefined ? runs[0] : undefined;
    });
    expect([ended.spec.terminate, ended.status.phase]).toEqual([true, 'Successful']);
  });
});

describe('a restart', () => {
  it.for(['by its verb', 'by restartAt'])('%s evicts every pod, as far as the disruption budget allows', async (by) => {
    const { sandbox } = desk;
    if (by === 'by its verb') {
      await begin('renewed');
      await sandbox.request('POST', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'renewed', namespace: 'shop' },
        spec: { minAvailable: 3, selector: { matchLabels: { app: 'renewed' } } },
      });
      await toGate('renewed', 'shop:2');
    }
    const sizes = { 'shop:1': 2, 'shop:2': 2 };
    await pods.until('renewed', sizes);
    const before = [...(await pods.names('renewed', 'shop:1')), ...(await pods.names('renewed', 'shop:2'))];
    expect(before).toHaveLength(4);
    const watch = await pods.watchReady('renewed', 4);
    // Whole seconds: what is as old as the restart is of it.
    await sleep(1100);
    const restarted = async () => (await desk.rollout('renewed')).status.restartedAt;
    const last = await restarted();
    if (by === 'by its verb') await desk.type('dana', '/rollout restart renewed');
    else await desk.patch('renewed', { spec: { restartAt: `${new Date().toISOString().slice(0, 19)}Z` } });
    await sandbox.eventually('it is done', async () => ((await restarted()) === last ? undefined : true));
    await pods.until('renewed', sizes);
    const after = [...(await pods.names('renewed', 'shop:1')), ...(await pods.names('renewed', 'shop:2'))];
    expect(after.filter((name) => before.includes(name))).toEqual([]);
    expect((await desk.rollout('renewed')).status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    expect(await watch.stop()).toBe(3);
  });
});

describe('header and mirror routes', () => {
  const testers = { 'x-who': 'tester' };

  it('bring testers to the canary and copies of payments, and go with the abort', async () => {
    await openRouted('routed');
    await begin('routed');
    await toGate('routed', 'shop:2');
    // The proxy hears of the route by a watch of its own.
    await untilVersion('2');
    expect(await visit('/')).toBe('1');
    const before = copies();
    for (let count = 0; count < 5; count++) expect(await visit('/pay')).toBe('1');
    expect(copies() - before).toBe(5);
    expect((await desk.rollout('routed')).status.currentStepIndex).toBe(3);

    await desk.patch('routed', { status: { abort: true } }, 'status');
    await desk.until('routed', 'is aborted', ({ status }) => status.phase === 'Degraded');
    await untilVersion('1');
    const after = copies();
    expect(await visit('/pay')).toBe('1');
    expect(copies()).toBe(after);
  });

  it('are refused where the router cannot', async () => {
    const canary = { trafficRouting: { nginx: { stableIngress: 'plain' }, managedRoutes: [{ name: 'testers' }] } };
    const setHeaderRoute = { name: 'testers', match: [{ headerName: 'x-who', headerValue: { exact: 'tester' } }] };
    await desk.open({ name: 'plain', hasRouter: true, steps: [{ setHeaderRoute }, ...gate], canary });
    const { status } = await desk.until('plain', 'is refused', ({ status: now }) => now.phase === 'Degraded');
    expect(status.message).toMatch(
      /^InvalidSpec: .*spec\.strategy\.steps\[0\]\.setHeaderRoute: .*SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix/,
    );
  });

  function visit(path: string, headers: Record<string, string> = {}): Promise<string> {
    const url = `${desk.sandbox.standIns.world?.url ?? ''}${path}`;
    return new Promise((resolve, reject) => {
      const asked = httpGet(url, { headers: { ...headers, host: 'routed.example.com' }, agent: false }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => resolve(z.object({ version: z.string() }).parse(JSON.parse(text)).version));
      });
      asked.on('error', reject);
    });
  }

  async function untilVersion(version: string): Promise<void> {
    await desk.sandbox.eventually(`testers get ${version}`, async () =>
      (await visit('/', testers)) === version ? true : undefined,
    );
  }

  function copies(): number {
    return (
      desk.sandbox.standIns.world?.counters().hosts['routed.example.com']?.copies['shop/routed-canary']?.total ?? 0
    );
  }
});

/** Opens one of the shops, when its test begins: a machine that is busy starts few at a time. */
async function begin(name: string): Promise<void> {
  const shop = shops.find((one) => one.name === name);
  if (shop !== undefined) await desk.open(shop);
  await desk.until(name, 'is live', isLive);
}

/** Waits until the status is about this image's template, and so. */
async function release(name: string, image: string, isSo: (rollout: RolloutSeen) => boolean): Promise<RolloutSeen> {
  const { currentPodHash } = (await desk.rollout(name)).status;
  await desk.setImage(name, image);
  return desk.until(name, `takes ${image}`, (seen) => seen.status.currentPodHash !== currentPodHash && isSo(seen));
}

function toGate(name: string, image: string): Promise<RolloutSeen> {
  return release(name, image, isAtGate);
}

async function goLive(name: string, image: string): Promise<void> {
  await toGate(name, image);
  await desk.patch(name, { status: { promoteFull: true } }, 'status');
  await desk.until(name, 'is live', isLive);
}

async function abort(name: string): Promise<void> {
  await desk.patch(name, { status: { abort: true } }, 'status');
  await desk.until(
    name,
    'is aborted',
    ({ status }) => status.phase === 'Degraded' && /^RolloutAborted/.test(status.message ?? ''),
  );
}

async function runsOf(name: string): Promise<readonly AnalysisRun[]> {
  const Runs = z.looseObject({ items: z.array(AnalysisRun) });
  const { items } = await desk.sandbox.get(Runs, `${argo}/analysisruns`);
  return items.filter(({ metadata }) => metadata.ownerReferences.some((owner) => owner.name === name));
}

function revisionOf({ metadata }: RolloutSeen): string | undefined {
  return metadata.annotations['rollout.argoproj.io/revision'];
}

async function weightOf(name: string, suffix = ''): Promise<string | undefined> {
  const Ingress = z.looseObject({ metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }) });
  const path = `/apis/networking.k8s.io/v1/namespaces/shop/ingresses/${name}-${name}-canary`;
  const found = await desk.sandbox.get(Ingress, path).catch(() => undefined);
  return found?.metadata.annotations[`nginx.ingress.kubernetes.io/canary-weight${suffix}`];
}

/** Its requests follow an HTTPRoute. */
async function openRouted(name: string): Promise<void> {
  for (const role of ['stable', 'canary']) {
    await desk.sandbox.request('POST', '/api/v1/namespaces/shop/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-${role}`, namespace: 'shop' },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    });
  }
  const backendRefs = ['stable', 'canary'].map((role, index) => ({
    name: `${name}-${role}`,
    port: 80,
    weight: index === 0 ? 100 : 0,
  }));
  await desk.sandbox.request('POST', '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'shop' },
    spec: { hostnames: [`${name}.example.com`], rules: [{ backendRefs }] },
  });
  const match = [{ headerName: 'x-who', headerValue: { exact: 'tester' } }];
  await desk.open({
    name,
    steps: [
      { setCanaryScale: { replicas: 1 } },
      { setHeaderRoute: { name: 'testers', match } },
      { setMirrorRoute: { name: 'payments', match: [{ path: { prefix: '/pay' } }] } },
      { pause: {} },
      { setWeight: 50 },
      { pause: {} },
    ],
    canary: {
      canaryService: `${name}-canary`,
      stableService: `${name}-stable`,
      trafficRouting: {
        managedRoutes: [{ name: 'testers' }, { name: 'payments' }],
        plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name } },
      },
    },
  });
}
