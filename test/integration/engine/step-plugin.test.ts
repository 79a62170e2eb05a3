import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { takeStepPluginTurn } from '../../../src/engine/index.ts';
import { createRollouts, readInstalledSchemas, resources } from '../../../src/kubernetes/index.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { Rollout } from '../../../src/rollout/index.ts';
import { createWebhooks } from '../../../src/webhooks/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { type SeenRequest, startWebServer, type WebServer } from '../../support/web-server.ts';

const definition = (): JsonObject =>
  parse(readFileSync(new URL('../../../manifests/install/crds-argo/rollouts.yaml', import.meta.url), 'utf8'));

describe('the turn of a plugin step', () => {
  let tools: TestCluster;
  let server: WebServer;
  let answer: () => object | Promise<object>;
  let namespace: string;
  let nudges: string[];

  beforeAll(async () => {
    tools = await startTestCluster([definition()]);
    server = await startWebServer((_request, response) => {
      void Promise.resolve(answer()).then((said) => response.end(JSON.stringify(said)));
    });
  });
  afterAll(async () => {
    await server.stop();
    await tools.stop();
  });
  beforeEach(async () => {
    namespace = await tools.namespace();
    nudges = [];
    const config = { url: `${server.url}/go` };
    const step = { plugin: { name: 'stepwise/webhook', config } };
    const labels = { app: 'checkout' };
    await tools.cluster.create(
      resources.rollouts,
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'checkout', namespace },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:2' }] } },
          strategy: { canary: { steps: [step] } },
        },
      },
      { signal: tools.signal },
    );
    const entry = { index: 0, name: 'stepwise/webhook', operation: 'Run', phase: 'Running' };
    await patchStatus({
      currentPodHash: 'canary',
      stableRS: 'stable',
      currentStepIndex: 0,
      canary: {
        stepPluginStatuses: [{ ...entry, startedAt: stamp(), status: { key: `key-${namespace}`, config } }],
      },
    });
  });

  const at = () => ({ namespace, name: 'checkout' });
  const stamp = () => `${new Date(tools.cluster.nowMs()).toISOString().slice(0, 19)}Z`;
  const asked = (): SeenRequest[] => server.requests.filter(({ body }) => body.includes(`key-${namespace}`));

  async function patchStatus(status: JsonObject): Promise<void> {
    const options = { signal: tools.signal, subresource: 'status' as const };
    await tools.cluster.patchMerge(resources.rollouts, at(), { status }, options);
  }

  async function entryNow() {
    const found = Rollout.parse(await tools.cluster.get(resources.rollouts, at(), tools.signal));
    return found.status.canary?.stepPluginStatuses?.[0];
  }

  async function takeTurn(dieBeforeWrite = false) {
    const schemas = await readInstalledSchemas(tools.cluster, [resources.rollouts], tools.signal);
    const rollouts = createRollouts(tools.cluster, { learn: () => undefined }, schemas);
    const dies = { ...rollouts, writeStatus: () => Promise.reject(new Error('killed')) };
    return takeStepPluginTurn(
      { kind: 'step-plugin', ...at() },
      {
        rollouts: dieBeforeWrite ? dies : rollouts,
        replicaSets: { ownedBy: () => [] },
        webhooks: createWebhooks({ secret: 's', hosts: ['127.0.0.1'], nowMs: tools.cluster.nowMs }),
        store: { nudge: async (key) => void nudges.push(key.kind) },
        isOurs: () => true,
        nowMs: tools.cluster.nowMs,
        log: silentLog,
      },
      tools.signal,
    );
  }

  test('asks, writes what was said, tells the rollout, and comes back when it was told to', async () => {
    answer = () => ({ phase: 'Running', message: 'half', requeueAfter: '40s', status: { at: 4 } });
    const { wakeAfterMs = 0 } = await takeTurn();
    expect(wakeAfterMs).toBeGreaterThan(20_000);
    expect(await entryNow()).toMatchObject({ phase: 'Running', message: 'half', backoff: '40s', executions: 1 });
    expect(nudges).toEqual(['rollout']);
    // Not due yet: nothing is asked.
    await takeTurn();
    expect(asked()).toHaveLength(1);
    expect(JSON.parse(asked()[0]?.body ?? '')).toMatchObject({
      operation: 'Run',
      rollout: { namespace, name: 'checkout' },
      podHash: 'canary',
      stablePodHash: 'stable',
      step: { index: 0, count: 1 },
    });
  });

  test('is killed between call and write: the same is asked again, under the same key', async () => {
    answer = () => ({ phase: 'Successful' });
    await expect(takeTurn(true)).rejects.toThrow('killed');
    expect(await entryNow()).toMatchObject({ phase: 'Running' });
    await takeTurn();
    const keys = asked().map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([`key-${namespace}`, `key-${namespace}`]);
    expect(await entryNow()).toMatchObject({ phase: 'Successful', executions: 1 });
  });

  test('somebody writes the status during the call: the answer is kept beside it', async () => {
    answer = async () => {
      await patchStatus({ message: 'another hand' });
      return { phase: 'Successful' };
    };
    await takeTurn();
    const found = Rollout.parse(await tools.cluster.get(resources.rollouts, at(), tools.signal));
    expect(found.status).toMatchObject({
      message: 'another hand',
      canary: { stepPluginStatuses: [{ phase: 'Successful' }] },
    });
  });

  test('an abort during the call: the answer moves nothing that the abort has ended', async () => {
    answer = async () => {
      await patchStatus({ abort: true, canary: { stepPluginStatuses: null } });
      return { phase: 'Successful' };
    };
    await takeTurn();
    expect(await entryNow()).toBeUndefined();
    expect(nudges).toEqual([]);
  });

  test('nothing is asked for an aborted rollout', async () => {
    await patchStatus({ abort: true });
    expect(await takeTurn()).toEqual({});
    expect(asked()).toHaveLength(0);
  });
});
