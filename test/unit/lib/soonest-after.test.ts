import { describe, expect, it } from 'vitest';
import { soonestAfter } from '../../../src/lib/index.ts';

describe('the soonest time ahead', () => {
  it.each<[string, (number | undefined)[], number | undefined]>([
    ['nothing to wait for', [], undefined],
    ['nothing known', [undefined, undefined], undefined],
    ['only what is over, now among it', [9, 10, undefined], undefined],
    ['the soonest of those ahead', [30, 5, undefined, 11, 20], 11],
    ['whatever their order', [11, 20], 11],
  ])('is of %s', (_, times, expected) => {
    expect(soonestAfter(10, times)).toBe(expected);
  });
});
