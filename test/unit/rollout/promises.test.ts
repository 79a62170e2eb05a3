import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Effect, type World } from '../../../src/rollout/index.ts';
import { weightInForce } from '../../../src/rollout/steps.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { type ClusterAct, clusterActs, judgeOpen, playAct } from '../../support/cluster-acts.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// Whole rollouts with everything happening at random: what is promised holds after every single decision.

type Act =
  | ClusterAct
  | { readonly act: 'steps'; readonly steps: readonly object[] }
  | { readonly act: 'router'; readonly isBroken: boolean };

// More than a test run has time for: `PROMISE_RUNS=5000 npx vitest run --project unit test/unit/rollout/promises.test.ts`.
const RUNS = propertyRuns('PROMISE', 40);

const step = fc.oneof(
  fc.record({ setWeight: fc.constantFrom(0, 5, 10, 25, 50, 75, 99, 100) }),
  fc.record({ pause: fc.oneof(fc.constant({}), fc.record({ duration: fc.constantFrom('10s', 30, '1m') })) }),
  fc.constant({ analysis: { templates: [{ templateName: 'inline' }], args: [] } }),
);
const steps = fc.array(step, { maxLength: 6 });
const phases = ['Running', 'Running', 'Successful', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: clusterActs.turn },
  { weight: 6, arbitrary: clusterActs.settle },
  { weight: 3, arbitrary: clusterActs.crash },
  { weight: 6, arbitrary: clusterActs.ready },
  { weight: 2, arbitrary: clusterActs.unready },
  { weight: 3, arbitrary: clusterActs.wait(1, 15, 45, 700) },
  { weight: 4, arbitrary: clusterActs.verb },
  { weight: 2, arbitrary: clusterActs.release },
  { weight: 1, arbitrary: clusterActs.replicas(0, 1, 2, 5, 10) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('steps' as const), steps }) },
  { weight: 4, arbitrary: clusterActs.judge(...phases) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('router' as const), isBroken: fc.boolean() }) },
);

/** What else a canary's author may ask for: none of it moves traffic. */
const extras = fc.record(
  {
    canaryMetadata: fc.constant({ labels: { role: 'canary' } }),
    stableMetadata: fc.constant({ labels: { role: 'stable' }, annotations: { by: 'us' } }),
    antiAffinity: fc.constant({ requiredDuringSchedulingIgnoredDuringExecution: {} }),
    abortScaleDownDelaySeconds: fc.constantFrom(0, 20),
    scaleDownDelayRevisionLimit: fc.nat(2),
    minPodsPerReplicaSet: fc.constantFrom(1, 3),
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    revisionHistoryLimit: fc.nat(2),
    rollbackWindow: fc.record({ revisions: fc.nat(2) }),
    minReadySeconds: fc.constantFrom(0, 5),
  },
  { requiredKeys: [] },
);

const scenario = fc.record({
  isRouted: fc.boolean(),
  isUnderWay: fc.boolean(),
  steps,
  replicas: fc.constantFrom(1, 2, 5, 10),
  hasBackground: fc.boolean(),
  startingStep: fc.nat(2),
  surge: fc.constantFrom(undefined, 0, 1, '50%'),
  progressDeadlineAbort: fc.boolean(),
  extras,
  spec,
  acts: fc.array(act, { maxLength: 40 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function begin(given: Scenario): SimulatedCluster {
  const builder = aRollout().image('app:1').replicas(given.replicas);
  const rollout = (given.isRouted ? builder.routed() : builder)
    .steps(...given.steps)
    .canary({
      ...given.extras,
      ...(given.surge === undefined ? {} : { maxSurge: given.surge }),
      ...(given.surge === 0 ? { maxUnavailable: 1 } : {}),
      ...(given.hasBackground
        ? { analysis: { templates: [{ templateName: 'background' }], args: [], startingStep: given.startingStep } }
        : {}),
    })
    .spec({ progressDeadlineAbort: given.progressDeadlineAbort, ...given.spec })
    .build();
  return new SimulatedCluster(rollout, [anAnalysisTemplate('inline'), anAnalysisTemplate('background', 0)]);
}

function play(cluster: SimulatedCluster, one: Act): void {
  if (one.act === 'steps') cluster.patch({ spec: { strategy: { canary: { steps: one.steps } } } });
  else if (one.act === 'router') cluster.routerProblem = one.isBroken ? 'Ingress "checkout" not found' : undefined;
  else playAct(cluster, one);
}

/** What must be true of each decision, whatever came before. */
function checkDecision(decision: Decision, world: World): void {
  const { effects } = decision;
  const { status } = world.rollout;
  expect(decide(structuredClone(world)), 'the same look decides the same').toEqual(decision);

  const kinds = effects.map((effect) => effect.kind);
  const writes = kinds.filter((kind) => kind === 'writeStatus').length;
  expect(writes).toBeLessThanOrEqual(1);
  if (kinds.includes('patchRollout')) expect(writes).toBe(0);

  const weight = world.router?.canaryWeight ?? 0;
  for (const [index, effect] of effects.entries()) {
    if (effect.kind !== 'setWeight') continue;
    // The canary's Ingress is made, at 0: nothing is shifted.
    if (effect.canaryWeight === 0 && world.router?.canaryWeight === undefined) continue;
    if (effect.canaryWeight < weight) {
      expect(index, 'lowering comes first').toBe(0);
      expect(isLoweringDue(effect.canaryWeight, world), 'no step back without a reason').toBe(true);
    } else {
      expect(index, 'raising comes last').toBe(effects.length - 1);
      checkRaise(effect, effects, world);
    }
  }
  const mustBeZero = isAborted(world) && world.router !== undefined && weight > 0;
  if (mustBeZero) expect(effects[0]).toMatchObject({ kind: 'setWeight', canaryWeight: 0 });
  if (isAborted(world)) {
    for (const effect of effects) {
      const isCanary = effect.kind === 'scaleReplicaSet' && effect.name === canaryOf(world)?.name;
      if (isCanary) expect(effect.to, 'an aborted canary never grows').toBeLessThanOrEqual(effect.from);
    }
  }
  for (const effect of effects) {
    if (effect.kind === 'writeStatus' && effect.status.stableRS !== status.stableRS && status.stableRS !== undefined) {
      checkPromotion(world);
    }
  }
}

/** Requests: no effect, at whatever place in a decision, sends more to pods than the stored step and the stable hash allow. */
function watchShares(cluster: SimulatedCluster): void {
  let before = new Map<string, number | undefined>();
  const look = () => new Map(cluster.replicaSets.map((one) => [one.podHash, cluster.shareOf(one.podHash)]));
  cluster.watch(() => {
    before = look();
  });
  cluster.afterEffect = (effect) => {
    const { status, spec } = cluster.rollout;
    for (const [podHash, share] of look()) {
      const earlier = before.get(podHash);
      if (share === undefined || earlier === undefined || share <= earlier || podHash === status.stableRS) continue;
      const isCanary = podHash === status.currentPodHash;
      const allowed = isCanary ? weightInForce(spec.strategy?.canary ?? {}, status.currentStepIndex ?? 0) : 0;
      expect(share, `${effect.kind} raised the share of ${podHash}`).toBeLessThanOrEqual(allowed);
    }
    before = look();
  };
}

function checkRaise(effect: Extract<Effect, { kind: 'setWeight' }>, effects: readonly Effect[], world: World): void {
  const { status, spec } = world.rollout;
  const strategy = spec.strategy?.canary ?? {};
  expect(isAborted(world), 'no raise after an abort').toBe(false);
  expect(spec.paused ?? false, 'no raise while paused').toBe(false);
  expect(effect.canaryWeight).toBe(weightInForce(strategy, status.currentStepIndex ?? 0));
  const write = effects.find((one) => one.kind === 'writeStatus');
  if (write !== undefined)
    expect(write.status.currentStepIndex, 'only for the stored step').toBe(status.currentStepIndex);
  const needed = Math.ceil((effect.canaryWeight * (spec.replicas ?? 1)) / 100);
  expect(canaryOf(world)?.availableReplicas ?? 0, 'pods first').toBeGreaterThanOrEqual(Math.max(1, needed));
}

function isLoweringDue(to: number, world: World): boolean {
  const { status, spec } = world.rollout;
  const strategy = spec.strategy?.canary ?? {};
  const canary = canaryOf(world);
  if (canary === undefined || canary.podHash !== status.currentPodHash || canary.availableReplicas === 0) return true;
  const service = world.services[strategy.canaryService ?? '']?.selector['rollouts-pod-template-hash'];
  const isElsewhere = service !== canary.podHash || canary.podHash === status.stableRS;
  const isTimedOut =
    spec.progressDeadlineAbort === true &&
    (status.conditions ?? []).some((one) => one.reason === 'ProgressDeadlineExceeded');
  return isAborted(world) || isTimedOut || isElsewhere || to === weightInForce(strategy, status.currentStepIndex ?? 0);
}

function checkPromotion(world: World): void {
  const { status, spec } = world.rollout;
  expect(isAborted(world), 'no promotion after an abort').toBe(false);
  expect(canaryOf(world)?.availableReplicas ?? 0).toBeGreaterThanOrEqual(spec.replicas ?? 1);
  if (status.promoteFull === true) return;
  const count = spec.strategy?.canary?.steps?.length ?? 0;
  expect(status.currentStepIndex ?? 0, 'no step is left out').toBe(count);
  const name = status.canary?.currentBackgroundAnalysisRunStatus?.name;
  if (name === undefined) return;
  const run = world.analysisRuns.find((one) => one.metadata.name === name);
  expect(run?.status.metricResults.length ?? 0, 'nothing is promoted unmeasured').toBeGreaterThan(0);
}

/** An abort is stored, or the verdict of a run that the status names, for the template that is asked for. */
function isAborted(world: World): boolean {
  const { status } = world.rollout;
  const canary = canaryOf(world);
  if (canary === undefined || canary.podHash !== status.currentPodHash || canary.podHash === status.stableRS)
    return false;
  if (status.stableRS === undefined) return false;
  if (status.abort === true)
    return !(status.promoteFull === true && status.abortedAt !== undefined) && isSameSteps(world);
  if (status.promoteFull === true || status.abortedAt !== undefined || !isSameSteps(world)) return false;
  const background = status.canary?.currentBackgroundAnalysisRunStatus?.name;
  const step = status.canary?.currentStepAnalysisRunStatus?.name;
  return world.analysisRuns.some((run) => {
    const isInForce =
      run.metadata.name === background ||
      (run.metadata.name === step && run.metadata.labels['step-index'] === String(status.currentStepIndex));
    return isInForce && (run.status.phase === 'Failed' || run.status.phase === 'Error');
  });
}

const stepHashes = new Map<string, string>();
function isSameSteps(world: World): boolean {
  const text = JSON.stringify(world.rollout.spec.strategy?.canary?.steps);
  const { currentStepHash } = world.rollout.status;
  const known = stepHashes.get(currentStepHash ?? '');
  return known === undefined || known === text;
}

function canaryOf(world: World) {
  const image = world.rollout.spec.template?.spec?.containers[0]?.image;
  return world.replicaSets.find((one) => hashesOf.get(one.podHash) === image);
}
const hashesOf = new Map<string, string>();

describe('what is promised, whatever happens', () => {
  it('holds after every decision, and every rollout comes to rest for a reason', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const cluster = begin(given);
        cluster.watch((decision, world) => {
          for (const one of cluster.replicaSets)
            hashesOf.set(one.podHash, one.template.spec?.containers[0]?.image ?? '');
          for (const effect of decision.effects) {
            if (effect.kind === 'writeStatus') {
              stepHashes.set(
                effect.status.currentStepHash ?? '',
                JSON.stringify(world.rollout.spec.strategy?.canary?.steps),
              );
            }
          }
          checkDecision(decision, world);
        });
        watchShares(cluster);
        if (given.isUnderWay) {
          cluster.settle();
          cluster.release('app:2');
          cluster.settle();
        }
        for (const one of given.acts) play(cluster, one);
        rest(cluster);
      }),
      RUNS,
    );
  }, 600_000);
});

/** Everybody stops, all pods become ready, time passes: the rollout must end somewhere that a person understands. */
function rest(cluster: SimulatedCluster): void {
  cluster.routerProblem = undefined;
  for (let round = 0; round < 30; round++) {
    cluster.settle();
    judgeOpen(cluster, ({ metadata }) => (metadata.labels['rollout-type'] === 'Step' ? 'Successful' : 'Running'));
    cluster.wait(61);
  }
  cluster.settle();
  const { phase } = cluster.rollout.status;
  expect(['Healthy', 'Degraded', 'Paused'], JSON.stringify(cluster.rollout.status)).toContain(phase);
  if (phase === 'Healthy') {
    expect(cluster.weight ?? 0).toBe(0);
    expect(cluster.stable()?.availableReplicas).toBe(cluster.rollout.spec.replicas);
    expect(cluster.replicaSets.filter((one) => one.specReplicas > 0).length).toBeLessThanOrEqual(1);
  }
  const images = cluster.replicaSets.map((one) => one.template.spec?.containers[0]?.image);
  expect(new Set(images).size, 'one ReplicaSet per revision').toBe(images.length);
}
