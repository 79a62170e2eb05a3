import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalysisRunStatus, analysisRunEvents, decideAnalysisRun, isCompleted } from '../../../src/analysis/index.ts';
import { aMetric, aRun, drive, type Reading, START_MS } from '../../support/analysis-run.ts';

const good = [0.99];
const bad = [0.5];
const broken = new Error('prometheus said no');

function runOf(...metrics: object[]) {
  return aRun({ metrics });
}

describe('a run of one metric', () => {
  it.each<[string, object, readonly Reading[], string, string | undefined]>([
    ['passes when all pass', { count: 3 }, [good], 'Successful', undefined],
    [
      'fails at the first failure',
      { count: 3 },
      [good, bad],
      'Failed',
      'Metric "success-rate" assessed Failed due to failed (1) > failureLimit (0)',
    ],
    [
      'tolerates as many failures as its limit',
      { count: 4, failureLimit: 3 },
      [bad, bad, bad, good],
      'Successful',
      undefined,
    ],
    [
      'fails with one more',
      { count: 5, failureLimit: 3 },
      [bad],
      'Failed',
      'Metric "success-rate" assessed Failed due to failed (4) > failureLimit (3)',
    ],
    ['reads limits that are strings', { count: '2', failureLimit: '1' }, [bad, good], 'Successful', undefined],
    ['is measured once without an interval', { interval: undefined }, [good], 'Successful', undefined],
    [
      'is in error after five errors in a row',
      { count: 1 },
      [broken],
      'Error',
      'Metric "success-rate" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: prometheus said no"',
    ],
    [
      'forgets errors after a measurement',
      { count: 2, consecutiveErrorLimit: 1 },
      [broken, good, broken, good],
      'Successful',
      undefined,
    ],
    [
      'does not take errors for measurements',
      { count: 1, consecutiveErrorLimit: 0 },
      [broken, good],
      'Error',
      'Metric "success-rate" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: prometheus said no"',
    ],
    [
      'ends at enough successes in a row',
      { failureLimit: -1, consecutiveSuccessLimit: 2 },
      [good, bad, good, good],
      'Successful',
      undefined,
    ],
    [
      'fails when they never come in a row',
      { count: 3, failureLimit: -1, consecutiveSuccessLimit: 2 },
      [good, bad, good],
      'Failed',
      'Metric "success-rate" assessed Failed due to consecutiveSuccess (1) < consecutiveSuccessLimit (2)',
    ],
    [
      'is inconclusive when neither failures nor successes are enough',
      { count: 4, failureLimit: 2, consecutiveSuccessLimit: 2 },
      [good, bad, good, bad],
      'Inconclusive',
      'Metric "success-rate" assessed Inconclusive due to consecutiveSuccess (0) < consecutiveSuccessLimit (2)',
    ],
    [
      'is inconclusive between two conditions',
      { count: 2, successCondition: 'result > 0.9', failureCondition: 'result < 0.5' },
      [0.7],
      'Inconclusive',
      'Metric "success-rate" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
    ],
    [
      'tolerates inconclusive ones up to its limit',
      { count: 2, inconclusiveLimit: 1, successCondition: 'result > 0.9', failureCondition: 'result < 0.5' },
      [0.7, 0.95],
      'Successful',
      undefined,
    ],
    [
      'fails where both conditions hold',
      { successCondition: 'true', failureCondition: 'true' },
      [1],
      'Failed',
      'Metric "success-rate" assessed Failed due to failed (1) > failureLimit (0)',
    ],
    [
      'passes by a failureCondition alone',
      { count: 1, successCondition: undefined, failureCondition: 'result < 0.5' },
      [0.7],
      'Successful',
      undefined,
    ],
    [
      'is in error without data, never a pass',
      { count: 1, consecutiveErrorLimit: 0 },
      [[]],
      'Error',
      'Metric "success-rate" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: could not evaluate successCondition "result[0] >= 0.95": metric result is nil or empty: no data returned from the metric provider"',
    ],
    [
      'is in error where a condition does not answer yes or no',
      { count: 1, consecutiveErrorLimit: 0, successCondition: undefined, failureCondition: 'result[0]' },
      [[1]],
      'Error',
      'Metric "success-rate" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: could not evaluate failureCondition "result[0]": expected bool, but got float64"',
    ],
  ])('%s', (_, fields, readings, phase, message) => {
    const { status } = drive(runOf(aMetric(fields)), { 'success-rate': readings });

    expect([status.phase, status.message]).toEqual([phase, message]);
    expect(status.completedAt).toBeDefined();
  });

  const nan = Number.NaN;
  const nanWords = 'the measurement is NaN (not a number): neither a pass nor a failure';
  it.each<[string, object, Reading, string, string, string | undefined]>([
    ['NaN under success', { successCondition: 'result > 1' }, nan, 'Inconclusive', 'Failed', nanWords],
    [
      'NaN under failure',
      { successCondition: undefined, failureCondition: 'result > 1' },
      nan,
      'Inconclusive',
      'Successful',
      nanWords,
    ],
    [
      'NaN allowed by isNaN',
      { successCondition: 'isNaN(result) || result > 1' },
      nan,
      'Inconclusive',
      'Successful',
      nanWords,
    ],
    ['NaN failed by isNaN', { successCondition: '!isNaN(result) && result > 1' }, nan, 'Failed', 'Failed', undefined],
    [
      'NaN beside what is asked',
      { successCondition: 'result[0] > 1' },
      [2, nan],
      'Successful',
      'Successful',
      undefined,
    ],
    [
      'no condition',
      { successCondition: undefined },
      [1],
      'Inconclusive',
      'Successful',
      'the metric has neither a successCondition nor a failureCondition: nothing says what a pass is',
    ],
  ])('%s: strict and as Argo reads it', (_, fields, reading, strict, argo, words) => {
    const run = runOf(aMetric({ interval: undefined, ...fields }));
    const strictly = drive(run, { 'success-rate': [reading] }, { evidence: 'strict' });
    const asArgo = drive(run, { 'success-rate': [reading] }, { evidence: 'argo' });

    expect([strictly.status.phase, asArgo.status.phase]).toEqual([strict, argo]);
    expect(strictly.status.metricResults[0]?.measurements[0]?.message).toBe(words);
  });
});

describe('when measurements are taken', () => {
  it('one interval after the end of the last, and ten seconds after an error', () => {
    const run = runOf(aMetric({ count: 3, interval: '30s' }));
    const { taken } = drive(run, { 'success-rate': [good, broken, good, good] });

    expect(taken.map(({ atMs }) => atMs)).toEqual([0, 30_000, 40_000, 70_000]);
  });

  it('the first after its delay, counted from the start of the run', () => {
    const run = runOf(aMetric({ name: 'a', count: 2 }), aMetric({ name: 'b', count: 1, initialDelay: '5s' }));
    const { taken, status } = drive(run, { a: [good], b: [good] });

    expect(taken).toEqual([
      { metric: 'a', atMs: 0 },
      { metric: 'a', atMs: 1000 },
      { metric: 'b', atMs: 5000 },
    ]);
    expect(status.phase).toBe('Successful');
  });

  it('all due ones together', () => {
    const decision = decideAnalysisRun(runOf(aMetric({ name: 'a' }), aMetric({ name: 'b' })), START_MS);

    expect(decision.due).toEqual([
      { index: 0, metricName: 'a', number: 1 },
      { index: 1, metricName: 'b', number: 1 },
    ]);
  });

  it('goes on where another process stopped', () => {
    const measurement = { phase: 'Successful', startedAt: '2026-11-20T10:00:00Z', finishedAt: '2026-11-20T10:00:00Z' };
    const result = { name: 'success-rate', phase: 'Running', measurements: [measurement], count: 1, successful: 1 };
    const status = { phase: 'Running', startedAt: '2026-11-20T10:00:00Z', metricResults: [result] };
    const run = aRun({ metrics: [aMetric({ count: 2, interval: '10s' })] }, status);

    expect(decideAnalysisRun(run, START_MS + 4000)).toMatchObject({ due: [], wakeAtMs: START_MS + 10_000 });
    expect(decideAnalysisRun(run, START_MS + 10_000).due).toHaveLength(1);
  });

  it('takes again a measurement that was under way when its process died', () => {
    const result = {
      name: 'success-rate',
      phase: 'Running',
      measurements: [{ phase: 'Running', startedAt: '2026-11-20T10:00:00Z' }],
    };
    const run = aRun({ metrics: [aMetric({ count: 1 })] }, { phase: 'Running', metricResults: [result] });
    const { status } = drive(run, { 'success-rate': [good] });

    expect(status.phase).toBe('Successful');
    expect(status.metricResults[0]?.measurements).toHaveLength(1);
  });
});

describe('a run of several metrics', () => {
  it('ends with the first bad metric; the others stop as they are', () => {
    const run = runOf(aMetric({ name: 'endless' }), aMetric({ name: 'guilty', count: 5 }));
    const { status } = drive(run, { endless: [good], guilty: [good, bad] });

    expect(status.phase).toBe('Failed');
    expect(status.message).toBe('Metric "guilty" assessed Failed due to failed (1) > failureLimit (0)');
    expect(status.metricResults.map(({ name, phase }) => [name, phase])).toEqual([
      ['endless', 'Successful'],
      ['guilty', 'Failed'],
    ]);
    expect(status.runSummary).toEqual({ count: 2, successful: 1, failed: 1, inconclusive: 0, error: 0 });
  });

  it('is as bad as its worst metric', () => {
    const run = runOf(
      aMetric({ name: 'a', count: 1, consecutiveErrorLimit: 0 }),
      aMetric({ name: 'b', count: 1 }),
      aMetric({ name: 'c', count: 1, successCondition: 'false', failureCondition: 'false' }),
    );

    expect(drive(run, { a: [broken], b: [bad], c: [1] }).status.phase).toBe('Failed');
    expect(drive(run, { a: [broken], b: [good], c: [1] }).status.phase).toBe('Error');
    expect(drive(run, { a: [good], b: [good], c: [1] }).status.phase).toBe('Inconclusive');
  });

  it('is not ended by metrics that only watch', () => {
    const metrics = [aMetric({ name: 'watched', count: 1 }), aMetric({ name: 'counted', count: 2 })];
    const { status } = drive(aRun({ metrics, dryRun: [{ metricName: 'watch.*' }] }), {
      watched: [bad],
      counted: [good],
    });

    expect(status.phase).toBe('Successful');
    expect(status.dryRunSummary).toEqual({ count: 1, successful: 0, failed: 1, inconclusive: 0, error: 0 });
    expect(status.runSummary).toEqual({ count: 1, successful: 1, failed: 0, inconclusive: 0, error: 0 });
    expect(status.metricResults[1]?.count).toBe(2);
    expect(status.metricResults[0]).toMatchObject({
      dryRun: true,
      phase: 'Failed',
      message: 'Metric assessed Failed due to failed (1) > failureLimit (0)',
    });
  });

  it('passes when all only watch', () => {
    const { status } = drive(aRun({ metrics: [aMetric({ count: 1 })], dryRun: [{ metricName: '.*' }] }), {
      'success-rate': [bad],
    });

    expect(status.phase).toBe('Successful');
  });
});

describe('a terminated run', () => {
  it('passes with the words of Argo when nothing was measured', () => {
    const { status, taken } = drive(aRun({ metrics: [aMetric()], terminate: true }), {});

    expect([status.phase, status.message, taken.length]).toEqual(['Successful', 'Run Terminated', 0]);
  });

  it('ends endless metrics well', () => {
    const { status } = drive(runOf(aMetric()), { 'success-rate': [good] }, { terminateAtMs: 3500 });

    expect([status.phase, status.message]).toEqual(['Successful', 'Run Terminated']);
    expect(status.metricResults[0]?.phase).toBe('Successful');
  });

  it('ends what an Argo controller had under way', () => {
    const result = {
      name: 'success-rate',
      phase: 'Running',
      measurements: [{ phase: 'Running', startedAt: '2026-11-20T10:00:00Z' }],
    };
    const run = aRun({ metrics: [aMetric()], terminate: true }, { phase: 'Running', metricResults: [result] });
    const { status } = decideAnalysisRun(run, START_MS);

    expect(status.metricResults[0]?.measurements[0]).toMatchObject({
      phase: 'Inconclusive',
      message: 'Metric Terminated',
    });
    expect(isCompleted(status.phase)).toBe(true);
  });
});

describe('a run that cannot be right', () => {
  it.each([
    [{ metrics: [] }, 'Analysis spec invalid: no metrics specified'],
    [
      { metrics: [aMetric({ successCondition: 'result > {{args.limit}}' })] },
      'Unable to resolve metric arguments: failed to resolve {{args.limit}}',
    ],
    [
      { metrics: [aMetric()], args: [{ name: 'x' }] },
      'Unable to resolve metric arguments: argument "x" was not supplied',
    ],
    [
      { metrics: [aMetric()], dryRun: [{ metricName: '*' }] },
      "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
    ],
  ])('%j is over at once: %s', (spec, message) => {
    const { status, due } = decideAnalysisRun(aRun(spec), START_MS);

    expect(status).toMatchObject({ phase: 'Error', message, completedAt: '2026-11-20T10:00:00Z' });
    expect(due).toEqual([]);
  });
});

describe('what a run keeps', () => {
  it('the last ten measurements, or what its rule says; the counters go on', () => {
    const metrics = [aMetric({ name: 'a', count: 25 }), aMetric({ name: 'b', count: 25 })];
    const { status } = drive(aRun({ metrics, measurementRetention: [{ metricName: '^b$', limit: 20 }] }), {
      a: [good],
      b: [good],
    });

    expect(status.metricResults.map(({ count, measurements }) => [count, measurements.length])).toEqual([
      [25, 10],
      [25, 20],
    ]);
  });

  it('no secret in its messages', () => {
    const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    const metric = aMetric({ count: 1, consecutiveErrorLimit: 0, successCondition: "result == '{{args.token}}' && 1" });
    const { status } = drive(
      aRun({ metrics: [metric], args }),
      { 'success-rate': ['x'] },
      { secrets: new Map([['token', 'hunter2']]) },
    );

    expect(status.phase).toBe('Error');
    expect(status.message).toContain("result == '*****' && 1");
    expect(JSON.stringify(status)).not.toContain('hunter2');
  });

  it('its arguments in place everywhere', () => {
    const metric = aMetric({ count: '{{args.count}}', successCondition: 'result >= {{args.limit}}' });
    const args = [
      { name: 'count', value: '2' },
      { name: 'limit', value: '5' },
    ];

    expect(drive(aRun({ metrics: [metric], args }), { 'success-rate': [5] }).taken).toHaveLength(2);
  });
});

describe('analysisRunEvents', () => {
  it('tells each ended metric and the end of the run, once', () => {
    const before = AnalysisRunStatus.parse({ phase: 'Running', metricResults: [{ name: 'a', phase: 'Running' }] });
    const { status } = drive(runOf(aMetric({ count: 1 })), { 'success-rate': [bad] });

    expect(analysisRunEvents(before, status)).toEqual([
      {
        type: 'Warning',
        reason: 'MetricFailed',
        message: "Metric 'success-rate' Completed. Result: Failed",
        occasion: 'success-rate',
      },
      { type: 'Warning', reason: 'AnalysisRunFailed', message: 'Analysis Completed. Result: Failed', occasion: 'run' },
    ]);
    expect(analysisRunEvents(status, status)).toEqual([]);
  });
});

describe('whatever is measured', () => {
  const reading = fc.constantFrom<Reading>(good, bad, [], null, broken, [Number.NaN], 'x', {});
  const metric = fc.record({
    count: fc.integer({ min: 1, max: 6 }),
    inconclusiveLimit: fc.integer({ min: 0, max: 1 }),
    consecutiveErrorLimit: fc.integer({ min: 0, max: 3 }),
  });

  it('a run ends, passes only with as many passes as its count, and a verdict stays', () => {
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 12 }), metric, (readings, fields) => {
        const run = runOf(aMetric(fields));
        const { status } = drive(run, { 'success-rate': [...readings, broken] });

        expect(isCompleted(status.phase)).toBe(true);
        const [result] = status.metricResults;
        if (status.phase === 'Successful') {
          expect(result?.successful).toBeGreaterThanOrEqual(fields.count - fields.inconclusiveLimit);
          expect(result?.failed).toBe(0);
        }
        expect(decideAnalysisRun({ ...run, status }, START_MS + 10 ** 9)).toEqual({ status, due: [] });
      }),
    );
  });

  it('deciding twice changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(reading, { minLength: 1, maxLength: 5 }),
        metric,
        fc.nat(20_000),
        (readings, fields, untilMs) => {
          const run = runOf(aMetric({ ...fields, count: fields.count + 5 }));
          const { status } = drive(run, { 'success-rate': readings }, { untilMs });
          const once = decideAnalysisRun({ ...run, status }, START_MS + 30_000);

          expect(decideAnalysisRun({ ...run, status: once.status }, START_MS + 30_000)).toEqual(once);
        },
      ),
    );
  });
});
