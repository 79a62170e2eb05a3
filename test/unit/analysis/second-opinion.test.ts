import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMetric, aRun, drive, type Reading } from '../../support/analysis-run.ts';

// The rules of a metric once more, written down as the reference states them and as plainly as can be, against the judge that runs.

type Taken = 'pass' | 'fail' | 'unsure' | 'error';

const readings: Readonly<Record<Taken, Reading>> = {
  pass: [0.99],
  fail: [0.1],
  unsure: [0.7],
  error: new Error('prometheus said no'),
};
const conditions = { successCondition: 'result[0] >= 0.95', failureCondition: 'result[0] < 0.5' };

interface Limits {
  readonly interval: boolean;
  readonly count: number | undefined;
  readonly failureLimit: number | undefined;
  readonly inconclusiveLimit: number | undefined;
  readonly consecutiveErrorLimit: number | undefined;
  readonly consecutiveSuccessLimit: number | undefined;
}

function isValid({ interval, ...limits }: Limits): boolean {
  const {
    count = 0,
    failureLimit = 0,
    inconclusiveLimit = 0,
    consecutiveErrorLimit = 4,
    consecutiveSuccessLimit = 0,
  } = limits;
  if (count > 1 && !interval) return false;
  if (failureLimit < -1 || inconclusiveLimit < 0 || consecutiveErrorLimit < 0 || consecutiveSuccessLimit < 0)
    return false;
  if (failureLimit === -1 && consecutiveSuccessLimit === 0) return false;
  if (count <= 0) return true;
  if (failureLimit >= 0 && count < failureLimit + consecutiveSuccessLimit) return false;
  if (failureLimit === -1 && count < consecutiveSuccessLimit) return false;
  return count >= inconclusiveLimit;
}

const MOST = 40;

/** How a metric ends and after how many measurements; undefined: not within `MOST`. */
function outcomeOf(limits: Limits, series: readonly Taken[]): { phase: string; taken: number } | undefined {
  const { failureLimit = 0, inconclusiveLimit = 0, consecutiveErrorLimit = 4, consecutiveSuccessLimit = 0 } = limits;
  const withoutCount = limits.interval ? Infinity : 1;
  const end = limits.count || withoutCount;
  let [count, failed, unsure, errorsInARow, passesInARow] = [0, 0, 0, 0, 0];
  for (let taken = 1; taken <= MOST; taken++) {
    const one = series[Math.min(taken, series.length) - 1] ?? 'error';
    if (one === 'fail') failed++;
    if (one === 'unsure') unsure++;
    if (one !== 'error') count++;
    errorsInARow = one === 'error' ? errorsInARow + 1 : 0;
    passesInARow = one === 'pass' ? passesInARow + 1 : 0;
    let verdict = '';
    if (failureLimit >= 0 && failed > failureLimit) verdict = 'Failed';
    if (unsure > inconclusiveLimit) verdict = 'Inconclusive';
    if (errorsInARow > consecutiveErrorLimit) verdict = 'Error';
    if (verdict === '' && consecutiveSuccessLimit > 0 && passesInARow >= consecutiveSuccessLimit)
      verdict = 'Successful';
    if (verdict === '' && count >= end) {
      if (consecutiveSuccessLimit === 0) verdict = 'Successful';
      else verdict = failureLimit >= 0 ? 'Inconclusive' : 'Failed';
    }
    if (verdict !== '') return { phase: verdict, taken };
  }
  return undefined;
}

const optional = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined });
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  interval: fc.boolean(),
  count: optional(0, 8),
  failureLimit: optional(-2, 4),
  inconclusiveLimit: optional(-1, 3),
  consecutiveErrorLimit: optional(-1, 5),
  consecutiveSuccessLimit: optional(-1, 4),
});
const anySeries = fc.array(fc.constantFrom<Taken[]>('pass', 'fail', 'unsure', 'error'), {
  minLength: 1,
  maxLength: 12,
});

function metricOf(name: string, { interval, ...limits }: Limits, areStrings: boolean): object {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  const written = Object.fromEntries(given.map(([key, value]) => [key, areStrings ? String(value) : value]));
  return aMetric({ name, interval: interval ? '1s' : undefined, ...conditions, ...written });
}

describe('a metric', () => {
  it('ends as the rules say, and when', () => {
    fc.assert(
      fc.property(anyLimits, anySeries, fc.boolean(), (limits, series, areStrings) => {
        const run = aRun({ metrics: [metricOf('it', limits, areStrings)] });
        const { status, taken } = drive(run, { it: series.map((one) => readings[one]) });
        if (!isValid(limits)) {
          expect([status.phase, taken.length]).toEqual(['Error', 0]);
          expect(status.message).toMatch(/^Analysis spec invalid: metrics\[0\]: /);
          return;
        }
        const expected = outcomeOf(limits, series);
        if (expected === undefined) return;
        expect({ phase: status.phase, taken: taken.length }).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a run', () => {
  const order = ['Successful', 'Inconclusive', 'Error', 'Failed'];
  it('is as bad as the worst metric that counts, sums them up, and leaves none under way', () => {
    const anyMetric = fc.record({ limits: anyLimits.filter(isValid), series: anySeries, isOnTrial: fc.boolean() });
    fc.assert(
      fc.property(fc.array(anyMetric, { minLength: 1, maxLength: 4 }), (all) => {
        const named = all.map((one, index) => ({ ...one, name: `${one.isOnTrial ? 'trial' : 'counts'}-${index}` }));
        const metrics = named.map(({ name, limits }) => metricOf(name, limits, false));
        const dryRun = named.some(({ isOnTrial }) => isOnTrial) ? [{ metricName: '^trial' }] : [];
        const series = Object.fromEntries(
          named.map(({ name, series: one }) => [name, one.map((each) => readings[each])]),
        );
        const { status } = drive(aRun({ metrics, dryRun }), series, { untilMs: 60_000 });
        if (status.phase === 'Running') return;
        const counting = status.metricResults.filter((result) => result.dryRun !== true);
        const worst = Math.max(0, ...counting.map(({ phase }) => order.indexOf(phase)));
        const countOf = (phase: string) => counting.filter((result) => result.phase === phase).length;

        expect(status.phase).toBe(order[worst]);
        expect(counting.every(({ phase }) => order.includes(phase))).toBe(true);
        expect(status.runSummary).toMatchObject({
          count: named.filter(({ isOnTrial }) => !isOnTrial).length,
          failed: countOf('Failed'),
          error: countOf('Error'),
          inconclusive: countOf('Inconclusive'),
        });
        expect(status.dryRunSummary?.count).toBe(named.filter(({ isOnTrial }) => isOnTrial).length);
        const guilty = counting.find(({ phase }) => phase === status.phase && phase !== 'Successful');
        expect(status.message ?? '').toContain(
          guilty === undefined ? '' : `Metric "${guilty.name}" assessed ${guilty.phase} due to `,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is kept of 20 measurements', () => {
  it.each([
    ['by default', [], 10],
    ['where a rule says 15', [{ metricName: 'it', limit: 15 }], 15],
    ['where its rule says nothing', [{ metricName: '.*', limit: 0 }], 10],
    [
      'where the last of two rules says 12',
      [
        { metricName: '.*', limit: 15 },
        { metricName: '^it$', limit: 12 },
      ],
      12,
    ],
  ])('%s', (_, measurementRetention, kept) => {
    const run = aRun({ metrics: [aMetric({ name: 'it', count: 20 })], measurementRetention });
    const { status } = drive(run, { it: [readings.pass] });
    const [result] = status.metricResults;

    expect([result?.measurements.length, result?.count, status.phase]).toEqual([kept, 20, 'Successful']);
  });
});
