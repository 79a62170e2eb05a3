import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Effect, neededLiveServices, needsTemplates, type World } from '../../../src/rollout/index.ts';
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

// Two replicas take turns of the same blue-green rollout at the same time, on caches that lag, and are stopped between any two calls.

/** One replica in the middle of a turn. Its caches show the world as it was `lag` moments ago. */
class Replica {
  #effects: Effect[] = [];
  #version: string | undefined;
  readonly #cluster: RememberedCluster;
  readonly #lag: number;

  constructor(cluster: RememberedCluster, lag: number) {
    this.#cluster = cluster;
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
    const cached = this.#cluster.cached(this.#lag);
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

const RUNS = propertyRuns('PROMISE', 10);

function underWay(): RememberedCluster {
  const analysis = { templates: [{ templateName: 'inline' }] };
  const strategy = {
    autoPromotionSeconds: 10,
    previewReplicaCount: 1,
    prePromotionAnalysis: analysis,
    postPromotionAnalysis: analysis,
  };
  const rollout = aRollout().image('app:1').replicas(4).blueGreen(strategy).build();
  const cluster = new RememberedCluster(rollout, [anAnalysisTemplate('inline')]);
  cluster.settle();
  cluster.release('app:2');
  cluster.remember();
  return cluster;
}

describe('two replicas at once, on lagging caches, of blue-green', () => {
  it('end where one would, and nothing becomes stable that has no requests', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 100, maxLength: 300 }), lag, lag, (moves, lagA, lagB) => {
        const cluster = underWay();
        const replicas = [new Replica(cluster, lagA), new Replica(cluster, lagB)];
        for (const one of moves) {
          const before = cluster.rollout.status.stableRS;
          play(cluster, replicas, one);
          const { stableRS, currentPodHash } = cluster.rollout.status;
          const isPromotion = stableRS !== before && stableRS === currentPodHash;
          if (isPromotion) expect(cluster.activeHash(), 'stable serves').toBe(stableRS);
        }
        takeTurns(cluster, replicas, 600);

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
    fc.assert(
      fc.property(fc.array(quietMove, { minLength: 20, maxLength: 200 }), lag, lag, (moves, lagA, lagB) => {
        const cluster = underWay();
        const replicas = [new Replica(cluster, lagA), new Replica(cluster, lagB)];
        for (const one of moves) play(cluster, replicas, one);
        if (!abortBetweenTurns(cluster, replicas)) return;
        const { status } = cluster.rollout;
        const before = cluster.performed.length;
        takeTurns(cluster, [new Replica(cluster, lagA), new Replica(cluster, lagB)], 80);
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
