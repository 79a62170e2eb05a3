import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AnalysisRun, isCompleted } from '../../../src/analysis/index.ts';
import { createAnalysisRunTurn, type TurnAnswer } from '../../../src/engine/analysis-run.ts';
import { resources, sendEvent } from '../../../src/kubernetes/index.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import type { TurnKey } from '../../../src/queue-stores/index.ts';
import { aMetric } from '../../support/analysis-run.ts';
import { silentLog } from '../../support/silent-log.ts';
import { expectObject, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { type SeenRequest, startWebServer, type WebServer } from '../../support/web-server.ts';

function definition(plural: string): JsonObject {
  const file = new URL(`../../../manifests/install/crds-argo/${plural}.yaml`, import.meta.url);
  return parse(readFileSync(file, 'utf8'));
}

describe('the turn of an AnalysisRun', () => {
  let tools: TestCluster;
  let prometheus: WebServer;
  let answer: (request: SeenRequest) => Promise<number | string>;
  let namespace: string;
  let nudges: { key: TurnKey; urgent: boolean }[];

  beforeAll(async () => {
    tools = await startTestCluster([definition('analysisruns'), definition('rollouts')]);
    prometheus = await startWebServer((request, response) => {
      void answer(request).then((said) => {
        const result = typeof said === 'number' ? [{ metric: {}, value: [1, String(said)] }] : [];
        const body = { status: 'success', data: { resultType: 'vector', result } };
        response.writeHead(said === 'down' ? 503 : 200).end(JSON.stringify(body));
      });
    });
  });
  afterAll(async () => {
    await prometheus.stop();
    await tools.stop();
  });
  beforeEach(async () => {
    namespace = await tools.namespace();
    nudges = [];
    answer = () => Promise.resolve(0.99);
  });

  const key = () => ({ kind: 'analysis-run', namespace, name: 'run' }) as const;
  const at = () => ({ namespace, name: 'run' });
  const { analysisRuns } = resources;

  function takeTurn(signal = tools.signal): Promise<TurnAnswer> {
    const turn = createAnalysisRunTurn({
      cluster: tools.cluster,
      resources,
      providers: createMetricProviders({ prometheusAddress: prometheus.url }),
      evidence: 'strict',
      nudge: async (nudged, { urgent }) => void nudges.push({ key: nudged, urgent }),
      sendEvent: (event) => void sendEvent(tools.cluster, event, tools.signal),
      log: silentLog,
    });
    return turn(key(), signal);
  }
  async function create(spec: object): Promise<void> {
    const web = { metadata: { name: 'web', namespace }, spec: {} };
    const { uid } = (await tools.cluster.create(resources.rollouts, web, { signal: tools.signal })).metadata;
    const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid, controller: true };
    const metadata = { name: 'run', namespace, ownerReferences: [owner] };
    await tools.cluster.create(analysisRuns, JSON.parse(JSON.stringify({ metadata, spec })), { signal: tools.signal });
  }
  async function read(): Promise<AnalysisRun> {
    return AnalysisRun.parse(expectObject(await tools.cluster.get(analysisRuns, at(), tools.signal)));
  }
  /** Takes turns as they ask to be taken, until the run is over. */
  async function finish(): Promise<AnalysisRun> {
    for (let turns = 0; turns < 30; turns++) {
      const { wakeAfterMs } = await takeTurn();
      const run = await read();
      if (isCompleted(run.status.phase)) return run;
      await sleep(wakeAfterMs ?? 0);
    }
    throw new Error('the run did not end');
  }

  test('measures, judges, stores and tells', async () => {
    await create({ metrics: [aMetric({ interval: '100ms', count: 2 })] });
    const { status } = await finish();
    const events = await tools.cluster.list(resources.events, { namespace }, tools.signal);

    // As Argo writes it: what is 0 is not there.
    const stored = expectObject(await tools.cluster.get(analysisRuns, at(), tools.signal));
    expect(Reflect.get(stored, 'status')).toMatchObject({ runSummary: {}, dryRunSummary: {} });
    expect(JSON.stringify(Reflect.get(stored, 'status'))).not.toMatch(/":(0|null)[,}]/);
    expect(status).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
      metricResults: [
        {
          name: 'success-rate',
          phase: 'Successful',
          count: 2,
          successful: 2,
          metadata: { ResolvedPrometheusQuery: 'up' },
          measurements: [
            { phase: 'Successful', value: '[0.99]' },
            { phase: 'Successful', value: '[0.99]' },
          ],
        },
      ],
    });
    expect(nudges).toEqual([
      { key: { kind: 'rollout', namespace, name: 'web' }, urgent: false },
      { key: { kind: 'rollout', namespace, name: 'web' }, urgent: true },
    ]);
    expect(events.map(({ reason, note }) => [reason, note]).toSorted()).toEqual([
      ['AnalysisRunSuccessful', 'Analysis Completed. Result: Successful'],
      ['MetricSuccessful', "Metric 'success-rate' Completed. Result: Successful"],
    ]);
    expect(await takeTurn()).toEqual({});
  });

  test('says which metric failed, with its value', async () => {
    answer = () => Promise.resolve(0.42);
    await create({ metrics: [aMetric({ name: 'endless' }), aMetric({ interval: '1s' })] });
    await takeTurn();
    const { status } = await read();

    expect(status.phase).toBe('Failed');
    expect(status.message).toBe('Metric "endless" assessed Failed due to failed (1) > failureLimit (0)');
    expect(status.metricResults.map((result) => result.measurements[0]?.value)).toEqual(['[0.42]', '[0.42]']);
    expect(nudges).toEqual([{ key: { kind: 'rollout', namespace, name: 'web' }, urgent: true }]);
  });

  test('holds while Prometheus is down, and says so', async () => {
    answer = () => Promise.resolve('down');
    await create({ metrics: [aMetric({ interval: '5m' })] });
    const { wakeAfterMs = 0 } = await takeTurn();
    const { status } = await read();

    expect(status.phase).toBe('Running');
    expect(status.metricResults[0]).toMatchObject({ error: 1, consecutiveError: 1, count: 0 });
    expect(status.metricResults[0]?.measurements[0]?.message).toContain(`Prometheus at ${prometheus.url} answered 503`);
    expect(wakeAfterMs).toBeGreaterThan(5000);
    expect(wakeAfterMs).toBeLessThanOrEqual(10_000);
  });

  test('takes no data for an error', async () => {
    answer = () => Promise.resolve('empty');
    await create({ metrics: [aMetric()] });
    await takeTurn();
    const [result] = (await read()).status.metricResults;

    expect(result?.measurements[0]).toMatchObject({ phase: 'Error', value: '[]' });
    expect(result?.measurements[0]?.message).toContain('metric result is nil or empty');
  });

  test('names the known providers where one is unknown', async () => {
    await create({ metrics: [aMetric({ provider: { wavefront: { query: 'x' } } })] });
    await takeTurn();

    expect((await read()).status.metricResults[0]?.measurements[0]).toMatchObject({
      phase: 'Error',
      message: 'unknown metric provider "wavefront": known are prometheus, job, plugin',
    });
  });

  test('reads secrets when it measures, and shows them nowhere', async () => {
    const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'tokens', key: 'prometheus' } } }];
    const settings = {
      query: 'up{token="{{args.token}}"}',
      headers: [{ key: 'Authorization', value: 'Bearer {{args.token}}' }],
    };
    await create({ args, metrics: [aMetric({ count: 1, provider: { prometheus: settings } })] });
    const data = { prometheus: Buffer.from('hunter2').toString('base64') };
    await tools.cluster.create(
      resources.secrets,
      { metadata: { name: 'tokens', namespace }, data },
      { signal: tools.signal },
    );
    const run = await finish();

    expect(run.status.phase).toBe('Successful');
    expect(prometheus.requests.at(-1)?.headers.authorization).toBe('Bearer hunter2');
    expect(run.status.metricResults[0]?.metadata).toEqual({ ResolvedPrometheusQuery: 'up{token="*****"}' });
    expect(JSON.stringify(run)).not.toContain('hunter2');
  });

  test.each([
    ['tokens', undefined, 'Unable to resolve metric arguments: secrets "tokens" not found'],
    [
      'tokens',
      { other: 'eA==' },
      "Unable to resolve metric arguments: key 'prometheus' does not exist in secret 'tokens'",
    ],
  ])('is over where the secret %s holds %j', async (name, data, message) => {
    const args = [{ name: 'token', valueFrom: { secretKeyRef: { name, key: 'prometheus' } } }];
    await create({ args, metrics: [aMetric()] });
    const secret = { metadata: { name, namespace }, data: data ?? {} };
    if (data !== undefined) await tools.cluster.create(resources.secrets, secret, { signal: tools.signal });
    await takeTurn();

    expect((await read()).status).toMatchObject({ phase: 'Error', message, completedAt: expect.any(String) });
  });

  test('is over at once where its spec cannot be right', async () => {
    await create({ metrics: [aMetric({ count: 3, interval: undefined })] });
    await takeTurn();
    const message = 'Analysis spec invalid: metrics[0]: interval must be specified when count > 1';

    expect((await read()).status).toMatchObject({ phase: 'Error', message });
    expect(nudges).toEqual([{ key: { kind: 'rollout', namespace, name: 'web' }, urgent: true }]);
  });

  test('keeps what it measured when it is asked to end meanwhile', async () => {
    answer = async () => {
      const patch = { spec: { terminate: true } };
      await tools.cluster.patchMerge(analysisRuns, at(), patch, { signal: tools.signal });
      return 0.42;
    };
    await create({ metrics: [aMetric()] });
    await takeTurn();
    const { status } = await read();

    expect(status.phase).toBe('Failed');
    expect(status.metricResults[0]?.measurements).toHaveLength(1);
  });

  test('ends well when it is asked to before anything was measured', async () => {
    const asked = prometheus.requests.length;
    await create({ metrics: [aMetric()], terminate: true });
    await takeTurn();

    expect((await read()).status).toMatchObject({ phase: 'Successful', message: 'Run Terminated' });
    expect(prometheus.requests).toHaveLength(asked);
  });

  test('counts one measurement where two turns took it', async () => {
    await create({ metrics: [aMetric({ interval: '1m' })] });
    await Promise.all([takeTurn(), takeTurn(), takeTurn()]);

    expect((await read()).status.metricResults[0]).toMatchObject({ count: 1, measurements: [{ value: '[0.99]' }] });
  });

  test('stores nothing of a measurement that was interrupted, and takes it again', async () => {
    const stopping = new AbortController();
    await create({ metrics: [aMetric({ count: 1 })] });
    answer = async () => {
      stopping.abort();
      await sleep(50);
      return 0.42;
    };
    await expect(takeTurn(stopping.signal)).rejects.toThrow();
    expect((await read()).status.phase).toBeUndefined();

    answer = () => Promise.resolve(0.99);
    expect((await finish()).status.phase).toBe('Successful');
  });

  test('lets go of a run that is deleted while it measures', async () => {
    await create({ metrics: [aMetric()] });
    const { metadata } = await read();
    answer = async () => {
      await tools.cluster.delete(analysisRuns, at(), metadata.uid, { signal: tools.signal });
      return 0.99;
    };

    await takeTurn();
    expect(await takeTurn()).toEqual({});
    expect(nudges).toEqual([]);
  });

  test('writes nothing while it waits', async () => {
    await create({ metrics: [aMetric({ initialDelay: '1h' })] });
    await takeTurn();
    const before = await read();
    const { wakeAfterMs = 0 } = await takeTurn();

    expect(before.status.phase).toBe('Running');
    expect((await read()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(wakeAfterMs).toBeGreaterThan(3_500_000);
  });
});
