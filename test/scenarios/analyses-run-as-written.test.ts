import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AnalysisRun, type MetricResult } from '../../src/analysis/index.ts';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

// One world, many runs at once: each row of what the fields of an analysis mean, as an object that somebody applied.

const argo = '/apis/argoproj.io/v1alpha1/namespaces/shop';
const runsPath = `${argo}/analysisruns`;
const merge = 'application/merge-patch+json';
const Anything = z.looseObject({ items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })) });

const IMAGES = [
  'job/ok:1: { startMs: 50, endsAfterMs: 300, prints: [Connected, "Migrated to 7"] }',
  'job/bad:1: { startMs: 50, endsAfterMs: 300, exitCode: 3, prints: [Connected, "ERROR: column \\"email\\" does not exist"] }',
  `job/slow:1: { startMs: 50, endsAfterMs: 60000, prints: [${Array.from({ length: 239 }, (_, index) => `row ${index + 1}`)}] }`,
  'job/long:1: { startMs: 50, endsAfterMs: 3600000, prints: [Connected] }',
  'job/gone:1: { pull: missing }',
  'shop: { startMs: 20, latencyMs: 5 }',
];

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
  const images = { data: { 'jobs.yaml': IMAGES.join('\n') } };
  await sandbox.request('PATCH', '/api/v1/namespaces/sandbox/configmaps/image-list', images, merge);
  const secret = { metadata: { name: 'limits' }, stringData: { least: '0.5', query: 'hunter2' } };
  await sandbox.request('POST', '/api/v1/namespaces/shop/secrets', secret);
  sandbox.startService({ SLACK_BOT_TOKEN: '', SLACK_APP_TOKEN: '' });
});
afterAll(() => sandbox.stop());

function says(query: string, more: object = {}): object {
  return { name: 'm', provider: { prometheus: { query } }, successCondition: 'result[0] >= 0.95', ...more };
}

const good = 'vector(1)';
const bad = 'vector(0)';

function job(
  image: string,
  more: object = {},
  { restartPolicy = 'Never', ...spec }: Record<string, unknown> = {},
): object {
  const template = { spec: { restartPolicy, containers: [{ name: 'main', image }] } };
  return { name: 'm', provider: { job: { spec: { backoffLimit: 0, ...spec, template } } }, ...more };
}

async function apply(name: string, spec: object): Promise<void> {
  const body = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name }, spec };
  await sandbox.request('POST', runsPath, body);
}

function read(name: string): Promise<AnalysisRun> {
  return sandbox.get(AnalysisRun, `${runsPath}/${name}`);
}

function until(name: string, what: string, isSo: (run: AnalysisRun) => boolean): Promise<AnalysisRun> {
  return sandbox.eventually(`${name} ${what}`, async () => {
    const run = await read(name);
    return isSo(run) ? run : undefined;
  });
}

function end(name: string): Promise<AnalysisRun> {
  return until(name, 'ends', ({ status }) => status.completedAt !== undefined);
}

function resultOf(run: AnalysisRun, metric = 'm'): MetricResult {
  const result = run.status.metricResults.find(({ name }) => name === metric);
  if (result === undefined) throw new Error(`${run.metadata.name} has no result of ${metric}`);
  return result;
}

const secondsOf = (time: string | undefined) => Date.parse(time ?? '') / 1000;

interface Row {
  readonly name: string;
  readonly metrics: readonly object[];
  readonly spec?: object;
  readonly phase: string;
  readonly message?: string | RegExp;
  /** What the first metric came to. */
  readonly result?: object;
  readonly kept?: number;
}

const every = { interval: '1s' };

const rows: readonly Row[] = [
  {
    name: 'one measurement, without count or interval',
    metrics: [says(good)],
    phase: 'Successful',
    result: { count: 1, successful: 1, consecutiveSuccess: 1 },
  },
  {
    name: 'as many as count',
    metrics: [says(good, { ...every, count: 3 })],
    phase: 'Successful',
    result: { count: 3, successful: 3 },
  },
  {
    name: 'count as text, from an argument',
    spec: { args: [{ name: 'times', value: '2' }] },
    metrics: [says(good, { ...every, count: '{{args.times}}' })],
    phase: 'Successful',
    result: { count: 2 },
  },
  {
    name: 'the failure after failureLimit',
    metrics: [says(bad, { ...every, count: 5, failureLimit: 2 })],
    phase: 'Failed',
    message: 'Metric "m" assessed Failed due to failed (3) > failureLimit (2)',
    result: { count: 3, failed: 3 },
  },
  {
    name: 'as many failures as failureLimit',
    metrics: [says(bad, { ...every, count: 2, failureLimit: 2 })],
    phase: 'Successful',
    result: { count: 2, failed: 2 },
  },
  {
    name: 'failureCondition alone',
    metrics: [says(good, { successCondition: undefined, failureCondition: 'result[0] < 0.5' })],
    phase: 'Successful',
  },
  {
    name: 'the doubt after inconclusiveLimit',
    metrics: [
      says(good, {
        ...every,
        failureCondition: 'result[0] < 0',
        successCondition: 'result[0] > 2',
        inconclusiveLimit: 1,
      }),
    ],
    phase: 'Inconclusive',
    message: 'Metric "m" assessed Inconclusive due to inconclusive (2) > inconclusiveLimit (1)',
    result: { count: 2, inconclusive: 2 },
  },
  {
    name: 'the error after consecutiveErrorLimit',
    metrics: [says('absent(', { consecutiveErrorLimit: 0 })],
    phase: 'Error',
    message:
      /^Metric "m" assessed Error due to consecutiveErrors \(1\) > consecutiveErrorLimit \(0\): "Error Message: /,
    result: { count: 0, error: 1, consecutiveError: 1 },
  },
  {
    name: 'no data is no pass',
    metrics: [says('vector(1) > 2', { consecutiveErrorLimit: 0 })],
    phase: 'Error',
    message: /metric result is nil or empty/,
  },
  {
    name: 'consecutiveSuccessLimit ends what has no count',
    metrics: [says(good, { ...every, consecutiveSuccessLimit: 2 })],
    phase: 'Successful',
    result: { count: 2, consecutiveSuccess: 2 },
  },
  {
    name: 'consecutiveSuccessLimit alone, not reached in count',
    metrics: [says(bad, { ...every, count: 2, consecutiveSuccessLimit: 2, failureLimit: -1 })],
    phase: 'Failed',
    result: { count: 2, failed: 2 },
  },
  {
    name: 'measurementRetention',
    spec: { measurementRetention: [{ metricName: '^m$', limit: 2 }] },
    metrics: [says(good, { ...every, count: 4 })],
    phase: 'Successful',
    result: { count: 4 },
    kept: 2,
  },
  {
    name: 'a metric on trial decides nothing',
    spec: { dryRun: [{ metricName: '^m$' }] },
    metrics: [says(bad), says(good, { name: 'other' })],
    phase: 'Successful',
    result: { phase: 'Failed', dryRun: true, failed: 1 },
  },
  {
    name: 'all on trial',
    spec: { dryRun: [{ metricName: '.*' }] },
    metrics: [says(bad)],
    phase: 'Successful',
    result: { phase: 'Failed', dryRun: true },
  },
  {
    name: 'a trial of nothing',
    spec: { dryRun: [{ metricName: 'none' }] },
    metrics: [says(good)],
    phase: 'Error',
    message: "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
  },
  {
    name: 'the first bad metric ends all',
    metrics: [says(bad), says(good, { name: 'endless', interval: '1s' }), job('job/long:1', { name: 'work' })],
    phase: 'Failed',
    message: 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)',
  },
  {
    name: 'an argument from a secret',
    spec: { args: [{ name: 'least', valueFrom: { secretKeyRef: { name: 'limits', key: 'least' } } }] },
    metrics: [says(good, { successCondition: 'result[0] > {{args.least}}' })],
    phase: 'Successful',
  },
  {
    name: 'a secret that shows in an error',
    spec: { args: [{ name: 'query', valueFrom: { secretKeyRef: { name: 'limits', key: 'query' } } }] },
    metrics: [says('{{args.query}}(1)', { consecutiveErrorLimit: 0 })],
    phase: 'Error',
    message: /unknown function with name "\*{5}"/,
  },
  {
    name: 'a secret that is not there',
    spec: { args: [{ name: 'least', valueFrom: { secretKeyRef: { name: 'none', key: 'least' } } }] },
    metrics: [says(good, { successCondition: 'result[0] > {{args.least}}' })],
    phase: 'Error',
    message: /^Unable to resolve metric arguments: .*none/,
  },
  {
    name: 'an argument without a value',
    spec: { args: [{ name: 'least' }] },
    metrics: [says(good, { successCondition: 'result[0] > {{args.least}}' })],
    phase: 'Error',
    message: 'Unable to resolve metric arguments: argument "least" was not supplied',
  },
  {
    name: 'count without interval',
    metrics: [says(good, { count: 2 })],
    phase: 'Error',
    message: /^Analysis spec invalid: /,
  },
  {
    name: 'two of one name',
    metrics: [says(good), says(bad)],
    phase: 'Error',
    message: /^Analysis spec invalid: /,
  },
  {
    name: 'a job that succeeds',
    metrics: [job('job/ok:1')],
    phase: 'Successful',
    result: { count: 1, successful: 1 },
  },
  {
    name: 'a job that fails',
    metrics: [job('job/bad:1')],
    phase: 'Failed',
    message:
      /^Metric "m" assessed Failed due to failed \(1\) > failureLimit \(0\): "Error Message: ERROR: column "email" does not exist; container main exit code 3 after: Connected; Job \S+ failed: BackoffLimitExceeded: .*"$/,
    result: { count: 1, failed: 1 },
  },
  {
    name: 'a job that failed too often in one pod, which is gone',
    metrics: [job('job/bad:1', {}, { backoffLimit: 2, restartPolicy: 'OnFailure' })],
    phase: 'Failed',
    message:
      /"Error Message: ERROR: column "email" does not exist; container main exit code 3 (\(failed \d times\) )?after: Connected; Job \S+ failed: BackoffLimitExceeded: .*"$/,
  },
  {
    name: 'a job at its deadline, whose pod is gone',
    metrics: [job('job/slow:1', {}, { activeDeadlineSeconds: 5 })],
    phase: 'Failed',
    message:
      /"Error Message: row \d+; container main was still running after: row \d+ .*; Job \S+ failed: DeadlineExceeded: .*"$/,
  },
  {
    name: 'a job whose image is not there',
    metrics: [job('job/gone:1')],
    phase: 'Inconclusive',
    message: /image of container main: ErrImagePull|ImagePullBackOff/,
    result: { count: 1, inconclusive: 1 },
  },
];

function nameOf({ name }: Row): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

describe.concurrent('a run of its own', () => {
  it.each(rows)('$name: $phase', { timeout: 90_000 }, async (row) => {
    await apply(nameOf(row), { ...row.spec, metrics: row.metrics });
    const run = await end(nameOf(row));

    expect({ phase: run.status.phase, message: run.status.message }).toMatchObject({ phase: row.phase });
    if (typeof row.message === 'string') expect(run.status.message).toBe(row.message);
    else if (row.message !== undefined) expect(run.status.message).toMatch(row.message);
    if (row.result !== undefined) expect(resultOf(run)).toMatchObject(row.result);
    if (row.kept !== undefined) expect(resultOf(run).measurements).toHaveLength(row.kept);
  });

  it('measures after its delay, then an interval after the end of each measurement', { timeout: 90_000 }, async () => {
    await apply('paced', { metrics: [says(good, { initialDelay: '2s', interval: '2s', count: 2 })] });
    const run = await end('paced');
    const [first, second] = resultOf(run).measurements;

    expect(secondsOf(first?.startedAt)).toBeGreaterThanOrEqual(secondsOf(run.status.startedAt) + 2);
    expect(secondsOf(second?.startedAt)).toBeGreaterThanOrEqual(secondsOf(first?.finishedAt) + 2);
  });

  it('asks again 10 s after an error, whatever the interval', { timeout: 90_000 }, async () => {
    await apply('erring', { metrics: [says('absent(', { interval: '1s', consecutiveErrorLimit: 1 })] });
    const run = await end('erring');
    const [first, second] = resultOf(run).measurements;

    expect(run.status.phase).toBe('Error');
    expect(secondsOf(second?.startedAt)).toBeGreaterThanOrEqual(secondsOf(first?.finishedAt) + 10);
  });

  it('ends when somebody says so, and takes its Job back', { timeout: 90_000 }, async () => {
    const metrics = [says(good, { interval: '1s' }), job('job/long:1', { name: 'work' })];
    await apply('told-to-end', { metrics });
    await until('told-to-end', 'measures', ({ status }) => status.metricResults.length === 2);
    await sandbox.request('PATCH', `${runsPath}/told-to-end`, { spec: { terminate: true } }, merge);
    const run = await end('told-to-end');

    // As Argo: what was interrupted is in doubt, and so is the run.
    expect(run.status.phase).toBe('Inconclusive');
    expect(run.status.message).toMatch(/^Metric "work" assessed Inconclusive .*: "Error Message: Metric Terminated"$/);
    expect(resultOf(run).phase).toBe('Successful');
    await sandbox.eventually('its Job is gone', async () => {
      const { items } = await sandbox.get(Anything, '/apis/batch/v1/namespaces/shop/jobs');
      return items.some(({ metadata }) => metadata.name.startsWith(run.metadata.uid)) ? undefined : true;
    });
    const lastOf = (one: typeof run) => resultOf(one, 'work').measurements.at(-1);
    const settled = await until('told-to-end', 'settles', (one) => lastOf(one)?.phase === 'Inconclusive');
    expect(lastOf(settled)).toMatchObject({ message: 'Metric Terminated' });
    expect(resultOf(settled, 'work').inconclusive).toBe(1);
  });

  it('ended before it measured anything, it was successful', { timeout: 90_000 }, async () => {
    await apply('never-began', { metrics: [says(good, { initialDelay: '1h' })] });
    await until('never-began', 'is seen', ({ status }) => status.phase !== undefined);
    await sandbox.request('PATCH', `${runsPath}/never-began`, { spec: { terminate: true } }, merge);

    expect((await end('never-began')).status).toMatchObject({ phase: 'Successful', message: 'Run Terminated' });
  });

  it.each([
    ['goes after any end', bad, { secondsAfterCompletion: 1 }, true],
    ['goes after success', good, { secondsAfterSuccess: 1 }, true],
    ['goes after failure', bad, { secondsAfterFailure: 1, secondsAfterCompletion: 3600 }, true],
    ['stays, as only success lets it go', bad, { secondsAfterSuccess: 1 }, false],
  ])('%s', { timeout: 90_000 }, async (what, query, ttlStrategy, goes) => {
    const name = what.replaceAll(/[^a-z]+/g, '-');
    await apply(name, { metrics: [says(query)], ttlStrategy });
    const isGone = async () => {
      const { items } = await sandbox.get(Anything, runsPath);
      return items.every(({ metadata }) => metadata.name !== name);
    };
    if (goes) {
      await sandbox.eventually(`${name}: gone`, async () => ((await isGone()) ? true : undefined));
      return;
    }
    const { status } = await end(name);
    // A run that ends later, and goes, is the clock: no sleep says how long is long enough.
    await apply(`${name}-clock`, { metrics: [says(query)], ttlStrategy: { secondsAfterCompletion: 2 } });
    await sandbox.eventually('the clock has gone', async () => {
      const { items } = await sandbox.get(Anything, runsPath);
      return items.some(({ metadata }) => metadata.name === `${name}-clock`) ? undefined : true;
    });
    expect(status.phase).toBe('Failed');
    expect(await isGone()).toBe(false);
  });
});

const RolloutSeen = z.looseObject({
  metadata: z.looseObject({ uid: z.string() }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      message: z.string().default(''),
      stableRS: z.string().optional(),
      currentPodHash: z.string().optional(),
      currentStepIndex: z.number().optional(),
      abort: z.boolean().optional(),
    })
    .prefault({}),
});
type RolloutSeen = z.infer<typeof RolloutSeen>;

/** A canary of two pods, whose share is that of its pods. */
async function open(name: string, canary: object, more: object = {}): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'shop', image: 'shop:1' }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template, strategy: { canary }, ...more };
  const metadata = { name, labels: { ...labels, team: 'tills' } };
  await sandbox.request('POST', `${argo}/rollouts`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata,
    spec,
  });
  await rollout(name, 'is live', isLive);
}

function isLive({ status }: RolloutSeen): boolean {
  return status.phase === 'Healthy' && status.stableRS !== undefined && status.stableRS === status.currentPodHash;
}

function rollout(name: string, what: string, isSo: (seen: RolloutSeen) => boolean): Promise<RolloutSeen> {
  return sandbox.eventually(`${name} ${what}`, async () => {
    const seen = await sandbox.get(RolloutSeen, `${argo}/rollouts/${name}`);
    return isSo(seen) ? seen : undefined;
  });
}

/** Answers whether what is seen is about this release already. */
async function release(name: string, image: string): Promise<(seen: RolloutSeen) => boolean> {
  const { status } = await sandbox.get(RolloutSeen, `${argo}/rollouts/${name}`);
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  await sandbox.request('PATCH', `${argo}/rollouts/${name}`, patch, 'application/json-patch+json');
  return (seen) => seen.status.currentPodHash !== status.currentPodHash;
}

async function runsOf(name: string): Promise<readonly AnalysisRun[]> {
  const { items } = await sandbox.get(z.looseObject({ items: z.array(AnalysisRun) }), runsPath);
  return items.filter(({ metadata }) => metadata.ownerReferences.some((owner) => owner.name === name));
}

function template(name: string, spec: object): Promise<unknown> {
  const body = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name }, spec };
  return sandbox.request('POST', `${argo}/analysistemplates`, body);
}

const step = (templateName: string, more: object = {}) => ({ analysis: { templates: [{ templateName }], ...more } });

describe.concurrent('an analysis of a Rollout', () => {
  it('is made of templates, of templates that they name, and of what the Rollout says', {
    timeout: 90_000,
  }, async () => {
    const cluster = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ClusterAnalysisTemplate',
      metadata: { name: 'of-all' },
    };
    const ofAll = {
      args: [{ name: 'team' }],
      metrics: [says(good, { name: 'of-all', successCondition: 'result[0] > 0 && "{{args.team}}" == "tills"' })],
    };
    await sandbox.request('POST', '/apis/argoproj.io/v1alpha1/clusteranalysistemplates', { ...cluster, spec: ofAll });
    await template('nested', {
      args: [{ name: 'least', valueFrom: { secretKeyRef: { name: 'limits', key: 'least' } } }],
      metrics: [says(good, { name: 'nested', successCondition: 'result[0] > {{args.least}}' })],
      templates: [{ templateName: 'of-all', clusterScope: true }],
    });
    await template('outer', {
      args: [{ name: 'canary' }, { name: 'stable' }, { name: 'share', value: '0' }],
      metrics: [
        says('vector({{args.share}})', {
          name: 'outer',
          successCondition: 'result[0] == 50 && "{{args.canary}}" != "{{args.stable}}"',
        }),
      ],
      templates: [{ templateName: 'nested' }],
      measurementRetention: [{ metricName: 'nested', limit: 3 }],
    });
    const args = [
      { name: 'canary', valueFrom: { podTemplateHashValue: 'Latest' } },
      { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' } },
      { name: 'share', valueFrom: { fieldRef: { fieldPath: 'spec.strategy.canary.steps[0].setWeight' } } },
      { name: 'team', valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } },
      { name: 'undeclared', value: 'dropped' },
    ];
    const steps = [{ setWeight: 50 }, step('outer', { args, dryRun: [{ metricName: 'of-all' }] })];
    await open('composed', { steps });
    const isBegun = await release('composed', 'shop:2');
    await rollout('composed', 'is live again', (seen) => isBegun(seen) && isLive(seen));
    const [run] = await runsOf('composed');

    expect(run?.spec.metrics.map(({ name }) => name)).toEqual(['outer', 'nested', 'of-all']);
    expect(run?.status.metricResults.map(({ name, phase, dryRun = false }) => `${name} ${phase} ${dryRun}`)).toEqual([
      'outer Successful false',
      'nested Successful false',
      'of-all Successful true',
    ]);
    expect(run?.spec.args.map(({ name }) => name).toSorted()).toEqual(['canary', 'least', 'share', 'stable', 'team']);
    expect(run?.spec.measurementRetention).toEqual([{ metricName: 'nested', limit: 3 }]);
  });

  it('with a Job that fails it goes back, and says what the Job said', { timeout: 90_000 }, async () => {
    await template('migrate', { metrics: [job('job/bad:1')] });
    await open('migrating', { steps: [{ setWeight: 50 }, step('migrate')] });
    await release('migrating', 'shop:2');
    const { status } = await rollout('migrating', 'goes back', ({ status: seen }) => seen.phase === 'Degraded');

    expect(status.abort).toBe(true);
    expect(status.message).toContain(
      'ERROR: column "email" does not exist; container main exit code 3 after: Connected',
    );
  });

  it('ends with the update that it belongs to: aborted, or promoted in full', { timeout: 90_000 }, async () => {
    await template('endless', { metrics: [says(good, { interval: '1s' }), job('job/long:1', { name: 'work' })] });
    const canary = {
      analysis: { templates: [{ templateName: 'endless' }] },
      steps: [{ setWeight: 50 }, { pause: {} }],
    };
    const ends = [
      ['aborted', { abort: true }],
      ['promoted', { promoteFull: true }],
    ] as const;
    await Promise.all(
      ends.map(async ([name, status]) => {
        await open(name, canary);
        await release(name, 'shop:2');
        await rollout(name, 'waits', ({ status: seen }) => seen.phase === 'Paused');
        await sandbox.eventually('it measures', async () => {
          const [run] = await runsOf(name);
          return run?.status.metricResults.length === 2 ? true : undefined;
        });
        await sandbox.request('PATCH', `${argo}/rollouts/${name}/status`, { status }, merge);
        const over = await sandbox.eventually('its run is over', async () => {
          const [run] = await runsOf(name);
          return run?.status.completedAt === undefined ? undefined : run;
        });
        expect(over.spec.terminate).toBe(true);
        await sandbox.eventually('its Job is gone', async () => {
          const { items } = await sandbox.get(Anything, '/apis/batch/v1/namespaces/shop/jobs');
          return items.some(({ metadata }) => metadata.name.startsWith(over.metadata.uid)) ? undefined : true;
        });
        await rollout(name, 'ends', (seen) => (name === 'aborted' ? seen.status.phase === 'Degraded' : isLive(seen)));
      }),
    );
  });

  it('is kept for as many as its history says, of good and of bad ones', { timeout: 90_000 }, async () => {
    await template('swift', { args: [{ name: 'value' }], metrics: [says('vector({{args.value}})')] });
    const value = { name: 'value', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['value']" } } };
    await open(
      'kept',
      { steps: [{ setWeight: 50 }, step('swift', { args: [value] })] },
      { analysis: { successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 1 } },
    );
    for (const [index, wanted] of (['1', '0', '1', '0'] as const).entries()) {
      await sandbox.request('PATCH', `${argo}/rollouts/kept`, { metadata: { annotations: { value: wanted } } }, merge);
      const isNext = await release('kept', `shop:${index + 2}`);
      await rollout('kept', `has taken shop:${index + 2}`, (seen) => {
        if (!isNext(seen)) return false;
        return wanted === '1' ? isLive(seen) : seen.status.phase === 'Degraded';
      });
    }
    // The one that the status names is evidence, and no history.
    const phases = await sandbox.eventually('one of each is left', async () => {
      const found = (await runsOf('kept')).map(({ status }) => status.phase).toSorted();
      return found.length === 3 ? found : undefined;
    });
    expect(phases).toEqual(['Failed', 'Failed', 'Successful']);
  });
});
