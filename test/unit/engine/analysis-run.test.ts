import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForbiddenError } from '../../../src/lib/index.ts';
import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import { OneRun, runUid } from '../../support/one-run.ts';
import { type JobFate, SimulatedJobs } from '../../support/simulated-jobs.ts';

const job = { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'migrate' }] } } } };

function aJobMetric(fields: object = {}) {
  return { name: 'migrate', provider: { job }, ...fields };
}

function world(
  fate: JobFate,
  {
    metrics = [aJobMetric()],
    ...more
  }: { readonly metrics?: readonly object[]; readonly [field: string]: unknown } = {},
) {
  const one = new OneRun({ spec: { metrics, ...more } });
  const jobs = new SimulatedJobs(() => one.nowMs, fate);
  const providers = createMetricProviders({ jobs });
  const metric = () => one.run.status.metricResults[0];
  const result = () => ({ phase: one.run.status.phase, message: one.run.status.message });
  return { one, jobs, metric, result, play: (mostMs?: number) => one.play(providers, mostMs), providers };
}

describe('a metric that is a Job', () => {
  it.each<[string, JobFate, object]>([
    ['completes', { afterMs: 5000, end: 'Complete' }, { phase: 'Successful', message: undefined }],
    [
      'fails',
      { afterMs: 5000, end: 'Failed' },
      {
        phase: 'Failed',
        message: `Metric "migrate" assessed Failed due to failed (1) > failureLimit (0): "Error Message: ERROR: relation "orders" does not exist; container migrate exit code 3 after: applying V7; Job ${runUid}.migrate.1 failed: BackoffLimitExceeded: Job has reached the specified backoff limit"`,
      },
    ],
    [
      'has an image that cannot be had',
      { afterMs: 1000, end: 'ErrImagePull' },
      {
        phase: 'Inconclusive',
        message: `Metric "migrate" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): "Error Message: image of container migrate: ErrImagePull: not found; Job ${runUid}.migrate.1 cannot start"`,
      },
    ],
  ])('that %s decides the run', async (_, fate, expected) => {
    const { jobs, play, result, metric } = world(fate);
    jobs.log = '\u001b[31mapplying V7\u001b[0m\r\n\nERROR: relation "orders" does not exist\n';
    await play();

    expect(result()).toEqual(expected);
    expect(metric()?.measurements).toMatchObject([
      { metadata: { 'job-name': `${runUid}.migrate.1`, 'job-namespace': 'shop' }, startedAt: '2026-11-20T10:00:00Z' },
    ]);
    expect(jobs.running).toEqual([]);
    expect(jobs.all).toHaveLength(1);
  });

  it('does not ask the conditions of its metric', async () => {
    const { play, result } = world(
      { afterMs: 0, end: 'Complete' },
      { metrics: [aJobMetric({ successCondition: 'result > 1' })] },
    );
    await play();

    expect(result().phase).toBe('Successful');
  });

  it('is looked at less and less often, and costs no write while it runs', async () => {
    const { one, jobs, play } = world({ afterMs: 3_600_000, end: 'Complete' });
    await play(1_800_000);

    // √(2·seconds) apart: some 60 looks in half an hour.
    expect(jobs.calls.filter((call) => call === 'read').length).toBeLessThan(70);
    expect(one.writes).toBe(1);
  });

  it('runs count times, one after the other, and forgets old Jobs with their measurements', async () => {
    const { jobs, play, metric } = world(
      { afterMs: 1000, end: 'Complete' },
      {
        metrics: [aJobMetric({ count: 4, interval: '10s' })],
        measurementRetention: [{ metricName: 'migrate', limit: 2 }],
      },
    );
    await play();

    expect(jobs.all.map(({ view, isDeleted }) => [view.name.split('.').at(-1), isDeleted])).toEqual([
      ['1', true],
      ['2', true],
      ['3', false],
      ['4', false],
    ]);
    expect(metric()).toMatchObject({ count: 4, successful: 4, phase: 'Successful' });
  });

  it('is ended with its run', async () => {
    const { one, jobs, play, result, metric } = world({ afterMs: 60_000, end: 'Complete' });
    await play(10_000);
    expect(jobs.running).toHaveLength(1);
    one.patch({ spec: { terminate: true } });
    await play();

    expect(jobs.running).toEqual([]);
    expect(metric()?.measurements).toMatchObject([{ phase: 'Inconclusive', message: 'Metric Terminated' }]);
    expect(result().phase).toBe('Inconclusive');
  });

  it('is in error when somebody deleted its Job, and tries again with another', async () => {
    const { one, jobs, play, metric } = world({ afterMs: 20_000, end: 'Complete' });
    await play(5000);
    for (const each of jobs.all) each.isDeleted = true;
    await one.play(createMetricProviders({ jobs }), 120_000);

    expect(metric()).toMatchObject({
      phase: 'Successful',
      error: 1,
      measurements: [{ phase: 'Error', message: `Job ${runUid}.migrate.1 is gone` }, { phase: 'Successful' }],
    });
  });

  it('is in error when it may not be made', async () => {
    const { jobs, play, result } = world({ afterMs: 0, end: 'Complete' });
    jobs.onCall = (call) => {
      if (call === 'create') throw new ForbiddenError('jobs.batch is forbidden');
    };
    await play();

    expect(result()).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining(
        'consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: jobs.batch is forbidden"',
      ),
    });
    expect(jobs.all).toEqual([]);
  });

  it('goes on while it cannot be looked at', async () => {
    const { jobs, play, result } = world({ afterMs: 60_000, end: 'Complete' });
    let looks = 0;
    jobs.onCall = (call, moment) => {
      if (call === 'read' && moment === 'before' && ++looks < 100) throw new Error('no answer within 5000 ms');
    };
    await play();

    expect(result().phase).toBe('Successful');
    expect(jobs.all).toHaveLength(1);
  });

  it('shows no secret that its log holds', async () => {
    const { one, jobs, play, result } = world(
      { afterMs: 0, end: 'Failed' },
      { args: [{ name: 'password', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] },
    );
    one.secrets = { db: { password: Buffer.from('hunter2').toString('base64') } };
    jobs.log = 'cannot log in as app with hunter2';
    await play();

    expect(result().message).toContain('cannot log in as app with *****');
  });

  it('takes over the Job that another controller began', async () => {
    const { one, jobs, providers, result } = world({ afterMs: 0, end: 'Complete' });
    const named = { run: { namespace: 'shop', name: 'run', uid: runUid }, metricName: 'migrate', number: 7 };
    const lasting = providers.chooseLasting({ job });
    await lasting?.provider.start(job, named, one.nowMs, new AbortController().signal);
    const metadata = { 'job-name': `${runUid}.migrate.7`, 'job-namespace': 'shop' };
    const measurements = [{ phase: 'Running', startedAt: '2026-11-20T09:59:00Z', metadata }];
    const metricResults = [{ name: 'migrate', phase: 'Running', measurements }];
    one.patch({ status: { phase: 'Running', startedAt: '2026-11-20T09:59:00Z', metricResults } });
    await one.play(providers);

    expect(result().phase).toBe('Successful');
    expect(jobs.all).toHaveLength(1);
  });

  it('that fails is a verdict, though others cannot be looked at', async () => {
    const metrics = [aJobMetric(), { ...aJobMetric({ initialDelay: '1h' }), name: 'later' }];
    const { jobs, play, result } = world({ afterMs: 1000, end: 'Failed' }, { metrics });
    const read = jobs.read.bind(jobs);
    jobs.read = (name) => (name.name.includes('later') ? Promise.reject(new Error('down')) : read(name));
    await play();

    expect(result().phase).toBe('Failed');
  });

  it('is taken back when another turn has ended the run meanwhile', async () => {
    const { one, jobs, play, result } = world({ afterMs: 60_000, end: 'Complete' });
    one.onWrite = () => {
      one.onWrite = () => undefined;
      const completedAt = '2026-11-20T10:00:00Z';
      one.patch({ spec: { terminate: true }, status: { phase: 'Successful', message: 'Run Terminated', completedAt } });
    };
    await play();

    expect(jobs.all).toHaveLength(1);
    expect(jobs.running).toEqual([]);
    expect(result()).toEqual({ phase: 'Successful', message: 'Run Terminated' });
  });

  it('is never begun twice and never left behind, whatever breaks, and its verdict is the run’s', async () => {
    const fates = fc.record({
      afterMs: fc.integer({ min: 0, max: 30_000 }),
      end: fc.constantFrom<JobFate['end'][]>('Complete', 'Failed', 'ErrImagePull'),
    });
    const breaks = fc.array(fc.boolean(), { maxLength: 40 });
    const overlapping = fc.record({
      twice: fc.array(fc.boolean(), { maxLength: 20 }),
      hops: fc.array(fc.nat(30), { maxLength: 60 }),
    });
    const terminateAfterMs = fc.option(fc.integer({ min: 0, max: 40_000 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fates,
        breaks,
        overlapping,
        terminateAfterMs,
        async (fate, broken, { twice, hops }, endAfterMs) => {
          const { one, jobs, providers } = world(fate, { metrics: [aJobMetric({ count: 2, interval: '5s' })] });
          // Either: a process that dies beside another that ends the run leaves what nobody can know of, until the run is deleted.
          const left = twice.includes(true) ? [] : [...broken];
          const overlaps = [...twice];
          const steps = [...hops];
          const pause = async () => {
            for (let step = steps.shift() ?? 0; step > 0; step--) await Promise.resolve();
          };
          one.pause = pause;
          jobs.pause = pause;
          const play = (mostMs?: number) => one.play(providers, mostMs, () => overlaps.shift() === true);
          const breakHere = () => {
            if (left.shift() === true) throw new Error('killed');
          };
          jobs.onCall = breakHere;
          one.onWrite = breakHere;
          if (endAfterMs !== undefined) {
            await play(endAfterMs);
            one.patch({ spec: { terminate: true } });
          }
          for (let hours = 0; hours < 3; hours++) {
            await play();
            expect(jobs.running.length).toBeLessThanOrEqual(1);
          }

          const { status } = one.run;
          expect(jobs.running).toEqual([]);
          const names = jobs.all.map(({ view }) => view.name);
          // One that could not start was no Job yet: it may be made again.
          if (fate.end !== 'ErrImagePull') expect(new Set(names).size).toBe(names.length);
          const counted = (status.metricResults[0]?.measurements ?? []).filter(
            ({ message }) => message !== 'Metric Terminated',
          );
          expect(counted.length).toBeLessThanOrEqual(2);
          if (endAfterMs === undefined) {
            const verdict = { Complete: 'Successful', Failed: 'Failed', ErrImagePull: 'Inconclusive' }[fate.end];
            expect(status.phase).toBe(verdict);
            expect(new Set(names).size).toBe(fate.end === 'Complete' ? 2 : 1);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a run that is over', () => {
  const end = '2026-11-20T09:59:50Z';
  it.each<[string, object, object, number | undefined]>([
    ['Successful', { secondsAfterCompletion: 30 }, {}, 20_000],
    ['Successful', { secondsAfterCompletion: 30, secondsAfterSuccess: 15 }, {}, 5000],
    ['Successful', { secondsAfterFailure: 15 }, {}, undefined],
    ['Failed', { secondsAfterCompletion: 30 }, {}, 20_000],
    ['Failed', { secondsAfterCompletion: 30, secondsAfterFailure: 60 }, {}, 50_000],
    ['Failed', { secondsAfterSuccess: 15 }, {}, undefined],
    ['Error', { secondsAfterCompletion: 30, secondsAfterFailure: 11 }, {}, 20_000],
    ['Error', { secondsAfterFailure: 11 }, {}, undefined],
    ['Inconclusive', { secondsAfterCompletion: 30, secondsAfterFailure: 11 }, {}, 20_000],
    ['Inconclusive', { secondsAfterFailure: 11 }, {}, undefined],
    ['Successful', { secondsAfterCompletion: 0 }, {}, 0],
    ['Error', { secondsAfterCompletion: 30 }, { completedAt: undefined, startedAt: end }, 20_000],
    ['Successful', { secondsAfterCompletion: 1_000_000 }, {}, 999_990_000],
  ])('and %s, with %j, goes when its time has come', async (phase, ttlStrategy, status, goesAfterMs) => {
    const { metrics } = { metrics: [aJobMetric()] };
    const one = new OneRun({ spec: { metrics, ttlStrategy }, status: { phase, completedAt: end, ...status } });
    const providers = createMetricProviders({});
    const beganAtMs = one.nowMs;
    while (one.object !== undefined) {
      const { wakeAfterMs } = await one.takeTurn(providers);
      if (wakeAfterMs === undefined) break;
      one.nowMs += wakeAfterMs;
    }

    expect(one.object === undefined ? one.nowMs - beganAtMs : undefined).toBe(goesAfterMs);
    expect(one.writes).toBe(0);
  });

  it('goes although it ended in this very turn', async () => {
    const { one, play, providers } = world(
      { afterMs: 0, end: 'Complete' },
      { ttlStrategy: { secondsAfterCompletion: 60 } },
    );
    await play();
    const { wakeAfterMs } = await one.takeTurn(providers);

    expect(wakeAfterMs).toBeGreaterThan(50_000);
    one.nowMs += wakeAfterMs ?? 0;
    await one.takeTurn(providers);
    expect(one.object).toBeUndefined();
  });
});

describe('a run of nobody’s', () => {
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'checkout', uid: 'u', controller: true };
  it.each<[string, object, readonly object[]]>([
    ['is measured and judged, and nobody is told', {}, []],
    [
      'of a Rollout wakes that',
      { ownerReferences: [rollout] },
      [{ kind: 'rollout', namespace: 'shop', name: 'checkout' }],
    ],
  ])('%s', async (_, metadata, nudged) => {
    const one = new OneRun({ metadata, spec: { metrics: [aJobMetric()] } });
    const jobs = new SimulatedJobs(() => one.nowMs, { afterMs: 0, end: 'Complete' });
    await one.play(createMetricProviders({ jobs }));

    expect(one.run.status.phase).toBe('Successful');
    expect(one.nudges.slice(-1)).toEqual(nudged);
    expect(one.events).toEqual(['MetricSuccessful', 'AnalysisRunSuccessful']);
  });

  it('of another instance is left alone', async () => {
    const labels = { 'argo-rollouts.argoproj.io/controller-instance-id': 'other' };
    const one = new OneRun({ metadata: { labels }, spec: { metrics: [aJobMetric()] } });
    const jobs = new SimulatedJobs(() => one.nowMs, { afterMs: 0, end: 'Complete' });
    await one.play(createMetricProviders({ jobs }));

    expect([one.writes, jobs.calls]).toEqual([0, []]);
  });
});
