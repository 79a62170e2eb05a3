import { describe, expect, it } from 'vitest';
import { readLimit, readMeasuredNumber } from '../../../src/analysis/index.ts';

describe('readLimit', () => {
  it.each([
    ['result[0] >= 0.95', '>= 0.95'],
    ['result < 500', '< 500'],
    ['asFloat(result) <= 1.5', '<= 1.5'],
    ['default(result, 0) < 10', '< 10'],
    ['len(result) == 0 || result[0] > 2', '> 2'],
    ['len(result) > 0 && result[0] > 2', '> 2'],
    ['isNaN(result) || result >= 0.95', '>= 0.95'],
    ['result.ok && result.successPercent >= 0.90', '>= 0.9'],
    ['all(result, # < 1000)', '< 1000'],
    ['all(result.service_apdex.values.values, {asFloat(.value) >= 9900})', '>= 9900'],
    ['0.95 <= result[0]', '>= 0.95'],
    ['result[0] > -5', '> -5'],
    ['result[0] > 1 && result[0] < 5', undefined],
    ['result == true', undefined],
    ['len(result) > 3', undefined],
    ['result[0] / result[1] > 0.9', undefined],
    ['not (result[0] > 1)', undefined],
    ['result[0] >', undefined],
  ])('%s: %s', (successCondition, expected) => {
    const limit = readLimit({ successCondition });

    expect(limit && `${limit.comparison} ${limit.value}`).toBe(expected);
  });

  it('turns a failureCondition round, and prefers the successCondition', () => {
    expect(readLimit({ failureCondition: 'result[0] >= 10' })).toEqual({ comparison: '<', value: 10 });
    expect(readLimit({ successCondition: 'result > 1', failureCondition: 'result < 0.5' })).toEqual({
      comparison: '>',
      value: 1,
    });
    expect(readLimit({})).toBeUndefined();
  });
});

describe('readMeasuredNumber', () => {
  it.each([
    ['1.5', 1.5],
    ['[0.98,0.99]', 0.98],
    ['[ 3 ]', 3],
    ['"2.5"', 2.5],
    ['-0.5', -0.5],
    ['1e-7', 1e-7],
    ['[+Inf]', Number.POSITIVE_INFINITY],
    ['NaN', undefined],
    ['[NaN]', undefined],
    ['[]', undefined],
    ['', undefined],
    [undefined, undefined],
    ['{"a":1}', undefined],
  ])('%s: %s', (text, number) => {
    expect(readMeasuredNumber(text)).toBe(number);
  });
});
