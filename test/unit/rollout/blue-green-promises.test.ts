import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Effect, type World } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { type ClusterAct, clusterActs, judgeOpen, playAct } from '../../support/cluster-acts.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// Whole blue-green rollouts with everything happening at random: what is promised holds after every single effect.

// More than a test run has time for: `PROMISE_RUNS=5000 npx vitest run --project unit test/unit/rollout/blue-green-promises.test.ts`.
const RUNS = propertyRuns('PROMISE', 60);

type Act = ClusterAct | { readonly act: 'selector'; readonly which: number | 'none' };

const phases = ['Running', 'Successful', 'Successful', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: clusterActs.turn },
  { weight: 6, arbitrary: clusterActs.settle },
  { weight: 3, arbitrary: clusterActs.crash },
  { weight: 6, arbitrary: clusterActs.ready },
  { weight: 2, arbitrary: clusterActs.unready },
  { weight: 3, arbitrary: clusterActs.wait(1, 15, 45, 700) },
  { weight: 4, arbitrary: clusterActs.verb },
  { weight: 3, arbitrary: clusterActs.release },
  { weight: 1, arbitrary: clusterActs.replicas(0, 1, 2, 5) },
  { weight: 6, arbitrary: clusterActs.judge(...phases) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('selector' as const),
      which: fc.oneof(fc.constant('none' as const), fc.nat(2)),
    }),
  },
);

const scenario = fc.record({
  isUnderWay: fc.boolean(),
  replicas: fc.constantFrom(1, 2, 5),
  preview: fc.constantFrom(undefined, 0, 1, 5),
  hasPreviewService: fc.boolean(),
  promotion: fc.constantFrom({}, { autoPromotionEnabled: false }, { autoPromotionSeconds: 30 }),
  hasRoles: fc.boolean(),
  hasPre: fc.boolean(),
  hasPost: fc.boolean(),
  delaySeconds: fc.constantFrom(undefined, 0, 100),
  abortDelaySeconds: fc.constantFrom(undefined, 0, 100),
  window: fc.constantFrom(0, 0, 2),
  progressDeadlineAbort: fc.boolean(),
  acts: fc.array(act, { maxLength: 40 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function begin(given: Scenario): SimulatedCluster {
  const analysis = (name: string) => ({ templates: [{ templateName: name }] });
  const rollout = aRollout()
    .image('app:1')
    .replicas(given.replicas)
    .spec({ progressDeadlineAbort: given.progressDeadlineAbort, rollbackWindow: { revisions: given.window } })
    .blueGreen({
      ...given.promotion,
      ...(given.hasPreviewService ? {} : { previewService: undefined }),
      ...(given.preview === undefined ? {} : { previewReplicaCount: given.preview }),
      ...(given.delaySeconds === undefined ? {} : { scaleDownDelaySeconds: given.delaySeconds }),
      ...(given.abortDelaySeconds === undefined ? {} : { abortScaleDownDelaySeconds: given.abortDelaySeconds }),
      ...(given.hasRoles ? { activeMetadata: { labels: { role: 'active' } } } : {}),
      ...(given.hasRoles ? { previewMetadata: { labels: { role: 'preview' } } } : {}),
      ...(given.hasPre ? { prePromotionAnalysis: analysis('pre') } : {}),
      ...(given.hasPost ? { postPromotionAnalysis: analysis('post') } : {}),
    })
    .build();
  return new SimulatedCluster(rollout, [anAnalysisTemplate('pre'), anAnalysisTemplate('post')]);
}

function play(cluster: SimulatedCluster, one: Act): void {
  if (one.act !== 'selector') playAct(cluster, one);
  else meddle(cluster, one.which === 'none' ? undefined : cluster.replicaSets[one.which]?.podHash);
}

/** Somebody else writes the active Service's selector. */
function meddle(cluster: SimulatedCluster, podHash: string | undefined): void {
  const service = cluster.services['checkout-active'];
  if (service === undefined) return;
  const { 'rollouts-pod-template-hash': _hash, ...selector } = service.selector;
  cluster.services['checkout-active'] = {
    ...service,
    selector: podHash === undefined ? selector : { ...selector, 'rollouts-pod-template-hash': podHash },
  };
}

/** Which image the pods of a hash run. */
class Images {
  readonly #known = new Map<string, string>();
  learn(cluster: SimulatedCluster): void {
    for (const one of cluster.replicaSets) this.#known.set(one.podHash, cluster.imageOf(one.podHash) ?? '');
  }

  isAsked(podHash: string, world: World): boolean {
    return this.#known.get(podHash) === world.rollout.spec.template?.spec?.containers[0]?.image;
  }
}

function checkDecision(decision: Decision, world: World, images: Images): void {
  const { effects } = decision;
  const { status, spec } = world.rollout;
  expect(decide(structuredClone(world)), 'the same look decides the same').toEqual(decision);
  const writes = effects.filter(({ kind }) => kind === 'writeStatus');
  expect(writes.length).toBeLessThanOrEqual(1);
  if (effects.some(({ kind }) => kind === 'patchRollout')) expect(writes.length).toBe(0);

  const stable = world.replicaSets.find(({ podHash }) => podHash === status.stableRS);
  const hasRequests = activeHashOf(world) === status.currentPodHash;
  if (isAborted(world) && images.isAsked(status.currentPodHash ?? '', world) && hasRequests) {
    const isThere = (stable?.availableReplicas ?? 0) > 0;
    if (isThere)
      expect(effects[0], 'an abort gives the requests back at once').toMatchObject({ toPodHash: status.stableRS });
  }
  for (const [index, effect] of effects.entries()) {
    if (effect.kind === 'switchService' && effect.name === 'checkout-active') {
      checkSwitch({ effect, index, effects }, world, images);
    }
    if (effect.kind === 'scaleReplicaSet') checkScaling(effect, world);
    if (effect.kind === 'writeStatus' && status.stableRS !== undefined && effect.status.stableRS !== status.stableRS) {
      expect(isAborted(world), 'no promotion after an abort').toBe(false);
      expect(effect.status.stableRS).toBe(status.currentPodHash);
      if ((spec.replicas ?? 1) > 0) {
        expect(activeHashOf(world), 'only what serves becomes stable').toBe(effect.status.stableRS);
      }
      if (!isFull(world)) expect(hasPassed(world, 'postPromotionAnalysis'), 'judged before it is stable').toBe(true);
    }
  }
}

function checkSwitch(
  at: { effect: Extract<Effect, { kind: 'switchService' }>; index: number; effects: readonly Effect[] },
  world: World,
  images: Images,
): void {
  const { status, spec } = world.rollout;
  const to = world.replicaSets.find(({ podHash }) => podHash === at.effect.toPodHash);
  if ((spec.replicas ?? 1) > 0) expect(to?.availableReplicas ?? 0, 'somebody answers there').toBeGreaterThan(0);
  if (at.effect.toPodHash === status.stableRS) {
    expect(at.index, 'back to stable comes first').toBe(0);
    return;
  }
  expect(at.index, 'the switch comes last').toBeGreaterThanOrEqual(at.effects.length - 2);
  expect(images.isAsked(at.effect.toPodHash, world), 'only to what is asked for').toBe(true);
  expect(status.currentPodHash, 'only to what is stored').toBe(at.effect.toPodHash);
  expect(status.blueGreen?.activeSelector, 'only when it is stored as permitted').toBe(at.effect.toPodHash);
  expect(isAborted(world), 'no switch after an abort').toBe(false);
  expect(spec.paused ?? false, 'no switch while paused').toBe(false);
  expect(to?.availableReplicas ?? 0, 'all pods first').toBeGreaterThanOrEqual(spec.replicas ?? 1);
  if (!isFull(world)) expect(hasPassed(world, 'prePromotionAnalysis'), 'judged before the switch').toBe(true);
}

function checkScaling(effect: Extract<Effect, { kind: 'scaleReplicaSet' }>, world: World): void {
  const one = world.replicaSets.find(({ name }) => name === effect.name);
  const replicas = world.rollout.spec.replicas ?? 1;
  if (one?.podHash === world.rollout.status.stableRS) expect(effect.to, 'stable keeps its size').toBe(replicas);
  if (effect.to < Math.min(effect.from, replicas)) {
    expect(activeHashOf(world), 'nothing is taken from under requests').not.toBe(one?.podHash);
  }
}

function activeHashOf({ services }: World): string | undefined {
  return services['checkout-active']?.selector['rollouts-pod-template-hash'];
}

function isFull({ rollout }: World): boolean {
  return rollout.status.promoteFull === true || (rollout.spec.rollbackWindow?.revisions ?? 0) > 0;
}

function hasPassed({ rollout, analysisRuns }: World, which: 'prePromotionAnalysis' | 'postPromotionAnalysis'): boolean {
  if (rollout.spec.strategy?.blueGreen?.[which] === undefined) return true;
  const name = rollout.status.blueGreen?.[`${which}RunStatus`]?.name;
  const run = analysisRuns.find(({ metadata }) => metadata.name === name);
  const [result] = run?.status.metricResults ?? [];
  return run?.status.phase === 'Successful' && (result?.count ?? 0) > 0;
}

/** An abort is stored, or the verdict of a run that the status names. */
function isAborted({ rollout, analysisRuns }: World): boolean {
  const { status } = rollout;
  if (status.stableRS === undefined || status.stableRS === status.currentPodHash) return false;
  if (status.abort === true) return !(status.promoteFull === true && status.abortedAt !== undefined);
  if (status.promoteFull === true || status.abortedAt !== undefined) return false;
  const { prePromotionAnalysisRunStatus: pre, postPromotionAnalysisRunStatus: post } = status.blueGreen ?? {};
  const named = analysisRuns.filter(({ metadata }) => [pre?.name, post?.name].includes(metadata.name));
  const isWithin = (rollout.spec.rollbackWindow?.revisions ?? 0) > 0;
  return !isWithin && named.some((run) => run.status.phase === 'Failed' || run.status.phase === 'Error');
}

describe('what is promised of blue-green, whatever happens', () => {
  it('holds after every decision, and every rollout comes to rest for a reason', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const cluster = begin(given);
        const images = new Images();
        cluster.watch((decision, world) => {
          images.learn(cluster);
          checkDecision(decision, world, images);
        });
        if (given.isUnderWay) {
          cluster.settle();
          cluster.release('app:2');
          cluster.settle();
        }
        for (const one of given.acts) play(cluster, one);
        rest(cluster);
        checkRoles(cluster, given.hasRoles);
      }),
      RUNS,
    );
  }, 600_000);
});

function checkRoles(cluster: SimulatedCluster, hasRoles: boolean): void {
  const { stableRS, currentPodHash } = cluster.rollout.status;
  const roleOf = (podHash: string) => {
    if (podHash === stableRS) return 'active';
    return podHash === currentPodHash ? 'preview' : undefined;
  };
  for (const { podHash, template } of cluster.replicaSets) {
    expect(template.metadata?.labels?.role).toBe(hasRoles ? roleOf(podHash) : undefined);
  }
}

/** Everybody stops, all pods become ready, time passes: the rollout must end somewhere that a person understands. */
function rest(cluster: SimulatedCluster): void {
  for (let round = 0; round < 12; round++) {
    cluster.settle();
    judgeOpen(cluster, () => 'Successful');
    cluster.wait(101);
  }
  cluster.settle();
  const { status, spec } = cluster.rollout;
  expect(['Healthy', 'Degraded', 'Paused'], JSON.stringify(status)).toContain(status.phase);
  const isUpdated = status.stableRS === status.currentPodHash;
  const replicas = spec.replicas ?? 1;
  if (replicas > 0 && spec.paused !== true) {
    const isPermitted = status.blueGreen?.activeSelector === status.currentPodHash;
    const isHeld = status.pauseConditions?.some(({ reason }) => reason === 'InconclusiveAnalysisRun') === true;
    const allowed: (string | undefined)[] = [isPermitted ? status.currentPodHash : status.stableRS];
    // While a person is waited for, what somebody else has taken from it is not given back.
    if (isPermitted && isHeld) allowed.push(status.stableRS, undefined);
    expect(allowed, JSON.stringify(status)).toContain(cluster.activeHash());
  }
  if (!isUpdated && spec.paused !== true) expect(cluster.stable()?.availableReplicas).toBe(replicas);
  if (status.phase === 'Healthy') {
    expect(cluster.canary()?.availableReplicas).toBe(replicas);
    expect(cluster.replicaSets.filter((one) => one.specReplicas > 0).length).toBeLessThanOrEqual(1);
  }
  const images = cluster.replicaSets.map((one) => one.template.spec?.containers[0]?.image);
  expect(new Set(images).size, 'one ReplicaSet per revision').toBe(images.length);
}
