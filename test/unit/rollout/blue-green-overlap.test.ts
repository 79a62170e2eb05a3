import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decide,
  type Effect,
  neededLiveServices,
  needsTemplates,
  type Verb,
  type World,
} from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

// Two replicas take turns of the same blue-green rollout at the same time, on caches that lag, and are stopped between any two calls.

type Cached = Pick<World, 'replicaSets' | 'services'>;

/** One replica in the middle of a turn. Its caches show the world as it was `lag` moments ago. */
class Replica {
  #effects: Effect[] = [];
  #version: string | undefined;
  readonly #cluster: SimulatedCluster;
  readonly #past: readonly Cached[];
  readonly #lag: number;

  constructor(cluster: SimulatedCluster, past: readonly Cached[], lag: number) {
    this.#cluster = cluster;
    this.#past = past;
    this.#lag = lag;
  }

  get isIdle(): boolean {
    return this.#effects.length === 0;
  }

  /** The next call of the turn. */
  next(): void {
    const effect = this.#effects.shift();
    if (effect === undefined) {
      this.#decide();
      return;
    }
    const { rollout } = this.#cluster;
    const isOfRollout = effect.kind === 'writeStatus' || effect.kind === 'patchRollout';
    try {
      if (isOfRollout && this.#version !== rollout.metadata.resourceVersion) throw new Error('conflict: stale');
      this.#cluster.perform(effect);
      if (isOfRollout) this.#version = this.#cluster.rollout.metadata.resourceVersion;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('conflict')) throw error;
      // A failed precondition ends the list: look again.
      this.#effects = [];
    }
  }

  #decide(): void {
    const live = this.#cluster.world();
    const cached = structuredClone(this.#past.at(-1 - this.#lag) ?? this.#past[0]);
    const named = neededLiveServices(live.rollout).flatMap((name) => {
      const service = live.services[name];
      return service === undefined ? [] : [[name, service] as const];
    });
    const world: World = { ...live, ...cached, services: { ...cached?.services, ...Object.fromEntries(named) } };
    const seen = needsTemplates(world) ? { ...world, replicaSets: structuredClone(this.#cluster.replicaSets) } : world;
    this.#effects = [...decide(seen).effects];
    this.#version = live.rollout.metadata.resourceVersion;
  }
}

type Move =
  | { readonly move: 'replica'; readonly which: 0 | 1 }
  | { readonly move: 'verb'; readonly verb: Verb }
  | { readonly move: 'release'; readonly image: string }
  | { readonly move: 'judge'; readonly phase: 'Successful' | 'Failed' }
  | { readonly move: 'wait' };

const verbs = ['abort', 'retry', 'promote', 'promote', 'promoteFull'] as const;
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ move: fc.constant('replica' as const), which: fc.constantFrom(0, 1) }) },
  { weight: 3, arbitrary: fc.record({ move: fc.constant('verb' as const), verb: fc.constantFrom(...verbs) }) },
  {
    weight: 1,
    arbitrary: fc.record({ move: fc.constant('release' as const), image: fc.constantFrom('app:1', 'app:2', 'app:3') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      move: fc.constant('judge' as const),
      phase: fc.constantFrom('Successful' as const, 'Successful' as const, 'Failed' as const),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Move>({ move: 'wait' }) },
);
const lag = fc.constantFrom(0, 5, 20, 60);
const RUNS = { numRuns: Number(process.env.PROMISE_RUNS ?? 10) };

interface Stage {
  readonly cluster: SimulatedCluster;
  readonly past: Cached[];
}

function underWay(): Stage {
  const analysis = { templates: [{ templateName: 'inline' }] };
  const strategy = {
    autoPromotionSeconds: 10,
    previewReplicaCount: 1,
    prePromotionAnalysis: analysis,
    postPromotionAnalysis: analysis,
  };
  const rollout = aRollout().image('app:1').replicas(4).blueGreen(strategy).build();
  const cluster = new SimulatedCluster(rollout, [anAnalysisTemplate('inline')]);
  cluster.settle();
  cluster.release('app:2');
  const stage: Stage = { cluster, past: [] };
  remember(stage);
  return stage;
}

function remember({ cluster, past }: Stage): void {
  const { replicaSets, services } = structuredClone({ replicaSets: cluster.replicaSets, services: cluster.services });
  past.push({ replicaSets: replicaSets.map(({ template: _template, ...view }) => view), services });
}

function play(stage: Stage, replicas: readonly Replica[], one: Move): void {
  const { cluster } = stage;
  switch (one.move) {
    case 'replica':
      replicas[one.which]?.next();
      break;
    case 'verb':
      cluster.ask(one.verb);
      break;
    case 'release':
      cluster.release(one.image);
      break;
    case 'judge':
      for (const run of cluster.analysisRuns) {
        if (run.status.phase === undefined) cluster.judge(run.metadata.name, one.phase);
      }
      break;
    case 'wait':
      cluster.wait(15);
      break;
  }
  cluster.readyAll();
  remember(stage);
}

function takeTurns(stage: Stage, replicas: readonly Replica[], calls: number): void {
  for (let call = 0; call < calls; call++) play(stage, replicas, { move: 'replica', which: call % 2 === 0 ? 0 : 1 });
}

describe('two replicas at once, on lagging caches, of blue-green', () => {
  it('end where one would, and nothing becomes stable that has no requests', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 100, maxLength: 300 }), lag, lag, (moves, lagA, lagB) => {
        const stage = underWay();
        const { cluster, past } = stage;
        const replicas = [new Replica(cluster, past, lagA), new Replica(cluster, past, lagB)];
        for (const one of moves) {
          const before = cluster.rollout.status.stableRS;
          play(stage, replicas, one);
          const { stableRS, currentPodHash } = cluster.rollout.status;
          const isPromotion = stableRS !== before && stableRS === currentPodHash;
          if (isPromotion) expect(cluster.activeHash(), 'stable serves').toBe(stableRS);
        }
        takeTurns(stage, replicas, 600);

        expect(decide(cluster.world()).effects).toEqual([]);
        const { status } = cluster.rollout;
        const isPermitted = status.blueGreen?.activeSelector === status.currentPodHash;
        expect(cluster.activeHash()).toBe(isPermitted ? status.currentPodHash : status.stableRS);
        if (status.abort === true) expect(isPermitted).toBe(false);
        const images = cluster.replicaSets.map((one) => cluster.imageOf(one.podHash));
        expect(new Set(images).size, 'one ReplicaSet per revision').toBe(images.length);
      }),
      RUNS,
    );
  }, 600_000);

  it('never switch by a turn that began after an abort was stored', () => {
    const quiet = move.filter(({ move: kind }) => kind !== 'verb' && kind !== 'release');
    fc.assert(
      fc.property(fc.array(quiet, { minLength: 20, maxLength: 200 }), lag, lag, (moves, lagA, lagB) => {
        const stage = underWay();
        const { cluster, past } = stage;
        const replicas = [new Replica(cluster, past, lagA), new Replica(cluster, past, lagB)];
        for (const one of moves) play(stage, replicas, one);
        cluster.patch({ status: { abort: true } });
        const { status } = cluster.rollout;
        if (status.stableRS === status.currentPodHash || status.currentPodHash !== cluster.replicaSets[1]?.podHash)
          return;
        // What was on the wire already may still arrive.
        for (const replica of replicas) while (!replica.isIdle) replica.next();
        const before = cluster.performed.length;
        takeTurns(stage, [new Replica(cluster, past, lagA), new Replica(cluster, past, lagB)], 80);
        const switches = cluster.performed
          .slice(before)
          .filter((effect) => effect.kind === 'switchService' && effect.name === 'checkout-active');
        expect(switches.every((effect) => 'toPodHash' in effect && effect.toPodHash === status.stableRS)).toBe(true);
        expect(cluster.activeHash()).toBe(status.stableRS);
      }),
      RUNS,
    );
  }, 600_000);
});
