import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AnalysisRun, isCompleted } from '../../../src/analysis/index.ts';
import { createAnalysisRunTurn } from '../../../src/engine/index.ts';
import { resources } from '../../../src/kubernetes/index.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import { createWebhooks } from '../../../src/webhooks/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { expectObject, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { startWebServer, type WebServer } from '../../support/web-server.ts';

const definition = (): JsonObject =>
  parse(readFileSync(new URL('../../../manifests/install/crds-argo/analysisruns.yaml', import.meta.url), 'utf8'));

interface Said {
  readonly operation: string;
  readonly key: string;
  readonly status?: unknown;
  readonly data?: unknown;
  readonly measurement: number;
}

describe('a metric with the plugin stepwise/webhook', () => {
  let tools: TestCluster;
  let server: WebServer;
  let answers: (object | number)[];
  let asked: Said[];
  let namespace: string;
  let uid: string;

  beforeAll(async () => {
    tools = await startTestCluster([definition()]);
    server = await startWebServer((request, response) => {
      asked.push(JSON.parse(request.body));
      const said = answers.shift() ?? 500;
      if (typeof said === 'number') response.writeHead(said).end();
      else response.end(JSON.stringify(said));
    });
  });
  afterAll(async () => {
    await server.stop();
    await tools.stop();
  });
  beforeEach(async () => {
    namespace = await tools.namespace();
    asked = [];
    answers = [];
  });

  async function create(metric: object, spec: object = {}): Promise<void> {
    const config = { url: `${server.url}/{{args.path}}`, data: { suite: '{{args.path}}' } };
    const metrics = [{ name: 'load', provider: { plugin: { 'stepwise/webhook': config } }, ...metric }];
    const run = {
      metadata: { name: 'run', namespace },
      spec: { args: [{ name: 'path', value: 'soak' }], metrics, ...spec },
    };
    const created = await tools.cluster.create(resources.analysisRuns, JSON.parse(JSON.stringify(run)), {
      signal: tools.signal,
    });
    uid = created.metadata.uid;
  }

  const webhooks = () => createWebhooks({ secret: 's', hosts: ['127.0.0.1'], nowMs: tools.cluster.nowMs });
  async function takeTurn() {
    const turn = createAnalysisRunTurn({
      cluster: tools.cluster,
      resources,
      providers: createMetricProviders({ webhooks: webhooks() }),
      evidence: 'strict',
      nudge: async () => undefined,
      log: silentLog,
    });
    await turn({ kind: 'analysis-run', namespace, name: 'run' }, tools.signal);
    return AnalysisRun.parse(
      expectObject(await tools.cluster.get(resources.analysisRuns, { namespace, name: 'run' }, tools.signal)),
    );
  }
  async function until(isDone: (run: AnalysisRun) => boolean): Promise<AnalysisRun> {
    for (;;) {
      const run = await takeTurn();
      if (isDone(run)) return run;
      await sleep(100);
    }
  }

  test('is asked until it judges, under one key, with its arguments in place', async () => {
    await create({});
    answers = [
      { phase: 'Running', requeueAfter: '1s', status: { at: 1 }, message: 'half' },
      { phase: 'Running', requeueAfter: '1s', status: { at: 2 } },
      { phase: 'Successful', value: 0.2, message: 'all well' },
    ];
    const { status } = await until((run) => isCompleted(run.status.phase));
    expect(status).toMatchObject({
      phase: 'Successful',
      metricResults: [{ count: 1, measurements: [{ phase: 'Successful', value: '0.2', message: 'all well' }] }],
    });
    expect(asked).toMatchObject([
      { operation: 'Run', key: `${uid}/load/1`, data: { suite: 'soak' }, measurement: 1 },
      { operation: 'Run', key: `${uid}/load/1`, status: { at: 1 } },
      { operation: 'Run', key: `${uid}/load/1`, status: { at: 2 } },
    ]);
  });

  test.each([
    [{ phase: 'Failed', message: 'too slow' }, 'Failed'],
    [{ phase: 'Inconclusive' }, 'Inconclusive'],
  ])('%j is the verdict', async (said, phase) => {
    await create({});
    answers = [said];
    expect((await until((run) => isCompleted(run.status.phase))).status.phase).toBe(phase);
  });

  test('that is not answered is an error, and never a pass', async () => {
    await create({ consecutiveErrorLimit: 0 });
    const { status } = await until((run) => isCompleted(run.status.phase));
    expect(status).toMatchObject({ phase: 'Error', message: expect.stringContaining('answered 500') });
  });

  test('is ended when its run is: only what runs, under its key', async () => {
    await create({});
    answers = [{ phase: 'Running', requeueAfter: '1h' }];
    await until(() => asked.length === 1);
    answers = [500, { phase: 'Successful' }];
    const options = { signal: tools.signal };
    await tools.cluster.patchMerge(
      resources.analysisRuns,
      { namespace, name: 'run' },
      { spec: { terminate: true } },
      options,
    );
    await until(() => asked.length >= 3);
    expect(asked.slice(1)).toMatchObject([
      { operation: 'Terminate', key: `${uid}/load/1` },
      { operation: 'Terminate', key: `${uid}/load/1` },
    ]);
  });

  test('another plugin fails the run, with the reason why', async () => {
    await create({ provider: { plugin: { 'argoproj-labs/sample-prometheus': {} } } });
    const { status } = await until((run) => isCompleted(run.status.phase));
    expect(status.phase).toBe('Error');
    expect(status.message).toMatch(/plugin "argoproj-labs\/sample-prometheus" is a Go program/);
    expect(asked).toEqual([]);
  });
});
