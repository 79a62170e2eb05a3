import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTick, unitOfSeries } from '../../../src/charts/chart-numbers.ts';
import { altTextOf, verdictLine } from '../../../src/charts/chart-words.ts';
import { timeScaleOf, valueScaleOf } from '../../../src/charts/scale.ts';
import { aFailingSeries } from '../../support/a-metric-series.ts';

describe('the words of a chart', () => {
  it('say the verdict with the last value and the limit in numbers', () => {
    expect(verdictLine(aFailingSeries())).toBe('✗ failed · last 90.4 %, limit ≥ 95 %');
    expect(verdictLine(aFailingSeries({ verdict: 'passed', limit: undefined }))).toBe('✓ passed · last 90.4 %');
    expect(verdictLine(aFailingSeries({ verdict: 'error', points: [] }))).toBe(
      '! could not be measured · no data, limit ≥ 95 %',
    );
    expect(altTextOf(aFailingSeries({ points: [], weightSteps: [] }), 'x')).toBe(
      'x: failed. No data, limit ≥ 95 %. 0 measurements.',
    );
  });

  it('of an axis are short', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), (wild) => {
        const value = Math.round(wild * 1e6) / 1e6;
        expect(formatTick(value, { suffix: '', scale: 1 }).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe('the scales of a chart', () => {
  const points = fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 4e12 }),
      value: fc.option(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), { nil: undefined }),
      isFailed: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  const limit = fc.option(
    fc.record({
      comparison: fc.constantFrom('<' as const, '>=' as const),
      value: fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    }),
    { nil: undefined },
  );

  it('hold every value, the limit and room on its bad side, between few round numbers', () => {
    fc.assert(
      fc.property(points, limit, (taken, bound) => {
        const series = aFailingSeries({ metric: 'things', points: taken, limit: bound });
        const scale = valueScaleOf(series, unitOfSeries(series));
        const values = taken.flatMap(({ value }) => (value === undefined ? [] : [value]));
        const all = bound === undefined ? values : [...values, bound.value];
        const slack = (scale.max - scale.min) * 1e-9;
        for (const value of all) {
          expect(value).toBeGreaterThanOrEqual(scale.min - slack);
          expect(value).toBeLessThanOrEqual(scale.max + slack);
        }
        expect(scale.max).toBeGreaterThan(scale.min);
        expect((scale.max - scale.min) / scale.interval).toBeLessThanOrEqual(6);
        if (bound?.comparison === '<') expect(scale.max).toBeGreaterThan(bound.value);
      }),
    );
  });

  it('hold every moment, and tell at most seven of them', () => {
    fc.assert(
      fc.property(points, (taken) => {
        const scale = timeScaleOf(aFailingSeries({ points: taken }));
        for (const { atMs } of taken) {
          expect(atMs).toBeGreaterThan(scale.minMs);
          expect(atMs).toBeLessThan(scale.maxMs);
        }
        expect(scale.ticksMs.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});
