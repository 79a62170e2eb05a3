import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AnalysisRun } from '../../../src/analysis/index.ts';
import { type Caches, createKeeper, nudgeAborts } from '../../../src/engine/keeper.ts';
import type { KubernetesObject, Reflector } from '../../../src/kubernetes/index.ts';
import { createQueueStore, type QueueStore, type TurnKey } from '../../../src/queue-stores/index.ts';
import { Experiment, neededServices, neededTemplates, type Rollout } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import { silentLog } from '../../support/silent-log.ts';

type Change<T> = Parameters<Parameters<Reflector<T>['onChange']>[0]>[0];

/** A cache by hand: what is in it, and what it tells. */
function aCache<T extends { readonly metadata: { readonly namespace?: string; readonly name: string } }>(
  objects: readonly T[] = [],
) {
  const listeners = new Set<(change: Change<T>) => void>();
  const reflector: Reflector<T> = {
    get: ({ name }) => objects.find(({ metadata }) => metadata.name === name),
    list: () => objects,
    ownedBy: () => [],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    learn: () => undefined,
    start: async () => undefined,
    stop: async () => undefined,
    ageMs: () => 0,
  };
  return {
    reflector,
    tell(change: Change<T>) {
      for (const listener of listeners) listener(change);
    },
  };
}

function cachesOf(
  rollouts: Reflector<Rollout>,
  ingresses: Reflector<KubernetesObject> = aCache<KubernetesObject>().reflector,
  services?: Caches['services'],
) {
  // Only what the keeper listens to.
  const none = aCache<never>().reflector;
  const caches: Caches = {
    rollouts,
    deployments: none,
    replicaSets: none,
    experiments: none,
    analysisRuns: none,
    services: services ?? none,
    analysisTemplates: none,
    clusterAnalysisTemplates: none,
    ingresses,
  };
  return caches;
}

function keeperOf(caches: Caches, store: Pick<QueueStore, 'nudge' | 'onLoss'>, movingEveryMs?: number) {
  const keeper = createKeeper({
    caches,
    ...(movingEveryMs === undefined ? {} : { movingEveryMs }),
    store,
    servicesOf: neededServices,
    templatesOf: neededTemplates,
    watchWorkloads: () => aCache<never>().reflector,
    log: silentLog,
  });
  onTestFinished(() => keeper.stop());
  return keeper;
}

/** A store that only remembers what it was told; `onNudge` hears how many keys of rollouts that were. */
function aLedger(onNudge: (count: number) => void = () => undefined) {
  const nudged: string[] = [];
  const buildNudges: string[] = [];
  const losses = new Set<(why: string) => void>();
  let failures = 0;
  return {
    nudged,
    buildNudges,
    failNext(count: number) {
      failures = count;
    },
    lose: () => {
      for (const listener of losses) listener('gone');
    },
    store: {
      async nudge(key: TurnKey) {
        if (failures-- > 0) throw new Error('not now');
        // One key beside those of rollouts: it is looked at here and nowhere else.
        if (key.kind === 'builds') buildNudges.push(key.name);
        else onNudge(nudged.push(`${key.kind}/${key.name}`));
      },
      onLoss(listener: (why: string) => void) {
        losses.add(listener);
        return () => losses.delete(listener);
      },
    },
  };
}

const end = '2026-11-20T10:00:00Z';
const over = (phase: string) => ({ phase, completedAt: end });
/** Its measurement was under way when its run ended. */
const interrupted = { name: 'migrate', phase: 'Inconclusive', measurements: [{ phase: 'Running', startedAt: end }] };

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const moving = (name: string) => aRollout().named(name).status({ currentPodHash: 'b', stableRS: 'a' }).build();
const crowd = (count: number) => Array.from({ length: count }, (_, index) => moving(`web-${index}`));

test('a new keeper looks at a rollout whose next wake is an hour away: what changed before it came was told to nobody', async () => {
  const store = createQueueStore({ kind: 'in-process', log: silentLog });
  onTestFinished(() => store.stop());
  const taken: string[] = [];
  await store.start(async ({ kind }) => {
    taken.push(kind);
  });
  const rollout = aRollout().status({ currentPodHash: 'b', stableRS: 'a', phase: 'Paused' }).build();
  await store.wake({ kind: 'rollout', namespace: 'shop', name: 'checkout' }, 3_600_000);
  keeperOf(cachesOf(aCache([rollout]).reflector), store).start();
  await until(() => taken.includes('rollout') && taken.includes('card'));
});

test('what moves is looked at again and again though nothing is heard of it, what rests is not', async () => {
  const ledger = aLedger();
  const resting = aRollout().named('rests').status({ currentPodHash: 'a', stableRS: 'a', phase: 'Healthy' }).build();
  keeperOf(cachesOf(aCache([moving('moves'), resting]).reflector), ledger.store, 20).start();
  const looksAt = (name: string) => ledger.nudged.filter((key) => key === `rollout/${name}`).length;
  await until(() => looksAt('moves') >= 4);
  expect(looksAt('rests')).toBe(1);
});

test('a keeper that lost its seat stops in the middle, and one that gets it back begins anew', async () => {
  let stopped: Promise<void> | undefined;
  const ledger = aLedger((count) => {
    if (count === 11) stopped = keeper.stop();
  });
  const cache = aCache(crowd(100));
  const keeper = keeperOf(cachesOf(cache.reflector), ledger.store);
  keeper.start();
  await until(() => stopped !== undefined);
  await stopped;
  await sleep(20);
  const atStop = ledger.nudged.length;
  expect(atStop).toBeLessThan(200);
  cache.tell({ name: { namespace: 'shop', name: 'web-1' }, before: undefined, after: moving('web-1') });
  await sleep(200);
  expect(ledger.nudged).toHaveLength(atStop);
  keeper.start();
  await until(() => ledger.nudged.length >= atStop + 200);
  expect(new Set(ledger.nudged.slice(atStop)).size).toBe(200);
});

test('a loss in the middle of a look at everything leads to another look at everything', async () => {
  const ledger = aLedger();
  keeperOf(cachesOf(aCache(crowd(30)).reflector), ledger.store).start();
  await until(() => ledger.nudged.length > 40);
  const atLoss = ledger.nudged.length;
  ledger.lose();
  ledger.lose();
  await until(() => ledger.nudged.filter((key) => key === 'card/web-29').length === 2);
  expect(new Set(ledger.nudged.slice(atLoss)).size).toBe(60);
  await sleep(100);
  expect(ledger.nudged).toHaveLength(120);
});

test('a key that the store did not take is tried again, and nobody behind it is forgotten', async () => {
  const ledger = aLedger();
  ledger.failNext(1);
  keeperOf(cachesOf(aCache(crowd(3)).reflector), ledger.store).start();
  await until(() => ledger.nudged.length === 6);
  await until(() => ledger.buildNudges.length > 0);
  expect(new Set(ledger.nudged).size).toBe(6);
});

test('a change of the Ingress of a rollout, or of its canary, is a nudge for it alone', async () => {
  const ledger = aLedger();
  const ingresses = aCache<KubernetesObject>();
  const rollouts = aCache([aRollout().routed().build(), aRollout().named('cart').routed().build()]);
  keeperOf(cachesOf(rollouts.reflector, ingresses.reflector), ledger.store).start();
  await until(() => ledger.nudged.length === 4);
  for (const name of ['checkout', 'checkout-checkout-canary', 'other'])
    ingresses.tell({ name: { namespace: 'shop', name }, before: undefined, after: undefined });
  await until(() => ledger.nudged.length === 5);
  await sleep(30);
  expect(ledger.nudged.slice(4)).toEqual(['rollout/checkout']);
});

test.each<[string, object, object, boolean]>([
  ['has begun', {}, { phase: 'Running' }, true],
  ['has not begun, and belongs to nobody', {}, {}, true],
  ['is over', {}, { phase: 'Successful', completedAt: end }, false],
  ['is over, and is to be deleted one day', { ttlStrategy: { secondsAfterCompletion: 60 } }, over('Failed'), true],
  ['is over, and would be deleted had it failed', { ttlStrategy: { secondsAfterFailure: 60 } }, over('Error'), false],
  ['is over, and has left a Job', {}, { ...over('Failed'), metricResults: [interrupted] }, true],
])('a run that %s has turns ahead, or none', async (_, spec, status, hasTurns) => {
  const run = AnalysisRun.parse({ metadata: { name: 'run', namespace: 'shop' }, spec, status });
  // Comes after it, and is always nudged.
  const fence = AnalysisRun.parse({ metadata: { name: 'fence', namespace: 'shop' }, spec: {} });
  const [swept, told] = [aLedger(), aLedger()];
  const later = aCache<AnalysisRun>();
  const caches = cachesOf(aCache(crowd(1)).reflector);
  keeperOf({ ...caches, analysisRuns: aCache([run, fence]).reflector }, swept.store).start();
  keeperOf({ ...caches, analysisRuns: later.reflector }, told.store).start();
  for (const after of [run, fence]) later.tell({ name: after.metadata, before: undefined, after });

  for (const { nudged } of [swept, told]) {
    await until(() => nudged.includes('analysis-run/fence'));
    expect(nudged.includes('analysis-run/run')).toBe(hasTurns);
  }
});

test('every replica nudges an abort that it sees, at once, and nothing else', async () => {
  const urgent: string[] = [];
  const cache = aCache<Rollout>();
  const stop = nudgeAborts({
    caches: cachesOf(cache.reflector),
    store: {
      async nudge(key, options) {
        if (options?.urgent === true) urgent.push(key.name);
      },
      onLoss: () => () => undefined,
    },
    log: silentLog,
  });
  const name = { namespace: 'shop', name: 'checkout' };
  const before = aRollout().build();
  const aborted = aRollout().status({ abort: true }).build();
  cache.tell({ name, before, after: before });
  cache.tell({ name, before, after: aborted });
  cache.tell({ name, before: aborted, after: aborted });
  cache.tell({ name, before: aborted, after: undefined });
  stop();
  cache.tell({ name, before, after: aborted });
  expect(urgent).toEqual(['checkout']);
});

test('what a turn of this process wrote is shown, and leads to no other turn', async () => {
  const ledger = aLedger();
  const cache = aCache<Rollout>();
  keeperOf(cachesOf(cache.reflector), ledger.store).start();
  const name = { namespace: 'shop', name: 'checkout' };
  const rollout = aRollout().build();
  cache.tell({ name, before: rollout, after: rollout, isLearnt: true });
  await until(() => ledger.nudged.length === 1);
  expect(ledger.nudged).toEqual(['card/checkout']);
  cache.tell({ name, before: rollout, after: rollout });
  await until(() => ledger.nudged.length === 3);
  expect(ledger.nudged.slice(1).toSorted()).toEqual(['card/checkout', 'rollout/checkout']);
});

test('what a Rollout writes about its Experiment is for that to learn, and what that becomes is for the Rollout', async () => {
  const ledger = aLedger();
  const experiments = aCache<Experiment>();
  const rollout = aRollout().status({ currentPodHash: 'a', stableRS: 'a', phase: 'Healthy' }).build();
  keeperOf({ ...cachesOf(aCache([rollout]).reflector), experiments: experiments.reflector }, ledger.store).start();
  await until(() => ledger.nudged.length === 2);
  ledger.nudged.splice(0);
  const { uid } = rollout.metadata;
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'checkout', uid, controller: true };
  const name = { namespace: 'shop', name: 'exp' };
  const made = Experiment.parse({ metadata: { ...name, uid: 'uid-exp', ownerReferences: [owner] } });
  experiments.tell({ name, before: undefined, after: made, isLearnt: true });
  await until(() => ledger.nudged.length === 2);
  expect(ledger.nudged.toSorted()).toEqual(['card/checkout', 'experiment/exp']);

  experiments.tell({ name, before: made, after: { ...made, status: { phase: 'Running' } }, isLearnt: true });
  await until(() => ledger.nudged.length === 4);
  expect(ledger.nudged.slice(2).toSorted()).toEqual(['card/checkout', 'rollout/checkout']);

  const ended = { ...made, spec: { ...made.spec, terminate: true } };
  experiments.tell({ name, before: made, after: ended, isLearnt: true });
  await until(() => ledger.nudged.length === 6);
  expect(ledger.nudged.slice(4).toSorted()).toEqual(['card/checkout', 'experiment/exp']);
});

test('a Rollout that is gone is looked at when a Service still carries its mark: at the start, and when one comes back so', async () => {
  const services = aCache([marked('active', 'gone'), marked('preview', 'checkout')]);
  const ledger = aLedger();
  const rollout = aRollout().status({ currentPodHash: 'a', stableRS: 'a', phase: 'Healthy' }).build();
  keeperOf(cachesOf(aCache([rollout]).reflector, undefined, services.reflector), ledger.store).start();
  await until(() => ledger.nudged.includes('rollout/gone'));
  expect(ledger.nudged.toSorted()).toEqual(['card/checkout', 'rollout/checkout', 'rollout/gone']);

  const restored = marked('restored', 'left');
  services.tell({ name: { namespace: 'shop', name: 'restored' }, before: undefined, after: restored });
  await until(() => ledger.nudged.includes('rollout/left'));
});

test('a Service that another Rollout has let go is news for whoever names it, also when our own write told', async () => {
  const services = aCache<Managed>();
  const ledger = aLedger();
  const rollout = aRollout().blueGreen().status({ currentPodHash: 'a', stableRS: 'a', phase: 'Healthy' }).build();
  keeperOf(cachesOf(aCache([rollout]).reflector, undefined, services.reflector), ledger.store).start();
  await until(() => ledger.nudged.length === 2);
  const before = marked('checkout-active', 'other');
  const name = { namespace: 'shop', name: 'checkout-active' };
  services.tell({ name, before, after: { ...before, annotations: {} }, isLearnt: true });
  await until(() => ledger.nudged.filter((key) => key === 'rollout/checkout').length === 2);
});

type Managed = ReturnType<typeof marked>;

function marked(name: string, manager: string) {
  return {
    metadata: { name },
    namespace: 'shop',
    name,
    selector: {},
    annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': manager } as Record<string, string>,
  };
}
