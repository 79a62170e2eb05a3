import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../src/rollout/metric-lines.ts';
import { hasMeasured } from '../../../src/rollout/strategies/runs.ts';
import { aMetric, aRun, drive, type Reading } from '../../support/analysis-run.ts';

const fine: readonly Reading[] = [[0.99]];
const silent: readonly Reading[] = [new Error('prometheus said no')];
const dryRun = [{ metricName: '^trial' }];
const counts = (fields: object = {}) => aMetric({ name: 'counts', ...fields });
const trial = (fields: object = {}) => aMetric({ name: 'trial', ...fields });

const seen = { counts: fine, trial: fine };
const interrupted = { phase: 'Inconclusive', message: 'Metric Terminated', startedAt: 'x', finishedAt: 'x' };

describe('whether a run has measured', () => {
  it.each<[string, object, Readonly<Record<string, readonly Reading[]>>, boolean]>([
    ['one metric that answers', { metrics: [counts()] }, seen, true],
    ['one metric that does not', { metrics: [counts()] }, { counts: silent }, false],
    [
      'one on trial beside it that does not answer',
      { metrics: [counts(), trial()], dryRun },
      { ...seen, trial: silent },
      true,
    ],
    [
      'only the one on trial, the other has not begun',
      { metrics: [counts({ initialDelay: '1h' }), trial()], dryRun },
      seen,
      false,
    ],
    [
      'only the one on trial, the other does not answer',
      { metrics: [counts(), trial()], dryRun },
      { ...seen, counts: silent },
      false,
    ],
    ['all are on trial', { metrics: [trial()], dryRun }, seen, true],
    ['nothing yet', { metrics: [counts({ initialDelay: '1h' })] }, seen, false],
  ])('%s', (_, spec, readings, expected) => {
    const run = aRun(spec);

    expect(hasMeasured({ ...run, status: drive(run, readings, { untilMs: 0 }).status })).toBe(expected);
  });

  it.each([
    [1, false],
    [2, true],
  ])('a Job that was interrupted, its %i. measurement', (count, expected) => {
    const metricResults = [
      { name: 'job', phase: 'Successful', measurements: [interrupted], count, inconclusive: count },
    ];

    expect(hasMeasured(aRun({ metrics: [counts()] }, { phase: 'Successful', metricResults }))).toBe(expected);
  });
});

describe('a metric that was ended with its run', () => {
  const failed = { phase: 'Error', message: 'no data', startedAt: 'x', finishedAt: 'x' };
  it.each([
    ['before it began', 0, [], 'waiting'],
    ['with nothing but errors', 0, [failed], 'noData'],
    [
      'after one good measurement',
      1,
      [{ phase: 'Successful', value: '[0.99]', startedAt: 'x', finishedAt: 'x' }],
      'passed',
    ],
  ])('%s', (_, count, measurements, verdict) => {
    const metricResults = [{ name: 'counts', phase: 'Successful', measurements, count, successful: count }];
    const run = aRun({ metrics: [counts()], terminate: true }, { phase: 'Successful', metricResults });
    expect(linesOf(run)).toMatchObject([{ name: 'counts', verdict }]);
  });
});
