import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDurationMs, parseNumber } from '../../../../src/sandbox/prometheus-api/promql/duration.ts';
import { formatValue } from '../../../../src/sandbox/prometheus-api/promql/format-value.ts';
import { parseQuery } from '../../../../src/sandbox/prometheus-api/promql/parse.ts';
import { extrapolate, lastChange } from '../../../../src/sandbox/prometheus-api/promql/rate.ts';
import { quantile } from '../../../../src/sandbox/prometheus-api/promql/statistics.ts';
import { answerQuery, answerRangeQuery } from '../../../../src/sandbox/prometheus-api/query-api.ts';
import { createSampleStore } from '../../../../src/sandbox/prometheus-api/sample-store.ts';

/** One counter at 100 per second every second from 0 to 60 s, born at 30 s where `pod` is late. */
function createStore() {
  const store = createSampleStore(1e9);
  for (const [pod, fromSecond, perSecond] of [
    ['a', 0, 100],
    ['late', 30, 10],
  ] as const) {
    const series = store.seriesFor({ __name__: 'requests_total', pod });
    for (let second = fromSecond; second <= 60; second++)
      series.append(second * 1000, (second - fromSecond) * perSecond);
  }
  return store;
}

function ask(query: string, seconds = 60): unknown {
  const params = new URLSearchParams({ query, time: String(seconds) });
  return (answerQuery(createStore(), params, 0) as { result: unknown }).result;
}

describe('queries whose answer is known', () => {
  test.each([
    { query: 'rate(requests_total{pod="a"}[10s])', value: '100' },
    { query: 'increase(requests_total{pod="a"}[10s])', value: '1000' },
    { query: 'sum(rate(requests_total[10s]))', value: '110' },
    { query: 'sum(rate(requests_total{pod="none"}[10s])) or vector(0)', value: '0' },
    { query: 'requests_total{pod="late"} / requests_total{pod="late"}', value: '1' },
    { query: 'requests_total{pod="late"} offset 10s', value: '200' },
    { query: 'requests_total{pod="late"} @ 35', value: '50' },
    { query: 'max_over_time(rate(requests_total{pod="late"}[5s])[20s:5s])', value: '10' },
    { query: 'count(requests_total offset 45s)', value: '1' },
    { query: 'scalar(count(requests_total)) + bool 1', value: undefined },
  ])('$query', ({ query, value }) => {
    if (value === undefined) expect(() => ask(query)).toThrow(/bool/);
    else expect(ask(query)).toMatchObject([{ value: [60, value] }]);
  });

  test('a sample is seen for five minutes, a window is open at its start', () => {
    expect(ask('requests_total{pod="a"}', 359)).toHaveLength(1);
    expect(ask('requests_total{pod="a"}', 360)).toHaveLength(0);
    expect(ask('count_over_time(requests_total{pod="a"}[10s])')).toMatchObject([{ value: [60, '10'] }]);
  });

  test('a range gives one list per series and leaves out where there is nothing', () => {
    const params = new URLSearchParams({ query: 'sum by (pod) (requests_total)', start: '20', end: '40', step: '10s' });
    expect(answerRangeQuery(createStore(), params)).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: { pod: 'a' },
          values: [
            [20, '2000'],
            [30, '3000'],
            [40, '4000'],
          ],
        },
        {
          metric: { pod: 'late' },
          values: [
            [30, '0'],
            [40, '100'],
          ],
        },
      ],
    });
  });
});

describe('what is refused, by name and place', () => {
  test.each([
    [
      'double_exponential_smoothing(x[5m], 0.5, 0.5)',
      '1:1: parse error: unknown function with name "double_exponential_smoothing"',
    ],
    ['1 + holt(x)', '1:5: parse error: unknown function with name "holt"'],
    ['limitk(2, x)', '1:1: parse error: unknown function with name "limitk"'],
    ['sum(x) by (', '1:12: parse error: unclosed left parenthesis'],
    ['rate(x)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ['x\n  + "text"', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
    ['rate(sum(x)[5m])', '1:12: parse error: ranges only allowed for vector selectors'],
    ['x{a=~"("}', '1:3: parse error: error parsing regexp: missing closing ): `^(?:()$`'],
    ['x[0s]', '1:3: parse error: duration must be greater than 0'],
    ['x offset 5m offset 5m +', '1:24: parse error: unexpected end of input'],
  ])('%j', (query, message) => {
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ name: 'QueryError', message }));
  });
});

describe('numbers', () => {
  test.each([
    ['5m', 300],
    ['1h30m', 5400],
    ['1.5e3', 1500],
    ['0x1F', 31],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['1_000', 1000],
    ['250ms', 0.25],
  ])('%s is %d', (text, value) => expect(parseNumber(text)).toBe(value));

  test('durations', () => {
    expect(parseDurationMs('1d12h')).toBe(129_600_000);
    expect(parseDurationMs('5')).toBeUndefined();
  });

  test('are written without exponent and read back as themselves', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const text = formatValue(value);
        expect(text).not.toMatch(/e/i);
        expect(Object.is(Number(text.replace('+Inf', 'Infinity').replace('-Inf', '-Infinity')), value)).toBe(true);
      }),
    );
    expect([formatValue(1e21), formatValue(1.5e-7), formatValue(Number.NaN)]).toEqual([
      '1000000000000000000000',
      '0.00000015',
      'NaN',
    ]);
  });
});

describe('rate', () => {
  const points = (...values: readonly number[]) => values.map((value, index) => ({ tMs: index * 1000, value }));
  const bounds = { fromMs: 0, toMs: 4000 };
  const increase = { isCounter: true, isRate: false };

  test.each([
    { name: 'needs two samples', given: points(5), want: undefined },
    { name: 'counts what a reset lost', given: points(10, 20, 5, 15, 25), want: 35 },
    { name: 'does not reach below zero', given: points(0, 10, 20, 30, 40), want: 40 },
  ])('$name', ({ given, want }) => expect(extrapolate(given, bounds, increase)).toBe(want));

  test('reaches half a step beyond a series that began or ended inside the window', () => {
    const late = points(1000, 1010, 1020).map((point) => ({ ...point, tMs: point.tMs + 6000 }));
    expect(extrapolate(late, { fromMs: 0, toMs: 20_000 }, increase)).toBeCloseTo(30, 9);
  });

  test('is never negative for a counter, whatever it does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 }), (values) => {
        const given = points(...values);
        const wide = { fromMs: -500, toMs: values.length * 1000 + 500 };
        expect(extrapolate(given, wide, increase)).toBeGreaterThanOrEqual(0);
        expect(lastChange(given, true)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

test('a quantile lies between the least and the greatest value, and grows with φ', () => {
  // Interpolation rounds: Prometheus' own formula is off by the last digit at times.
  const slack = 1e-6;
  const phi = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1 }), phi, phi, (values, a, b) => {
      const [low, high] = [quantile(Math.min(a, b), values), quantile(Math.max(a, b), values)];
      expect(low).toBeLessThanOrEqual(high + slack);
      expect(low).toBeGreaterThanOrEqual(Math.min(...values) - slack);
      expect(high).toBeLessThanOrEqual(Math.max(...values) + slack);
    }),
  );
});
