import { describe, expect, it } from 'vitest';
import { describeMetrics, findGuilty, isBlind } from '../../../src/analysis/index.ts';
import type { MetricLine } from '../../../src/rollout/index.ts';
import { aMetric, aRun, drive, type Reading, START_MS } from '../../support/analysis-run.ts';

const broken = new Error('prometheus said no');

function describeAfter(fields: object, readings: readonly Reading[], untilMs = 600_000) {
  const run = aRun({ metrics: [aMetric(fields)] });
  const driven = { ...run, status: drive(run, { 'success-rate': readings }, { untilMs }).status };
  const [description] = describeMetrics(driven);
  if (description === undefined) throw new Error('no metric is described');
  return description;
}

describe('describeMetrics', () => {
  it.each<[string, object, readonly Reading[], number, MetricLine['verdict'], number | undefined]>([
    ['nothing measured yet', { initialDelay: '5m' }, [], 1000, 'waiting', undefined],
    ['the last one passed', { count: 5 }, [[0.99]], 2000, 'passing', 0.99],
    ['the last one failed', { count: 9, failureLimit: 3 }, [[0.99], [0.5]], 2000, 'failing', 0.5],
    ['no data', { count: 9 }, [[0.99], []], 2000, 'noData', undefined],
    ['an error', { count: 9 }, [broken], 2000, 'noData', undefined],
    ['all passed', { count: 2 }, [[0.99]], 9000, 'passed', 0.99],
    ['failed for good', { count: 2 }, [[0.42]], 9000, 'failed', 0.42],
    ['errors for good', { count: 2 }, [broken], 600_000, 'noData', undefined],
    ['NaN', { count: 2 }, [[Number.NaN]], 9000, 'inconclusive', undefined],
  ])('%s', (_, fields, readings, untilMs, verdict, value) => {
    expect(describeAfter(fields, readings, untilMs)).toMatchObject({ verdict, value });
  });

  it('gives what a card and a chart need', () => {
    expect(describeAfter({ count: 4, failureLimit: 1 }, [[0.99], [0.5], [0.97]], 2000)).toEqual({
      name: 'success-rate',
      verdict: 'passing',
      value: 0.97,
      limit: { comparison: '>=', value: 0.95 },
      condition: 'result[0] >= 0.95',
      taken: 3,
      planned: 4,
      failed: 1,
      message: undefined,
      isDryRun: false,
      isBlind: false,
      points: [
        { atMs: START_MS, value: 0.99, isFailed: false },
        { atMs: START_MS + 1000, value: 0.5, isFailed: true },
        { atMs: START_MS + 2000, value: 0.97, isFailed: false },
      ],
    } satisfies MetricLine & Record<string, unknown>);
  });

  it('says of a metric that stopped with its run what it said last', () => {
    const run = aRun({ metrics: [aMetric({ name: 'stopped', count: 9 }), aMetric({ name: 'guilty' })] });
    const { status } = drive(run, { stopped: [[0.99]], guilty: [[0.1]] });

    expect(describeMetrics({ ...run, status }).map(({ verdict }) => verdict)).toEqual(['passing', 'failed']);
  });
});

describe('findGuilty', () => {
  it('is the first metric of the worst phase that counts', () => {
    const names = ['watched', 'fine', 'guilty'];
    const metrics = names.map((name) => aMetric({ name, count: 1 }));
    const run = aRun({ metrics, dryRun: [{ metricName: 'watched' }] });
    const { status } = drive(run, { watched: [[0]], fine: [[1]], guilty: [[0.3]] });

    expect(findGuilty({ ...run, status })).toMatchObject({ name: 'guilty', value: 0.3, verdict: 'failed' });
    expect(findGuilty(run)).toBeUndefined();
  });
});

describe('isBlind', () => {
  it.each([
    ['sum(rate(errors[5m])) / sum(rate(all[5m])) or vector(0)', true],
    ['(sum(up) or vector(0)) / (sum(all) OR vector(1))', true],
    ['sum(up) or on() vector(0)', true],
    ['sum(up)\n  or\n  vector( 1 )', true],
    ['sum(up) or (vector(0))', true],
    ['sum(up)', false],
    ['a or b', false],
    ['vector(0)', false],
    ['sum(up{path="a or vector(0)"})', false],
    ['sum(up) # or vector(0)', false],
    ['for_vector(0)', false],
  ])('%s: %s', (query, expected) => {
    expect(isBlind({ provider: { prometheus: { query } } })).toBe(expected);
    expect(isBlind({ provider: { web: { query } } })).toBe(false);
  });
});
