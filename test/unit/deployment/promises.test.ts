import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideDeployment, isGood } from '../../../src/deployment/index.ts';
import {
  aDeployment,
  change,
  controllerStep,
  imageOf,
  judge,
  memoryOf,
  perform,
  type SimulatedDeployment,
  setImage,
  settle,
  templateOf,
  worldOf,
} from '../../support/simulated-deployment.ts';

const images = ['app:1', 'app:2', 'app:3', 'app:4'];
const phases = ['Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;

const act = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'controller' } as const) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('turn' as const), stopsAfter: fc.nat(3) }) },
  // Another replica decides on what it saw, and performs that later.
  { weight: 2, arbitrary: fc.constant({ kind: 'look' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'late' } as const) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('judge' as const), phase: fc.constantFrom(...phases) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), image: fc.constantFrom(...images) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), isPaused: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), image: fc.constantFrom(...images) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'late-progress' } as const) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface Played {
  readonly one: SimulatedDeployment;
  seen: ReturnType<typeof worldOf> | undefined;
}

function play(played: Played, next: Act): void {
  const { one, seen } = played;
  switch (next.kind) {
    case 'controller':
      controllerStep(one);
      break;
    case 'turn':
      takeGuardedTurn(one, worldOf(one), next.stopsAfter);
      break;
    case 'look':
      played.seen = worldOf(one);
      break;
    case 'late':
      if (seen !== undefined) takeGuardedTurn(one, seen, 9);
      break;
    case 'judge':
      judge(one, next.phase);
      break;
    case 'release':
      setImage(one, next.image);
      break;
    case 'pause':
      change(one, ({ spec }) => {
        spec.paused = next.isPaused;
      });
      break;
    case 'scale':
      change(one, ({ spec }) => {
        spec.replicas = next.replicas;
      });
      break;
    case 'break':
      one.broken.add(next.image);
      break;
    case 'late-progress':
      one.lateAtMs = one.nowMs;
      break;
  }
}

/** Performs the first effects of a decision, as one that is killed does; every promise is looked at around it. */
function takeGuardedTurn(one: SimulatedDeployment, world: ReturnType<typeof worldOf>, stopsAfter: number): void {
  const decision = decideDeployment(world);
  expect(decideDeployment(world)).toEqual(decision);
  const before = { image: imageOf(one), replicas: one.spec.replicas, memory: memoryOf(one) };
  perform(one, world, { ...decision, effects: decision.effects.slice(0, stopsAfter) });
  expect(one.spec.replicas).toBe(before.replicas);
  const after = memoryOf(one);
  if (imageOf(one) !== before.image) expectJudged(one, before.image, before.memory);
  // Good without a measurement is only what was good before, or what was there first.
  if (
    after !== undefined &&
    isGood(after) &&
    before.memory !== undefined &&
    !before.memory.good.includes(after.canary)
  ) {
    const run = one.runs.find(({ metadata }) => metadata.name === after.run);
    expect(run?.status.metricResults.some(({ count }) => count > 0)).toBe(true);
    expect(['Running', 'Successful']).toContain(run?.status.phase);
  }
}

/** Only what was judged is undone, and only to what was good. */
function expectJudged(one: SimulatedDeployment, left: string, memory: ReturnType<typeof memoryOf>): void {
  const undone = one.revisions.find(({ hash }) => hash === memory?.canary);
  expect(undone?.template).toEqual(templateOf(left));
  const run = one.runs.find(({ metadata }) => metadata.name === memory?.run);
  const isJudged = ['Failed', 'Error'].includes(run?.status.phase ?? '') || one.lateAtMs !== undefined;
  expect(isJudged).toBe(true);
  if (run !== undefined) expect(run.metadata.labels['rollouts-pod-template-hash']).toBe(memory?.canary);
  const target = one.revisions.find(({ template }) => template.spec?.containers[0]?.image === imageOf(one));
  expect(memory?.good).toContain(target?.hash);
}

it('whatever happens in whatever order: only what was judged is undone, and nothing is good without evidence', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), fc.constantFrom(10, 1, 0), (acts, limit) => {
      const played: Played = { one: aDeployment(), seen: undefined };
      played.one.spec.revisionHistoryLimit = limit;
      settle(played.one, 5);
      for (const next of acts) play(played, next);
      // Left alone, with pods that can become ready and a verdict, it comes to rest.
      const { one } = played;
      change(one, ({ spec }) => {
        spec.paused = false;
        spec.replicas = 3;
      });
      one.broken.clear();
      one.lateAtMs = undefined;
      for (let round = 0; round < 4; round++) {
        settle(one, 15);
        judge(one, 'Running');
      }
      settle(one, 15);
      const world = worldOf(one);
      expect(decideDeployment(world).effects).toEqual([]);
      const memory = memoryOf(one);
      const isOver = memory !== undefined && (isGood(memory) || memory.undone !== undefined);
      expect(isOver || memory?.stuck !== undefined || memory?.heldAt !== undefined).toBe(true);
    }),
    { numRuns: 150 },
  );
});
