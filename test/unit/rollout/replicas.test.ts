import { describe, expect, it } from 'vitest';
import { basicCounts, maxSurgeOf, maxUnavailableOf, nextBasicSizes } from '../../../src/rollout/replicas.ts';
import argoSizes from '../../fixtures/rollout/basic-sizes.json' with { type: 'json' };

const WEIGHTS = [1, 5, 10, 20, 25, 33, 40, 50, 60, 66, 75, 80, 90, 95, 99];

// Rows as `canary/stable` per weight. A cell in brackets is where we differ from Argo, which runs no canary at all there.
const WITHOUT_SURGE: Readonly<Record<number, string>> = {
  1: '0/1 0/1 0/1 0/1 0/1 0/1 0/1 1/0 1/0 1/0 1/0 1/0 1/0 1/0 1/0',
  2: '1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 [1/1] 1/1 1/1 1/1 1/1',
  3: '1/2 1/2 1/2 1/2 1/2 1/2 1/2 2/1 2/1 2/1 2/1 2/1 2/1 2/1 2/1',
  4: '1/3 1/3 1/3 1/3 1/3 1/3 2/2 2/2 2/2 3/1 3/1 3/1 3/1 3/1 3/1',
  5: '1/4 1/4 1/4 1/4 1/4 2/3 2/3 3/2 3/2 3/2 4/1 4/1 [4/1] 4/1 4/1',
  10: '1/9 1/9 1/9 2/8 3/7 3/7 4/6 5/5 6/4 7/3 8/2 8/2 9/1 [9/1] 9/1',
  20: '1/19 1/19 2/18 4/16 5/15 7/13 8/12 10/10 12/8 13/7 15/5 16/4 18/2 19/1 19/1',
};
const WITH_SURGE: Readonly<Record<number, string>> = {
  1: '1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1',
  2: '1/2 1/2 1/2 1/2 1/2 1/2 1/2 1/1 2/1 2/1 2/1 2/1 2/1 2/1 2/1',
  3: '1/3 1/3 1/3 1/3 1/3 1/2 1/2 2/2 2/1 2/1 3/1 3/1 3/1 3/1 3/1',
  4: '1/4 1/4 1/4 1/4 1/3 2/3 2/3 2/2 3/2 3/2 3/1 4/1 4/1 4/1 4/1',
  5: '1/5 1/5 1/5 1/4 1/4 2/4 2/3 3/3 3/2 4/2 4/1 4/1 5/1 5/1 5/1',
  10: '1/10 1/10 1/9 2/8 3/8 3/7 4/6 5/5 6/4 7/4 8/3 8/2 9/1 10/1 10/1',
  20: '1/20 1/19 2/18 4/16 5/15 7/14 8/12 10/10 12/8 14/7 15/5 16/4 18/2 19/1 20/1',
};

describe('how many pods a weight means where pods are the traffic', () => {
  it.each(Object.entries(WITHOUT_SURGE))('%s replicas without surge', (replicas, row) => {
    expect(rowOf(Number(replicas), 0)).toBe(row.replaceAll(/[[\]]/g, ''));
  });

  it.each(Object.entries(WITH_SURGE))('%s replicas with surge', (replicas, row) => {
    expect(rowOf(Number(replicas), 1)).toBe(row);
  });

  it.each([
    [0, 50, { canary: 0, stable: 0 }],
    [5, 0, { canary: 0, stable: 5 }],
    [5, 100, { canary: 5, stable: 0 }],
  ])('%i replicas at %i %%', (replicas, weight, counts) => {
    expect(basicCounts(replicas, weight, 100, 1)).toEqual(counts);
  });

  it('takes another full scale', () => {
    expect(basicCounts(10, 250, 1000, 1)).toEqual(basicCounts(10, 25, 100, 1));
  });
});

describe('surge and unavailable', () => {
  it.each([
    [{}, 10, 3, 2],
    [{ maxSurge: '3', maxUnavailable: '20' }, 100, 3, 20],
    [{ maxSurge: 3, maxUnavailable: 20 }, 10, 3, 10],
    [{ maxSurge: 0, maxUnavailable: '1%' }, 10, 0, 1],
    [{}, 0, 0, 0],
  ])('%j of %i replicas: %i more, %i fewer', (strategy, replicas, surge, unavailable) => {
    expect(maxSurgeOf(strategy, replicas)).toBe(surge);
    expect(maxUnavailableOf(strategy, replicas)).toBe(unavailable);
  });
});

describe('one step towards the wanted sizes', () => {
  // Written by Argo 1.9.0: replicas, weight, surge, unavailable, then spec and available of canary and stable, older pods, result.
  it('is the step that Argo takes', () => {
    for (const row of argoSizes) {
      const [R = 0, weight = 0, surge = 0, unavailable = 0, ...pods] = row;
      const [
        canarySpec = 0,
        canaryAvailable = 0,
        stableSpec = 0,
        stableAvailable = 0,
        retiredSpec = 0,
        canary,
        stable,
      ] = pods;
      const next = nextBasicSizes({
        canary: { spec: canarySpec, available: canaryAvailable },
        stable: { spec: stableSpec, available: stableAvailable },
        retiredSpec,
        target: basicCounts(R, weight, 100, surge),
        replicas: R,
        surge,
        unavailable: maxUnavailableOf({ maxSurge: surge, maxUnavailable: unavailable }, R),
      });
      expect(next, JSON.stringify(row)).toEqual({ canary, stable });
    }
  });

  it.each([
    [4, 1, 1, '0/4 1/4 | 1/2 2/2 | 2/1 4/1 | 4/0'],
    [10, 3, 2, '0/10 0/8 2/8 | 2/6 5/6 5/5 | 5/3 8/3 8/2 | 8/0 10/0'],
    [3, 1, 0, '0/3 1/3 | 1/2 2/2 | 2/1 3/1 | 3/0'],
    [5, 0, 1, '0/5 0/4 1/4 | 1/3 2/3 2/2 3/2 | 3/1 4/1 | 4/0 5/0'],
  ])(
    'walks %i replicas, surge %i, unavailable %i from 20 to 50 to 80 to 100 %%',
    (replicas, surge, unavailable, trace) => {
      const legs: string[] = [];
      let sizes = { canary: 0, stable: replicas };
      for (const weight of [20, 50, 80, 100]) {
        const leg = weight === 20 ? [`0/${replicas}`] : [];
        const target = basicCounts(replicas, weight, 100, surge);
        for (let guard = 0; guard < 20; guard++) {
          const now = {
            canary: { spec: sizes.canary, available: sizes.canary },
            stable: { spec: sizes.stable, available: sizes.stable },
          };
          const next = nextBasicSizes({ ...now, retiredSpec: 0, target, replicas, surge, unavailable });
          if (next.canary === sizes.canary && next.stable === sizes.stable) break;
          // One ReplicaSet after the other, stable first, as the trace was written.
          if (next.stable !== sizes.stable) sizes = { ...sizes, stable: next.stable };
          else sizes = { ...sizes, canary: next.canary };
          leg.push(`${sizes.canary}/${sizes.stable}`);
        }
        legs.push(leg.join(' '));
      }
      expect(legs.join(' | ')).toBe(trace);
    },
  );
});

function rowOf(replicas: number, surge: number): string {
  return WEIGHTS.map((weight) => {
    const { canary, stable } = basicCounts(replicas, weight, 100, surge);
    return `${canary}/${stable}`;
  }).join(' ');
}
