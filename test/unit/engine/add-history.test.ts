import { describe, expect, it } from 'vitest';
import { addHistory } from '../../../src/engine/add-history.ts';

const limit = { comparison: '>=', value: 0.95 } as const;
const measured = (atMs: number, value: number) => ({ atMs, value, isFailed: value < 0.95 });
const at = (points: readonly { readonly atMs: number }[]) => points.map(({ atMs }) => atMs);

describe('history between measurements', () => {
  const points = [measured(4000, 0.5), measured(6000, 0.4)];

  it('keeps every measurement as it was judged, in order', () => {
    const history = [1000, 2000, 3000, 4000, 5000, 6000].map((atMs) => ({ atMs, value: 1 }));
    const merged = addHistory({ points, limit }, history, 500);
    expect(at(merged)).toEqual([1000, 2000, 3000, 4000, 5000, 6000]);
    expect(merged.filter(({ isFailed }) => isFailed)).toEqual(points);
  });

  it('leaves out what stands beside a measurement, never further away than 1.5 s', () => {
    const history = [2600, 3800, 4200, 5000, 7400].map((atMs) => ({ atMs, value: 1 }));
    expect(at(addHistory({ points, limit }, history, 5000))).toEqual([4000, 6000]);
    expect(at(addHistory({ points, limit }, history, 1000))).toEqual([2600, 4000, 5000, 6000, 7400]);
  });

  it.each([
    ['>=', 0.9, true],
    ['>=', 0.95, false],
    ['>', 0.95, true],
    ['<', 0.95, true],
    ['<', 0.9, false],
    ['<=', 0.95, false],
    ['<=', 0.96, true],
  ] as const)('judges by the limit: %s 0.95, %d', (comparison, value, isFailed) => {
    const merged = addHistory({ points: [], limit: { ...limit, comparison } }, [{ atMs: 0, value }], 1000);
    expect(merged).toEqual([{ atMs: 0, value, isFailed }]);
  });

  it('without a limit nothing fails', () => {
    expect(addHistory({ points: [], limit: undefined }, [{ atMs: 0, value: 7 }], 1000)).toEqual([
      { atMs: 0, value: 7, isFailed: false },
    ]);
  });
});
