import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Effect, needsTemplates } from '../../../src/rollout/index.ts';
import { weightInForce } from '../../../src/rollout/steps.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import {
  abortBetweenTurns,
  lag,
  move,
  play,
  quietMove,
  RememberedCluster,
  takeTurns,
} from '../../support/overlapping-turns.ts';
import { propertyRuns } from '../../support/property-runs.ts';

// Two replicas take turns of the same rollout at the same time, on caches that lag, and are stopped between any two calls. Each write
// holds its precondition (the fences); the rest is up to `decide`.

const PLAN = [
  { setWeight: 10 },
  { pause: { duration: '10s' } },
  { setWeight: 40 },
  { analysis: { templates: [{ templateName: 'inline' }] } },
  { setWeight: 70 },
  { pause: {} },
];

/** With a version of the router's objects. */
class SharedCluster extends RememberedCluster {
  routerVersion = 0;

  override perform(effect: Effect): void {
    if (effect.kind === 'setWeight') {
      this.routerVersion += 1;
      this.#checkCapacity(effect.canaryWeight);
    }
    super.perform(effect);
  }

  /** Where stable shrinks with its share, what it gets back is no more than its pods can take; unless nobody else is there. */
  #checkCapacity(canaryWeight: number): void {
    const { spec, status } = this.rollout;
    const stable = this.stable();
    if (spec.strategy?.canary?.dynamicStableScale !== true || stable === undefined) return;
    if (canaryWeight >= (this.weight ?? 0)) return;
    const holder = status.canary?.weights?.canary.podTemplateHash;
    const held = this.replicaSets.find((one) => one.podHash === holder);
    if (held === undefined || held === stable || held.availableReplicas === 0) return;
    const taken = Math.floor((100 * stable.availableReplicas) / (spec.replicas ?? 1));
    expect(100 - canaryWeight, 'stable is given more than it has pods for').toBeLessThanOrEqual(taken);
  }
}

/** One replica in the middle of a turn: it has read the router, or all, or performs what it decided. */
class Replica {
  #weight: number | undefined;
  #routerVersion = -1;
  #rolloutVersion: string | undefined;
  #effects: Effect[] = [];
  #mayLower = false;
  /** As the caches showed the ReplicaSets before the Rollout was read. */
  #versions = new Map<string, string | undefined>();
  readonly #cluster: SharedCluster;

  readonly #lag: number;

  /** Its caches show the world as it was `lag` moments ago. */
  constructor(cluster: SharedCluster, lag: number) {
    this.#cluster = cluster;
    this.#lag = lag;
  }

  /** The next call of the turn. */
  next(): void {
    if (this.#effects.length > 0) this.#perform();
    else if (this.#routerVersion < 0) {
      // The router's objects are read before the Rollout.
      this.#weight = this.#cluster.weight;
      this.#routerVersion = this.#cluster.routerVersion;
      const { replicaSets = [] } = this.#cluster.cached(this.#lag) ?? {};
      this.#versions = new Map(replicaSets.map(({ uid, resourceVersion }) => [uid, resourceVersion]));
    } else {
      this.#decide();
    }
  }

  get isIdle(): boolean {
    return this.#effects.length === 0;
  }

  #decide(): void {
    const live = this.#cluster.world();
    const world = { ...live, ...this.#cluster.cached(this.#lag), router: { canaryWeight: this.#weight } };
    const seen = needsTemplates(world) ? { ...world, replicaSets: structuredClone(this.#cluster.replicaSets) } : world;
    const fenced = seen.replicaSets.map((one) => ({ ...one, resourceVersion: this.#versions.get(one.uid) ?? '' }));
    this.#effects = [...decide({ ...seen, replicaSets: fenced }).effects];
    this.#mayLower = isLoweringDue(this.#cluster);
    this.#rolloutVersion = live.rollout.metadata.resourceVersion;
    if (this.#effects.length === 0) this.#routerVersion = -1;
  }

  #perform(): void {
    const effect = this.#effects.shift();
    if (effect === undefined) return;
    try {
      this.#check(effect);
      this.#cluster.perform(effect);
      this.#rolloutVersion =
        effect.kind === 'writeStatus' || effect.kind === 'patchRollout'
          ? this.#cluster.rollout.metadata.resourceVersion
          : this.#rolloutVersion;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('conflict')) throw error;
      // A failed precondition ends the list: look again.
      this.#effects = [];
    }
    if (this.#effects.length === 0) this.#routerVersion = -1;
  }

  #check(effect: Effect): void {
    const isStale = this.#rolloutVersion !== this.#cluster.rollout.metadata.resourceVersion;
    if ((effect.kind === 'writeStatus' || effect.kind === 'patchRollout') && isStale)
      throw new Error('conflict: stale');
    if (effect.kind !== 'setWeight') return;
    if (this.#routerVersion !== this.#cluster.routerVersion) throw new Error('conflict: stale');
    const { weight = 0 } = this.#cluster;
    const isLowered = effect.canaryWeight < weight;
    expect(isLowered && !this.#mayLower, 'traffic taken away for no reason').toBe(false);
  }
}

/** Nothing takes traffic away from a healthy canary: not a lagging cache, not the other replica. */
function isLoweringDue(cluster: SharedCluster): boolean {
  const { status, spec } = cluster.rollout;
  const canary = cluster.canary();
  return (
    status.abort === true ||
    status.stableRS === status.currentPodHash ||
    cluster.imageOf(status.currentPodHash ?? '') !== spec.template?.spec?.containers[0]?.image ||
    canary === undefined ||
    canary.availableReplicas === 0 ||
    // The router's canary leads to pods of another revision still: this one has nothing to lose.
    cluster.shareOf(canary.podHash) === 0 ||
    cluster.analysisRuns.some((run) => run.status.phase === 'Failed') ||
    (cluster.weight ?? 0) > weightInForce(spec.strategy?.canary ?? {}, status.currentStepIndex ?? 0)
  );
}

function underWay(isDynamic = false): SharedCluster {
  const rollout = aRollout()
    .image('app:1')
    .replicas(4)
    .routed()
    .steps(...PLAN)
    .canary(isDynamic ? { dynamicStableScale: true } : {})
    .build();
  const cluster = new SharedCluster(rollout, [anAnalysisTemplate('inline')]);
  cluster.settle();
  cluster.release('app:2');
  cluster.remember();
  return cluster;
}

const RUNS = propertyRuns('PROMISE', 12);

describe('two replicas at once, on lagging caches', () => {
  it.each([false, true])(
    'end where one would, and take no traffic away for nothing (dynamicStableScale %s)',
    (isDynamic) => {
      fc.assert(
        fc.property(fc.array(move, { minLength: 100, maxLength: 300 }), lag, lag, (moves, lagA, lagB) => {
          const cluster = underWay(isDynamic);
          const replicas = [new Replica(cluster, lagA), new Replica(cluster, lagB)];
          for (const one of moves) play(cluster, replicas, one);
          takeTurns(cluster, replicas, 600);

          expect(decide(cluster.world()).effects).toEqual([]);
          const { status, spec } = cluster.rollout;
          if (status.abort === true) expect(cluster.weight ?? 0).toBe(0);
          const images = cluster.replicaSets.map((one) => cluster.imageOf(one.podHash));
          expect(new Set(images).size, 'one ReplicaSet per revision').toBe(images.length);
          expect(cluster.weight ?? 0).toBeLessThanOrEqual(
            weightInForce(spec.strategy?.canary ?? {}, status.currentStepIndex ?? 0),
          );
        }),
        RUNS,
      );
    },
    600_000,
  );

  it('never raise by a turn that began after an abort was stored', () => {
    fc.assert(
      fc.property(fc.array(quietMove, { minLength: 20, maxLength: 200 }), lag, lag, (moves, lagA, lagB) => {
        const cluster = underWay();
        const replicas = [new Replica(cluster, lagA), new Replica(cluster, lagB)];
        for (const one of moves) play(cluster, replicas, one);
        if (!abortBetweenTurns(cluster, replicas)) return;
        const before = cluster.weights.length;
        const weight = cluster.weight ?? 0;
        takeTurns(cluster, [new Replica(cluster, lagA), new Replica(cluster, lagB)], 80);
        expect(cluster.weights.slice(before)).toEqual(weight > 0 ? [0] : []);
      }),
      RUNS,
    );
  }, 600_000);
});
