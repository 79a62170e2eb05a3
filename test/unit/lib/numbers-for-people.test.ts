import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatLimit, formatPercent, formatValue, type Limit, unitOf } from '../../../src/lib/index.ts';

const atLeast = (value: number): Limit => ({ comparison: '>=', value });
const below = (value: number): Limit => ({ comparison: '<', value });

describe('numbers for people', () => {
  it.each([
    ['success-rate', 0.996, atLeast(0.95), '99.6 %'],
    ['success-rate', 0.57, atLeast(0.95), '57 %'],
    ['success-rate', 0.9999, atLeast(0.95), '99.99 %'],
    ['success-rate', 0.99999, atLeast(0.95), '99.999 %'],
    ['success-rate', 0.999999, atLeast(0.95), '99.999 %'],
    ['success-rate', 1, atLeast(0.95), '100 %'],
    ['success-rate', 0.9996, undefined, '99.96 %'],
    ['error-rate', 0.0132, below(0.01), '1.3 %'],
    ['error-rate', 0.0004, below(0.001), '0.04 %'],
    ['error-rate', 0, below(0.01), '0 %'],
    ['error-rate', 12, below(20), '12'],
    ['errors', 12, undefined, '12'],
    ['latency-p95', 0.212, { comparison: '<=', value: 0.3 }, '212 ms'],
    ['latency-p95', 212, { comparison: '<=', value: 300 }, '212 ms'],
    ['latency-p95-ms', 212.4, undefined, '212 ms'],
    ['request-duration', 850, undefined, '850 ms'],
    ['request_duration_seconds', 12.5, below(30), '12.5 s'],
    ['queue-depth', 12_400, below(20_000), '12,400'],
    ['requests-per-second', 1234.5, undefined, '1,235'],
    ['requests-per-second', 0.0004, undefined, '4.0e-4'],
    ['restarts', 0, { comparison: '<=', value: 0 }, '0'],
    ['anything', Number.NaN, undefined, 'NaN'],
    ['anything', Number.NEGATIVE_INFINITY, undefined, '-Inf'],
  ] as const)('%s %f reads %s', (name, value, limit, shown) => {
    expect(formatValue(value, unitOf(name, limit, [value]))).toBe(shown);
  });

  it('one value above 1 says that a rate is no share of 1', () => {
    expect(unitOf('request-rate', undefined, [0.2, 40, 0.3]).suffix).toBe('');
  });

  it('never round a share up to all, and never say that much in many letters', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (share) => {
        const shown = formatValue(share, { suffix: ' %', scale: 100 });
        // What differs from 1 in the thirteenth digit is 1.
        if (share < 1 - 1e-11) expect(shown).not.toBe('100 %');
        expect(shown.length).toBeLessThanOrEqual(8);
      }),
    );
  });

  it('write limits, shares and durations', () => {
    expect(formatLimit(atLeast(0.95), unitOf('success-rate', atLeast(0.95), [0.9]))).toBe('≥ 95 %');
    expect([0, 33.333, 100, Number.NaN].map(formatPercent)).toEqual(['0', '33.3', '100', '?']);
    expect([44_000, 200_000, 7_500_000, 60_000].map(formatDuration)).toEqual([
      '44 s',
      '3 min 20 s',
      '2 h 5 min',
      '1 min',
    ]);
  });
});
