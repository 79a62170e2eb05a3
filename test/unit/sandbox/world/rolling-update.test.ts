import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  planUpdate,
  resolveLimits,
  type UpdateState,
} from '../../../../src/sandbox/world/controllers/rolling-update.ts';

describe('limits of a rolling update', () => {
  test.each([
    { replicas: 10, maxSurge: '25%', maxUnavailable: '25%', surge: 3, unavailable: 2 },
    { replicas: 4, maxSurge: '25%', maxUnavailable: '25%', surge: 1, unavailable: 1 },
    { replicas: 1, maxSurge: '25%', maxUnavailable: '25%', surge: 1, unavailable: 0 },
    { replicas: 5, maxSurge: 0, maxUnavailable: 0, surge: 0, unavailable: 1 },
    { replicas: 5, maxSurge: 0, maxUnavailable: '10%', surge: 0, unavailable: 1 },
    { replicas: 3, maxSurge: 2, maxUnavailable: 9, surge: 2, unavailable: 3 },
  ])('$replicas with $maxSurge and $maxUnavailable', ({ surge, unavailable, ...state }) => {
    expect(resolveLimits(state)).toEqual({ surge, unavailable });
  });
});

// Shares at the edges: limits are tight only where all or none of a side's pods are available.
const side = fc.record({ asked: fc.nat(8), share: fc.constantFrom(0, 0.5, 1) }).map(({ asked, share }) => ({
  asked,
  available: Math.round(asked * share),
}));
const state: fc.Arbitrary<UpdateState> = fc.record({
  replicas: fc.nat(10),
  strategy: fc.constant('RollingUpdate' as const),
  maxSurge: fc.oneof(fc.nat(5), fc.constant('25%')),
  maxUnavailable: fc.oneof(fc.nat(5), fc.constant('25%')),
  updated: side,
  older: fc.array(side, { maxLength: 3 }),
});

describe('a pass of a rolling update', () => {
  test('never takes available pods below the limit, nor asks for more pods than the surge allows', () => {
    fc.assert(
      fc.property(state, (given) => {
        const { surge, unavailable } = resolveLimits(given);
        const plan = planUpdate(given);
        const asked = given.updated.asked + given.older.reduce((sum, older) => sum + older.asked, 0);
        const askedNext = plan.updatedReplicas + plan.olderReplicas.reduce((sum, count) => sum + count, 0);
        if (askedNext > asked) expect(askedNext).toBeLessThanOrEqual(given.replicas + surge);

        const available = given.updated.available + given.older.reduce((sum, older) => sum + older.available, 0);
        // Going pods are the unavailable ones of a side first.
        const left = given.older.reduce(
          (sum, older, index) => sum + Math.min(older.available, plan.olderReplicas[index] ?? 0),
          0,
        );
        const availableNext = Math.min(given.updated.available, plan.updatedReplicas) + left;
        const floor = Math.min(available, given.replicas - unavailable);
        if (given.updated.asked <= given.replicas) expect(availableNext).toBeGreaterThanOrEqual(floor);
        // Pods that still start may become available: they stay while the updated side does not serve in their place.
        const olderNext = askedNext - plan.updatedReplicas;
        const olderNow = asked - given.updated.asked;
        const kept = Math.min(olderNow, given.replicas - unavailable - given.updated.available);
        expect(olderNext).toBeGreaterThanOrEqual(kept);
        for (const [index, older] of given.older.entries())
          expect(plan.olderReplicas[index]).toBeLessThanOrEqual(older.asked);
      }),
      { numRuns: 2000 },
    );
  });

  test('ends with all pods on the updated side, however it begins, when pods become available', () => {
    fc.assert(
      fc.property(state, (given) => {
        let now = given;
        for (let pass = 0; pass < 60; pass++) {
          const plan = planUpdate(now);
          const full = (asked: number) => ({ asked, available: asked });
          now = { ...now, updated: full(plan.updatedReplicas), older: plan.olderReplicas.map(full) };
        }
        expect(now.updated.asked).toBe(given.replicas);
        expect(now.older.every((older) => older.asked === 0)).toBe(true);
      }),
    );
  });

  test('waits with Recreate until nothing older is asked for', () => {
    const base = {
      replicas: 3,
      strategy: 'Recreate',
      maxSurge: 0,
      maxUnavailable: 0,
      updated: { asked: 0, available: 0 },
    } as const;
    expect(planUpdate({ ...base, older: [{ asked: 3, available: 3 }] })).toEqual({
      updatedReplicas: 0,
      olderReplicas: [0],
    });
    expect(planUpdate({ ...base, older: [{ asked: 0, available: 0 }] })).toEqual({
      updatedReplicas: 3,
      olderReplicas: [0],
    });
  });
});
