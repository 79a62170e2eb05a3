import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect, World } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const note = 'stepwise.dev/put-back';
const plan = [{ setWeight: 20 }, { pause: { duration: '5s' } }, { setWeight: 50 }, { pause: {} }];

/** A cluster whose objects say who wrote them last, and somebody else who writes them, too. */
class Contested extends SimulatedCluster {
  #weightWriter = { manager: 'stepwise', atMs: 0 };
  readonly #selectorWriters: Record<string, { manager: string; atMs: number }> = {};

  override world(): World {
    const world = super.world();
    const services = Object.entries(world.services).map(([name, service]) => {
      const selectorWriter = this.#selectorWriters[name];
      return [name, selectorWriter === undefined ? service : { ...service, selectorWriter }] as const;
    });
    const writers =
      this.weight === undefined
        ? []
        : [{ object: 'HTTPRoute checkout', weight: this.weight, writer: this.#weightWriter }];
    return {
      ...world,
      services: Object.fromEntries(services),
      router: world.router === undefined ? undefined : { ...world.router, writers },
    };
  }

  override perform(effect: Effect): void {
    super.perform(effect);
    if (effect.kind === 'setWeight') this.#weightWriter = this.#by('stepwise');
    if (effect.kind === 'switchService') this.#selectorWriters[effect.name] = this.#by('stepwise');
  }

  putWeight(weight: number): void {
    this.weight = weight;
    this.#weightWriter = this.#by('argocd-controller');
  }

  /** As Git has it: without a pod hash. */
  clearSelector(name: string): void {
    const service = this.services[name];
    if (service === undefined) throw new Error(`no Service ${name}`);
    this.services[name] = { ...service, selector: { app: 'checkout' } };
    this.#selectorWriters[name] = this.#by('argocd-controller');
  }

  selects(name: string): string | undefined {
    return this.services[name]?.selector['rollouts-pod-template-hash'];
  }

  /** The API server's times are whole seconds. */
  #by(manager: string) {
    return { manager, atMs: Math.floor(this.nowMs / 1000) * 1000 };
  }
}

function underWay(steps: readonly object[] = plan): Contested {
  const cluster = new Contested(
    aRollout()
      .image('app:1')
      .routed()
      .steps(...steps)
      .build(),
    [anAnalysisTemplate('slo')],
  );
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

function noteOf(cluster: Contested): { readonly count: number; readonly what: string } {
  return JSON.parse(cluster.rollout.metadata.annotations[note] ?? '{}');
}

/** Lets time pass in turns of a second; `rival` acts in each. */
function pass(cluster: Contested, seconds: number, rival: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second++) {
    cluster.wait(1);
    rival();
    cluster.settle();
  }
}

describe('a weight that somebody puts back', () => {
  test('is written again after 10 s, and the plan goes on when it has stood for 15 s', () => {
    const cluster = underWay();
    expect(cluster.weight).toBe(20);
    cluster.putWeight(0);
    cluster.settle();
    expect(noteOf(cluster)).toMatchObject({ count: 1, manager: 'argocd-controller' });
    expect(noteOf(cluster).what).toBe('HTTPRoute checkout: weight 20 → 0');
    expect(cluster.eventReasons()).toContain('FieldPutBack');
    pass(cluster, 9);
    expect(cluster.weight).toBe(0);
    pass(cluster, 2);
    expect(cluster.weight).toBe(20);
    pass(cluster, 12);
    expect(cluster.rollout.status.currentStepIndex).toBe(1);
    pass(cluster, 5);
    expect(cluster.weight).toBe(50);
  });

  test('is not fought over: the pauses grow to 5 min, and no step completes meanwhile', () => {
    const cluster = underWay();
    const before = cluster.weights.length;
    pass(cluster, 1500, () => {
      if (cluster.weight === 20) cluster.putWeight(0);
    });
    expect(cluster.weights.length - before).toBeLessThanOrEqual(10);
    expect(cluster.weights.length - before).toBeGreaterThan(5);
    expect(Math.max(...cluster.weights)).toBe(20);
    expect(cluster.rollout.status.currentStepIndex).toBe(1);
  });

  test('that is a raise is taken back at once, each time', () => {
    const cluster = underWay();
    cluster.ask('abort');
    cluster.settle();
    pass(cluster, 100, () => {
      cluster.putWeight(50);
      cluster.turn();
      expect(cluster.weight).toBe(0);
    });
  });

  describe('while an analysis measures', () => {
    const measured = [{ setWeight: 20 }, { analysis: { templates: [{ templateName: 'slo' }] } }, { setWeight: 50 }];
    const nameOf = (cluster: Contested) => {
      const { name } = cluster.rollout.status.canary?.currentStepAnalysisRunStatus ?? {};
      if (name === undefined) throw new Error('no analysis is in force');
      return name;
    };

    test('a verdict for it is no evidence: it is measured anew once the weight stands', () => {
      const cluster = underWay([...measured, { pause: {} }]);
      const first = nameOf(cluster);
      cluster.putWeight(0);
      cluster.settle();
      cluster.judge(first, 'Successful');
      pass(cluster, 24);
      expect(cluster.rollout.status.currentStepIndex).toBe(1);
      expect(nameOf(cluster)).toBe(first);
      pass(cluster, 3);
      expect(cluster.weight).toBe(20);
      expect(cluster.rollout.status.currentStepIndex).toBe(1);
      const second = nameOf(cluster);
      expect(second).not.toBe(first);
      cluster.judge(second, 'Successful');
      cluster.settle();
      expect(cluster.weight).toBe(50);
      expect(cluster.analysisRuns).toHaveLength(2);
    });

    test('one that still runs is ended, and measured anew', () => {
      const cluster = underWay([...measured, { pause: {} }]);
      const first = nameOf(cluster);
      cluster.judge(first, 'Running');
      cluster.putWeight(0);
      pass(cluster, 28);
      expect(cluster.analysisRuns.find(({ metadata }) => metadata.name === first)?.spec.terminate).toBe(true);
      expect(nameOf(cluster)).not.toBe(first);
    });

    test('a verdict against it aborts all the same, at once', () => {
      const cluster = underWay([...measured, { pause: {} }]);
      cluster.putWeight(0);
      cluster.settle();
      cluster.judge(nameOf(cluster), 'Failed');
      cluster.settle();
      expect(cluster.rollout.status.abort).toBe(true);
    });

    test('the next analysis is not measured twice', () => {
      const cluster = underWay([...measured, { analysis: { templates: [{ templateName: 'slo' }] } }, { pause: {} }]);
      cluster.putWeight(0);
      pass(cluster, 28);
      cluster.judge(nameOf(cluster), 'Successful');
      cluster.settle();
      expect(cluster.rollout.status.currentStepIndex).toBe(3);
      const next = nameOf(cluster);
      cluster.judge(next, 'Successful');
      cluster.settle();
      expect(cluster.rollout.status.currentStepIndex).toBe(4);
    });
  });

  test('of an earlier revision does not hold up the next one', () => {
    const cluster = underWay();
    cluster.putWeight(0);
    cluster.settle();
    cluster.release('app:3');
    cluster.settle();
    expect(cluster.weight).toBe(20);
    expect(cluster.rollout.metadata.annotations[note]).toBeUndefined();
  });
});

describe('a Service that somebody clears', () => {
  test('of stable is switched again at once while a canary is about', () => {
    const cluster = underWay();
    const stable = cluster.rollout.status.stableRS;
    for (let time = 0; time < 5; time++) {
      cluster.clearSelector('checkout-stable');
      cluster.settle();
      expect(cluster.selects('checkout-stable')).toBe(stable);
      cluster.wait(1);
    }
    expect(noteOf(cluster).count).toBe(1);
  });

  test('of stable is left for a while when all pods are stable', () => {
    const cluster = underWay([]);
    cluster.wait(60);
    cluster.settle();
    const switches = () => cluster.performed.filter(({ kind }) => kind === 'switchService').length;
    const before = switches();
    pass(cluster, 600, () => cluster.clearSelector('checkout-stable'));
    expect(switches() - before).toBeLessThan(12);
  });

  test('of the canary holds the plan, and is switched again later', () => {
    const cluster = underWay();
    cluster.clearSelector('checkout-canary');
    cluster.settle();
    pass(cluster, 8);
    expect(cluster.selects('checkout-canary')).toBeUndefined();
    expect([cluster.weight, cluster.rollout.status.currentStepIndex]).toEqual([20, 1]);
    pass(cluster, 4);
    expect(cluster.selects('checkout-canary')).toBe(cluster.rollout.status.currentPodHash);
    pass(cluster, 20);
    expect(cluster.weight).toBe(50);
  });

  test('never keeps an abort from sending everything to stable', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('weight', 'checkout-stable', 'checkout-canary'), { maxLength: 12 }),
        (acts) => {
          const cluster = underWay();
          for (const act of acts) {
            if (act === 'weight') cluster.putWeight(0);
            else cluster.clearSelector(act);
            cluster.settle();
            cluster.wait(2);
          }
          cluster.ask('abort');
          cluster.settle();
          const { stableRS } = cluster.rollout.status;
          expect(cluster.weight).toBe(0);
          expect([cluster.selects('checkout-stable'), cluster.selects('checkout-canary')]).toEqual([
            stableRS,
            stableRS,
          ]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
