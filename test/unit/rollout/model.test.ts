import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AnalysisPhase, isCompleted } from '../../../src/analysis/index.ts';
import {
  decide,
  type Effect,
  type Experiment,
  nextPluginCall,
  type PluginOutcome,
  type Rollout,
  recordPluginCall,
  type World,
} from '../../../src/rollout/index.ts';
import { scaleDownDeadlineAnnotation, unprovenAnnotation } from '../../../src/rollout/names.ts';
import { maxUnavailableOf } from '../../../src/rollout/replicas.ts';
import { weightInForce } from '../../../src/rollout/steps.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { clusterActs, judgeOpen, playAct } from '../../support/cluster-acts.ts';
import {
  type Fate,
  type Look,
  ModelReplica,
  type Observer,
  remember,
  type SharedWorld,
} from '../../support/model-replica.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

/*
 * Any rollout, two processes on caches that lag, killed between any two calls, calls that fail or whose answers are lost, pods that come
 * and go, people, verdicts, mistakes in the spec and a clock that jumps: what is promised holds after every single call, and in the end
 * every rollout stands somewhere for a reason.
 *
 * `MODEL_RUNS=10000 npx vitest run --project unit test/unit/rollout/model.test.ts` tries other worlds each time; one that failed comes
 * again with `MODEL_SEED`.
 */
const RUNS = propertyRuns('MODEL', 300);

const analysis = (name: string) => ({ templates: [{ templateName: name }], args: [] });
const plugin = { plugin: { name: 'stepwise/webhook', config: { url: 'https://deploys.acme.dev/go', deadline: '5m' } } };

/** Weighted where the router can send requests to more than two. */
const experiment = (weight: number | undefined) => ({
  experiment: {
    duration: '1m',
    templates: [
      { name: 'baseline', specRef: 'stable' },
      { name: 'candidate', specRef: 'canary', ...(weight === undefined ? {} : { weight }) },
    ],
  },
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ setWeight: fc.constantFrom(0, 5, 10, 25, 50, 75, 100) }) },
  { weight: 2, arbitrary: fc.record({ pause: fc.constantFrom({}, { duration: '10s' }, { duration: '1m' }) }) },
  { weight: 2, arbitrary: fc.constant({ analysis: analysis('inline') }) },
  { weight: 1, arbitrary: fc.constant(plugin) },
  { weight: 1, arbitrary: fc.constant(experiment(undefined)) },
);
const routedStep = fc.oneof(
  { weight: 8, arbitrary: step },
  { weight: 1, arbitrary: fc.constantFrom(experiment(10), experiment(40)) },
  {
    weight: 1,
    arbitrary: fc.record({
      setCanaryScale: fc.constantFrom({ replicas: 2 }, { weight: 50 }, { matchTrafficWeight: true }),
    }),
  },
);
const common = fc.record({
  replicas: fc.constantFrom(1, 2, 4, 10),
  deadlineAbort: fc.boolean(),
  window: fc.constantFrom(0, 0, 1),
  delay: fc.constantFrom(undefined, 0, 100),
});
const canarySpec = fc.record({
  kind: fc.constant('canary' as const),
  common,
  isRouted: fc.constantFrom(true, true, true, false),
  isDynamic: fc.boolean(),
  router: fc.constantFrom('nginx' as const, 'nginx' as const, 'gatewayApi' as const, 'pingPong' as const),
  steps: fc.array(step, { maxLength: 6, size: 'max' }),
  // What has requests from the start is what there is to lose.
  lead: fc.constantFrom(
    [],
    [{ setWeight: 25 }],
    [{ setWeight: 25 }, { setWeight: 50 }],
    [{ setWeight: 25 }, experiment(10)],
  ),
  routedSteps: fc.array(routedStep, { minLength: 1, maxLength: 6, size: 'max' }),
  background: fc.constantFrom(undefined, 0, 2),
  surge: fc.constantFrom(undefined, 0, 1, '50%'),
});
const blueGreenSpec = fc.record({
  kind: fc.constant('blueGreen' as const),
  common,
  promotion: fc.constantFrom({}, { autoPromotionEnabled: false }, { autoPromotionSeconds: 30 }),
  preview: fc.constantFrom(undefined, 1),
  hasPre: fc.boolean(),
  hasPost: fc.boolean(),
});
const anySpec = fc.oneof({ weight: 3, arbitrary: canarySpec }, { weight: 2, arbitrary: blueGreenSpec });
type Spec = typeof anySpec extends fc.Arbitrary<infer T> ? T : never;

const calls = fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 14 });
const phases = ['Running', 'Successful', 'Successful', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;

const act = fc.oneof(
  { weight: 24, arbitrary: fc.record({ act: fc.constant('calls' as const), calls }) },
  // A while in which all goes well: or few rollouts would come to where it gets interesting.
  { weight: 26, arbitrary: fc.record({ act: fc.constant('while' as const), turns: fc.integer({ min: 2, max: 8 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('mishap' as const),
      which: fc.constantFrom(0, 1),
      fate: fc.constantFrom<Fate>('answerLost', 'refused'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('kill' as const), which: fc.constantFrom(0, 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('lag' as const),
      which: fc.constantFrom(0, 1),
      lag: fc.constantFrom(0, 2, 8, 40),
    }),
  },
  { weight: 8, arbitrary: clusterActs.ready },
  { weight: 2, arbitrary: clusterActs.unready },
  { weight: 4, arbitrary: clusterActs.wait(1, 15, 61, 700, -20) },
  { weight: 4, arbitrary: clusterActs.verb },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('verb' as const),
      verb: fc.constantFrom('pause' as const, 'abort' as const),
    }),
  },
  { weight: 2, arbitrary: clusterActs.release },
  { weight: 1, arbitrary: clusterActs.replicas(0, 1, 3, 8) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('spec' as const), seconds: fc.constantFrom(0, 0, 700) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('router' as const),
      problem: fc.constantFrom(undefined, undefined, 'Ingress "checkout" not found'),
    }),
  },
  { weight: 5, arbitrary: clusterActs.judge(...phases) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('experiment' as const),
      phase: fc.constantFrom<AnalysisPhase>(
        'Pending',
        'Running',
        'Running',
        'Successful',
        'Successful',
        'Failed',
        'Error',
        'Inconclusive',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('plugin' as const),
      phase: fc.constantFrom('Running', 'Successful', 'Successful', 'Failed', 'silent'),
    }),
  },
);
// As long in the first run as in the last: by itself fast-check begins with short ones.
const acts = fc.array(act, { minLength: 10, maxLength: 40, size: 'max' });
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** With a port: an Experiment's Service leads there. */
const template = {
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'checkout', image: 'app:1', ports: [{ containerPort: 8080 }] }] },
};

function begin(spec: Spec): SimulatedCluster {
  const { replicas, deadlineAbort, window, delay } = spec.common;
  const base = aRollout()
    .replicas(replicas)
    .spec({ progressDeadlineAbort: deadlineAbort, rollbackWindow: { revisions: window }, template });
  const templates = ['inline', 'pre', 'post'].map((name) => anAnalysisTemplate(name));
  if (spec.kind === 'blueGreen') {
    const rollout = base
      .blueGreen({
        ...spec.promotion,
        ...(spec.preview === undefined ? {} : { previewReplicaCount: spec.preview }),
        ...(delay === undefined ? {} : { scaleDownDelaySeconds: delay }),
        ...(spec.hasPre ? { prePromotionAnalysis: analysis('pre') } : {}),
        ...(spec.hasPost ? { postPromotionAnalysis: analysis('post') } : {}),
      })
      .build();
    return new SimulatedCluster(rollout, templates);
  }
  const isDynamic = spec.isRouted && spec.isDynamic;
  const rollout = (spec.isRouted ? base.routed() : base)
    .steps(...(spec.isRouted ? stepsFor(spec.router, [...spec.lead, ...spec.routedSteps]) : spec.steps))
    .canary({
      ...(spec.surge === undefined ? {} : { maxSurge: spec.surge }),
      ...(spec.surge === 0 ? { maxUnavailable: 1 } : {}),
      ...(isDynamic ? { dynamicStableScale: true } : {}),
      ...(spec.isRouted && spec.router !== 'nginx'
        ? { trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } } } }
        : {}),
      ...(spec.isRouted && spec.router === 'pingPong'
        ? { pingPong: { pingService: 'checkout-stable', pongService: 'checkout-canary' } }
        : {}),
      ...(spec.isRouted && !isDynamic && delay !== undefined ? { scaleDownDelaySeconds: delay } : {}),
      ...(spec.background === undefined
        ? {}
        : { analysis: { ...analysis('background'), startingStep: spec.background } }),
    })
    .build();
  return new SimulatedCluster(rollout, [...templates, anAnalysisTemplate('background', 0)]);
}

type Step = typeof routedStep extends fc.Arbitrary<infer T> ? T : never;

/** Experiments get requests where the router can send them and the canary leaves as many. */
function stepsFor(router: string, steps: readonly Step[]): readonly object[] {
  let canary = 0;
  return steps.map((one) => {
    if ('setWeight' in one) canary = one.setWeight;
    const isTooMuch = router === 'nginx' || canary > 60;
    return 'experiment' in one && isTooMuch ? experiment(undefined) : one;
  });
}

interface Stage {
  readonly shared: SharedWorld;
  readonly replicas: readonly ModelReplica[];
}

function play({ shared, replicas }: Stage, one: Act): void {
  const { cluster } = shared;
  switch (one.act) {
    case 'calls':
      for (const which of one.calls) {
        replicas[which]?.next();
        remember(shared);
      }
      return;
    case 'while':
      for (let turn = 0; turn < one.turns; turn++) {
        takeTurn(shared, replicas[turn % 2]);
        cluster.readyAll();
        remember(shared);
      }
      return;
    case 'mishap':
      replicas[one.which]?.next(one.fate);
      break;
    case 'kill':
      replicas[one.which]?.kill();
      break;
    case 'lag': {
      const replica = replicas[one.which];
      if (replica !== undefined) replica.lag = one.lag;
      break;
    }
    case 'spec':
      cluster.patch({ spec: { minReadySeconds: one.seconds } });
      break;
    case 'router':
      cluster.routerProblem = one.problem;
      shared.routerVersion += 1;
      break;
    case 'plugin':
      answerPlugin(cluster, one.phase);
      break;
    case 'experiment':
      concludeOpen(cluster, one.phase);
      break;
    default:
      playAct(cluster, one);
  }
  remember(shared);
}

function answerPlugin(cluster: SimulatedCluster, phase: string): void {
  const call = nextPluginCall(cluster.rollout, cluster.nowMs);
  if (call?.kind !== 'call') return;
  const outcome: PluginOutcome =
    phase === 'Running' || phase === 'Successful' || phase === 'Failed'
      ? { kind: 'answered', phase, message: undefined, requeueAfterMs: 10_000, status: undefined }
      : { kind: 'unanswered', message: 'no answer' };
  const status = recordPluginCall(cluster.rollout, call.entry, outcome, cluster.nowMs);
  if (status !== undefined) cluster.perform({ kind: 'writeStatus', status });
}

/** Every Experiment that is not over comes to this phase, as its own turns would write it; one that was told to end ends. */
function concludeOpen(cluster: SimulatedCluster, phase: AnalysisPhase): void {
  for (const { metadata, spec, status } of cluster.experiments) {
    if (isCompleted(status.phase)) continue;
    const reached = spec.terminate === true && !isCompleted(phase) ? 'Successful' : phase;
    cluster.conclude(metadata.name, {
      phase: status.phase === 'Running' && reached === 'Pending' ? 'Running' : reached,
      message: `it is ${reached}`,
      templateStatuses: spec.templates.map(({ name, service }) => ({
        name,
        ...noPods,
        ...(service === undefined
          ? {}
          : { serviceName: `${metadata.name}-${name}`, podTemplateHash: `${metadata.name}-${name}` }),
      })),
    });
  }
}

const noPods = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };

/** What is promised, looked at from outside: on the one true cluster, by what each turn had read. */
class Promises implements Observer {
  readonly #cluster: SimulatedCluster;
  readonly #imageOf = new Map<string, string>();
  readonly #stepsOf = new Map<string, string>();
  /** Available pods that a decision took so far. */
  readonly #taken = new WeakMap<World, number>();
  #shares = new Map<string, number | undefined>();

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
  }

  before(effect: Effect, look: Look): void {
    this.#shares = this.#look();
    if (effect.kind === 'writeStatus') {
      this.#checkStatus(effect.status, look.world);
      const { spec } = look.world.rollout;
      this.#stepsOf.set(effect.status.currentStepHash ?? '', JSON.stringify(spec.strategy?.canary?.steps));
    }
    if (effect.kind === 'scaleReplicaSet') this.#checkScale(effect, look);
    if (effect.kind === 'setWeight') {
      this.#checkAdditional(effect, look);
      this.#checkPods(effect, look.world);
    }
  }

  after(effect: Effect, look: Look): void {
    for (const one of this.#cluster.replicaSets)
      this.#imageOf.set(one.podHash, this.#cluster.imageOf(one.podHash) ?? '');
    for (const [podHash, share] of this.#look()) {
      const earlier = this.#shares.get(podHash);
      if (share === undefined || earlier === undefined || share <= earlier) continue;
      this.#checkRaise({ effect, podHash, share }, look);
    }
  }

  #look(): Map<string, number | undefined> {
    return new Map(this.#cluster.replicaSets.map(({ podHash }) => [podHash, this.#cluster.shareOf(podHash)]));
  }

  #checkRaise(
    { effect, podHash, share }: { effect: Effect; podHash: string; share: number },
    { world, version }: Look,
  ): void {
    const { status, spec } = world.rollout;
    // By now somebody may have made it stable, or another revision may have taken its place: then this was on the wire already.
    const isCurrent = version === this.#cluster.rollout.metadata.resourceVersion;
    if (!isCurrent || podHash === status.stableRS || status.stableRS === undefined) return;
    const what = `${effect.kind} gave ${share} % to ${podHash}`;
    expect(this.#isAborted(world), `${what} after an abort`).toBe(false);
    expect(spec.paused ?? false, `${what} while paused`).toBe(false);
    expect(podHash, `${what}, which is not what is asked for`).toBe(status.currentPodHash);
    if (spec.strategy?.blueGreen !== undefined) {
      expect(status.blueGreen?.activeSelector, `${what} before it was stored`).toBe(podHash);
      const pods = world.replicaSets.find((one) => one.podHash === podHash)?.availableReplicas ?? 0;
      expect(pods, `${what}, and it has ${pods} pods`).toBeGreaterThanOrEqual(spec.replicas ?? 1);
      return;
    }
    // After a full promotion that is stored, the traffic follows the pods.
    if (status.promoteFull === true) return;
    const allowed = weightInForce(spec.strategy?.canary ?? {}, status.currentStepIndex ?? 0);
    expect(share, `${what} at step ${status.currentStepIndex}`).toBeLessThanOrEqual(allowed);
  }

  /** Requests go to an Experiment's pods only while the stored status waits for it and it runs. */
  #checkAdditional({ canaryWeight, additional = [] }: Extract<Effect, { kind: 'setWeight' }>, { world }: Look): void {
    const shareOf = (service: string) =>
      this.#cluster.additional.find(({ serviceName }) => serviceName === service)?.weight ?? 0;
    const sum = additional.reduce((total, { weight }) => total + weight, 0);
    expect(canaryWeight + sum, 'more than all requests').toBeLessThanOrEqual(100);
    const raised = additional.filter(({ serviceName, weight }) => weight > shareOf(serviceName));
    if (raised.length === 0) return;
    const what = `${raised.map(({ serviceName }) => serviceName).join()} gets requests`;
    expect(this.#isAborted(world), `${what} after an abort`).toBe(false);
    expect(world.rollout.spec.paused ?? false, `${what} while paused`).toBe(false);
    const inForce = experimentInForce(world);
    expect(inForce?.status.phase, what).toBe('Running');
    for (const { serviceName } of raised) expect(serviceName).toContain(`${inForce?.metadata.name}-`);
  }

  /** A status that is stored: each step behind it was done, and what becomes stable has earned it. */
  #checkStatus(after: Rollout['status'], world: World): void {
    const { rollout, nowMs } = world;
    const { status, spec } = rollout;
    const steps = spec.strategy?.canary?.steps ?? [];
    const from = status.currentStepIndex ?? 0;
    const isSameUpdate =
      after.currentPodHash === status.currentPodHash && after.currentStepHash === status.currentStepHash;
    const isLeft =
      isSameUpdate &&
      status.stableRS !== undefined &&
      after.currentStepIndex === from + 1 &&
      after.promoteFull !== true;
    const isPromoted = status.stableRS !== undefined && after.stableRS !== status.stableRS;
    if (isSameUpdate && !isPromoted && status.abort === true && this.#isAborted(world))
      expect(after.abort, 'an abort was forgotten').toBe(true);
    if (isPromoted) {
      expect(this.#isAborted(world), 'promoted after an abort').toBe(false);
      expect(after.stableRS).toBe(status.currentPodHash);
      const isFull = status.promoteFull === true || (spec.rollbackWindow?.revisions ?? 0) > 0;
      if (!isFull && spec.strategy?.canary !== undefined) expect(from, 'a step was left out').toBe(steps.length);
      this.#checkPromotion(world, isFull);
    } else if (isLeft) {
      expect(spec.paused ?? false, `step ${from} was completed while paused`).toBe(false);
      const left = steps[from];
      if (left?.analysis !== undefined) {
        const name = status.canary?.currentStepAnalysisRunStatus?.name;
        const run = this.#cluster.analysisRuns.find(({ metadata }) => metadata.name === name);
        expect(run?.status.phase, `the analysis of step ${from}`).toBe('Successful');
        expect(run?.status.metricResults.length, `the measurements of step ${from}`).toBeGreaterThan(0);
      }
      if (left?.experiment !== undefined) {
        const name = experimentInForce(world)?.metadata.name;
        const one = this.#cluster.experiments.find(({ metadata }) => metadata.name === name);
        expect(one?.status.phase, `the experiment of step ${from}`).toBe('Successful');
      }
      if (left?.plugin !== undefined) {
        const entry = status.canary?.stepPluginStatuses?.find(
          ({ index, operation }) => index === from && operation === 'Run',
        );
        expect(entry?.phase, `the plugin of step ${from}`).toBe('Successful');
      }
      if (left?.pause !== undefined && status.controllerPause !== true) {
        expect.fail(`step ${from} was completed, and has never paused`);
      }
      if (left?.pause?.duration !== undefined && (status.pauseConditions ?? []).length > 0) {
        const since = Date.parse(status.pauseConditions?.[0]?.startTime ?? '');
        expect(nowMs - since, `the pause of step ${from}`).toBeGreaterThanOrEqual(10_000);
      }
    }
  }

  /** Where pods are the traffic, what is taken away leaves as many available as the author wants, by what was seen. */
  #checkMinimum({ name, from, to }: Extract<Effect, { kind: 'scaleReplicaSet' }>, { world }: Look): void {
    const { strategy, replicas = 1 } = world.rollout.spec;
    if (strategy?.canary === undefined || strategy.canary.trafficRouting !== undefined || to >= from) return;
    const seen = world.replicaSets.reduce((sum, one) => sum + one.availableReplicas, 0);
    const one = world.replicaSets.find((each) => each.name === name);
    const gone = (this.#taken.get(world) ?? 0) + Math.max(0, (one?.availableReplicas ?? 0) - to);
    this.#taken.set(world, gone);
    const least = replicas - maxUnavailableOf(strategy.canary, replicas);
    expect(seen - gone, `pods that are left of ${seen}`).toBeGreaterThanOrEqual(Math.min(seen, least));
  }

  /** What became stable has all its pods, the last weight, and has been looked at by all that shall look at it. */
  #checkPromotion({ rollout, router, replicaSets, analysisRuns }: World, isFull: boolean): void {
    const { status, spec } = rollout;
    const { canary } = spec.strategy ?? {};
    const replicas = spec.replicas ?? 1;
    const pods = replicaSets.find(({ podHash }) => podHash === status.currentPodHash)?.availableReplicas ?? 0;
    expect(pods, 'pods of what was promoted').toBeGreaterThanOrEqual(
      canary === undefined ? Math.min(1, replicas) : replicas,
    );
    if (canary === undefined || isFull || replicas === 0) return;
    const steps = canary.steps ?? [];
    if (canary.trafficRouting !== undefined)
      expect(router?.canaryWeight ?? 0, 'the last weight').toBe(weightInForce(canary, steps.length));
    if ((canary.analysis?.templates ?? []).length === 0) return;
    const name = status.canary?.currentBackgroundAnalysisRunStatus?.name;
    const run = analysisRuns.find(({ metadata }) => metadata.name === name);
    if ((canary.analysis?.startingStep ?? 0) <= steps.length)
      expect(run?.status.metricResults.length ?? 0, 'measurements in the background').toBeGreaterThan(0);
  }

  /** Pods first, then traffic: on neither side is a share more than its pods can take. */
  #checkPods({ canaryWeight }: Extract<Effect, { kind: 'setWeight' }>, { rollout, router, replicaSets }: World): void {
    const { status, spec } = rollout;
    const { canary } = spec.strategy ?? {};
    const replicas = spec.replicas ?? 1;
    const present = router?.canaryWeight ?? 0;
    const podsOf = (hash: string | undefined) =>
      replicaSets.find(({ podHash }) => podHash === hash)?.availableReplicas ?? 0;
    const isBySize = (canary?.steps ?? []).some(({ setCanaryScale }) => setCanaryScale !== undefined);
    const isDynamic = canary?.dynamicStableScale === true;
    const stable = podsOf(status.stableRS);
    const isUpdating = status.stableRS !== undefined && status.stableRS !== status.currentPodHash;
    if (!isUpdating || replicas === 0) return;
    if (canaryWeight > present && !isBySize && status.promoteFull !== true) {
      expect(podsOf(status.currentPodHash), `pods for ${canaryWeight} %`).toBeGreaterThanOrEqual(
        Math.ceil((canaryWeight * replicas) / 100),
      );
      if (stable > 0)
        expect(stable, 'pods of stable').toBeGreaterThanOrEqual(Math.floor(((100 - canaryWeight) * replicas) / 100));
    }
    const holder = status.canary?.weights?.canary.podTemplateHash ?? status.currentPodHash;
    if (canaryWeight < present && isDynamic && holder !== status.stableRS && podsOf(holder) > 0) {
      const taken = Math.floor((100 * stable) / replicas);
      expect(100 - canaryWeight, `stable has ${stable} pods`).toBeLessThanOrEqual(Math.max(100 - present, taken));
    }
  }

  #checkScale(effect: Extract<Effect, { kind: 'scaleReplicaSet' }>, { world, version }: Look): void {
    this.#checkMinimum(effect, { world, version });
    if (version !== this.#cluster.rollout.metadata.resourceVersion) return;
    const { status, spec } = world.rollout;
    const one = this.#cluster.replicaSets.find(({ name }) => name === effect.name);
    if (one === undefined || status.stableRS === undefined) return;
    const isCanary = one.podHash === status.currentPodHash && one.podHash !== status.stableRS;
    const deadlineMs = Date.parse(one.annotations[scaleDownDeadlineAnnotation] ?? '');
    const isReplaced = one.podHash !== status.currentPodHash && one.podHash !== status.stableRS;
    const isUnproven = one.annotations[unprovenAnnotation] !== undefined;
    if (isReplaced && !isUnproven && effect.to < effect.from && spec.strategy?.canary?.dynamicStableScale !== true) {
      expect(deadlineMs > world.nowMs, 'pods of a replaced revision go before their time').toBe(false);
    }
    if (isCanary && this.#isAborted(world) && spec.strategy?.canary?.dynamicStableScale !== true) {
      expect(effect.to, 'an aborted canary grows').toBeLessThanOrEqual(effect.from);
    }
    const { canary, blueGreen } = spec.strategy ?? {};
    const keepsStable = blueGreen !== undefined || (canary?.trafficRouting !== undefined && !canary.dynamicStableScale);
    if (one.podHash === status.stableRS && keepsStable) {
      expect(effect.to, 'stable loses pods').toBeGreaterThanOrEqual(Math.min(effect.from, spec.replicas ?? 1));
    }
  }

  #isAborted(world: World): boolean {
    const { rollout, analysisRuns } = world;
    const { status, spec } = rollout;
    if (status.stableRS === undefined || status.stableRS === status.currentPodHash) return false;
    const image = spec.template?.spec?.containers[0]?.image;
    if (this.#imageOf.get(status.currentPodHash ?? '') !== image) return false;
    const steps = this.#stepsOf.get(status.currentStepHash ?? '');
    if (steps !== undefined && steps !== JSON.stringify(spec.strategy?.canary?.steps)) return false;
    if (status.abort === true) return !(status.promoteFull === true && status.abortedAt !== undefined);
    if (status.promoteFull === true || status.abortedAt !== undefined || (spec.rollbackWindow?.revisions ?? 0) > 0)
      return false;
    const experiment = experimentInForce(world)?.status.phase;
    if (experiment === 'Failed' || experiment === 'Error') return true;
    const { currentStepAnalysisRunStatus: step, currentBackgroundAnalysisRunStatus: background } = status.canary ?? {};
    return analysisRuns.some(({ metadata, status: { phase } }) => {
      const isStep = metadata.name === step?.name && metadata.labels['step-index'] === String(status.currentStepIndex);
      return (isStep || metadata.name === background?.name) && (phase === 'Failed' || phase === 'Error');
    });
  }
}

/** The one that the stored status names for the step it stands at. */
function experimentInForce({ rollout: { status, spec }, experiments = [] }: World): Experiment | undefined {
  const index = status.currentStepIndex ?? 0;
  const name = status.canary?.currentExperiment;
  if (spec.strategy?.canary?.steps?.[index]?.experiment === undefined || name === undefined) return undefined;
  const isOfStep = new RegExp(`-\\d+-${index}(?:-\\d+)?$`).test(name);
  return isOfStep ? experiments.find(({ metadata }) => metadata.name === name) : undefined;
}

/** Everybody stops, the world is whole again, time passes: it must come to stand somewhere that a person understands. */
function rest({ shared, replicas }: Stage): void {
  const { cluster } = shared;
  cluster.patch({ spec: { minReadySeconds: 0 } });
  cluster.routerProblem = undefined;
  shared.routerVersion += 1;
  for (const replica of replicas) replica.lag = 0;
  remember(shared);
  for (let round = 0; round < 14; round++) {
    settle({ shared, replicas });
    judgeOpen(cluster, ({ metadata: { name } }) =>
      /-\d+-\d+(?:\.\d+)?$|-(?:pre|post)/.test(name) ? 'Successful' : 'Running',
    );
    for (let asked = 0; asked < 4; asked++) answerPlugin(cluster, 'Successful');
    concludeOpen(cluster, 'Successful');
    cluster.wait(61);
    remember(shared);
  }
  settle({ shared, replicas });
}

const MOST_CALLS = 1500;

/** Turns of both, and pods, until nothing moves. */
function settle({ shared, replicas }: Stage): void {
  let idle = 0;
  for (let call = 0; idle < 2; call++) {
    if (call > MOST_CALLS) {
      const left = decide(shared.cluster.world()).effects.map((effect) => JSON.stringify(effect).slice(0, 300));
      throw new Error(`never rests: ${left.join('\n')}`);
    }
    const replica = replicas[call % 2];
    const isIdle = takeTurn(shared, replica);
    const before = shared.cluster.replicaSets.map((one) => one.availableReplicas).join();
    shared.cluster.readyAll();
    const isStill = before === shared.cluster.replicaSets.map((one) => one.availableReplicas).join();
    remember(shared);
    idle = isIdle && isStill ? idle + 1 : 0;
  }
}

/** One whole turn. True: it had nothing to do. */
function takeTurn(shared: SharedWorld, replica: ModelReplica | undefined): boolean {
  const before = shared.cluster.performed.length;
  const mustBeBack = isAbortStored(shared.cluster) && replica?.lag === 0;
  for (let call = 0; call < 100; call++) {
    const isDone = replica?.next() !== false;
    remember(shared);
    if (!isDone) continue;
    if (mustBeBack) checkIsBack(shared.cluster);
    return shared.cluster.performed.length === before;
  }
  return false;
}

/** Of the very revision that is asked for: no reset is due. */
function isAbortStored(cluster: SimulatedCluster): boolean {
  const { status, spec } = cluster.rollout;
  const isAsked = cluster.imageOf(status.currentPodHash ?? '') === spec.template?.spec?.containers[0]?.image;
  const isUpdating = status.stableRS !== undefined && status.stableRS !== status.currentPodHash;
  return (
    isUpdating && isAsked && status.abort === true && status.abortedAt !== undefined && status.promoteFull !== true
  );
}

/** After a whole turn on an abort: no request goes to what was aborted, and nothing runs on for it. */
function checkIsBack(cluster: SimulatedCluster): void {
  const { status, spec } = cluster.rollout;
  const said = JSON.stringify(status);
  if (status.abort !== true) return;
  if (spec.strategy?.canary?.dynamicStableScale !== true) expect(cluster.weight ?? 0, said).toBe(0);
  expect(cluster.additional, said).toEqual([]);
  for (const one of cluster.experiments)
    expect(isCompleted(one.status.phase) || one.spec.terminate, `${one.metadata.name} runs on: ${said}`).toBe(true);
  const canServe = (cluster.stable()?.availableReplicas ?? 0) > 0;
  if (spec.strategy?.blueGreen !== undefined && canServe) expect(cluster.activeHash(), said).toBe(status.stableRS);
}

function checkRest({ shared: { cluster } }: Stage): void {
  const { status, spec } = cluster.rollout;
  const said = JSON.stringify(status);
  expect(decide(cluster.world()).effects, said).toEqual([]);
  expect(['Healthy', 'Degraded', 'Paused'], said).toContain(status.phase);
  const replicas = spec.replicas ?? 1;
  const isUpdated = status.stableRS === status.currentPodHash;
  if (status.abort === true && !isUpdated) expect(cluster.weight ?? 0, said).toBe(0);
  expect(cluster.additional, said).toEqual([]);
  for (const { metadata, spec: made, status: end } of cluster.experiments)
    expect(isCompleted(end.phase) || made.terminate, `${metadata.name} runs on: ${said}`).toBe(true);
  if (status.phase === 'Healthy') {
    expect(cluster.weight ?? 0, said).toBe(0);
    expect(cluster.stable()?.availableReplicas ?? 0, said).toBe(replicas);
    expect(isUpdated, said).toBe(true);
  }
  if (!isUpdated && replicas > 0 && spec.strategy?.blueGreen !== undefined && status.abort === true) {
    expect(cluster.activeHash(), said).toBe(status.stableRS);
  }
  const total = cluster.replicaSets.reduce((sum, one) => sum + one.availableReplicas, 0);
  expect(total, `nobody serves: ${said}`).toBeGreaterThanOrEqual(spec.paused === true ? 0 : Math.min(1, replicas));
  const images = cluster.replicaSets.map(({ podHash }) => cluster.imageOf(podHash));
  expect(new Set(images).size, 'one ReplicaSet per revision').toBe(images.length);
}

it('whatever two processes, people, pods and the clock do, the promises hold, and every rollout comes to rest for a reason', () => {
  fc.assert(
    fc.property(anySpec, fc.constantFrom(undefined, 0, 2, 5, 8, 12, 16), acts, (spec, turnsBefore, acts) => {
      const cluster = begin(spec);
      const shared: SharedWorld = { cluster, past: [], routerVersion: 0 };
      const promises = new Promises(cluster);
      const stage: Stage = {
        shared,
        replicas: [new ModelReplica(shared, promises), new ModelReplica(shared, promises)],
      };
      remember(shared);
      if (turnsBefore !== undefined) {
        settle(stage);
        cluster.release('app:2');
        remember(shared);
        for (let round = 0; round < turnsBefore; round++) {
          play(stage, { act: 'while', turns: 3 });
          judgeOpen(cluster, () => 'Successful');
          answerPlugin(cluster, 'Successful');
          concludeOpen(cluster, (['Pending', 'Running', 'Successful'] as const)[round % 3] ?? 'Successful');
          if (round % 2 === 1) cluster.wait(61);
          else if (cluster.rollout.status.phase === 'Paused') cluster.patch({ status: { pauseConditions: null } });
        }
      }
      for (const one of acts) play(stage, one);
      rest(stage);
      checkRest(stage);
    }),
    RUNS,
  );
}, 3_600_000);
