import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AnalysisRunSpec } from '../../../src/analysis/index.ts';
import { createMeasureNow, type MeasureNow } from '../../../src/engine/index.ts';
import { resources } from '../../../src/kubernetes/index.ts';
import { createMetricProviders } from '../../../src/metric-providers/index.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { startWebServer, type WebServer } from '../../support/web-server.ts';

let tools: TestCluster;
let namespace: string;
let prometheus: WebServer;
let measure: MeasureNow;
/** Requests that wait for their answer. */
let held: (() => void)[] = [];
let isHanging = false;

beforeAll(async () => {
  tools = await startTestCluster();
  namespace = await tools.namespace();
  prometheus = await startWebServer((request, response) => {
    const query = new URLSearchParams(request.body).get('query') ?? '';
    const answer = () => response.writeHead(200).end(query === 'garbage' ? '<html>' : answerTo(query));
    if (isHanging) held.push(answer);
    else answer();
  });
  const data = { token: Buffer.from('canary-secret-1').toString('base64') };
  await tools.cluster.create(
    resources.secrets,
    { metadata: { name: 'keys', namespace }, data },
    { signal: tools.signal },
  );
});
afterAll(async () => {
  await prometheus.stop();
  await tools.stop();
});
beforeEach(() => {
  isHanging = false;
  held = [];
  const providers = createMetricProviders({ prometheusAddress: prometheus.url });
  measure = createMeasureNow({ cluster: tools.cluster, resources, providers, evidence: 'strict' });
});

function answerTo(query: string): string {
  const result = query === 'nothing' ? [] : [{ metric: {}, value: [1, query] }];
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

function run(query: string, more: object = {}) {
  const metric = { name: 'm', successCondition: 'result[0] >= 0.95', provider: { prometheus: { query, ...more } } };
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } }];
  return { namespace, spec: AnalysisRunSpec.parse({ metrics: [metric], args }) };
}

it.each([
  ['0.99', 'Successful', '[0.99]', true],
  ['0.2', 'Failed', '[0.2]', true],
  ['NaN', 'Inconclusive', '[NaN]', true],
  ['nothing', 'Error', '[]', true],
  ['garbage', 'Error', undefined, false],
])('measures %s, and judges it as its run would', async (query, phase, value, wasRead) => {
  const taken = await measure(run(query), tools.signal);
  expect(taken).toMatchObject({ isTaken: true, wasRead, measurement: { phase } });
  expect(taken.isTaken && taken.measurement.value).toBe(value);
});

it('reads secrets as a run does, and tells none', async () => {
  const headers = [{ key: 'authorization', value: 'Bearer {{args.token}}' }];
  const taken = await measure(run('garbage', { headers }), tools.signal);
  expect(prometheus.requests.at(-1)?.headers.authorization).toBe('Bearer canary-secret-1');
  expect(JSON.stringify(taken)).not.toContain('canary-secret-1');
});

it('asks nothing where an argument has no value', async () => {
  const spec = AnalysisRunSpec.parse({
    metrics: [{ name: 'm', provider: { prometheus: { query: '1' } } }],
    args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'gone', key: 'token' } } }],
  });
  expect(await measure({ namespace, spec }, tools.signal)).toEqual({
    isTaken: false,
    reason: 'secrets "gone" not found',
  });
});

it('waits for a provider only as long as whoever asks', async () => {
  isHanging = true;
  const asked = new AbortController();
  const taken = measure(run('0.99'), asked.signal);
  await expect.poll(() => held.length, { timeout: 60_000 }).toBe(1);
  asked.abort(new DOMException('enough', 'TimeoutError'));
  expect(await taken).toMatchObject({
    wasRead: false,
    measurement: { phase: 'Error', message: expect.stringMatching(/did not answer in time$/) },
  });
});

it('asks eight at once and no more, in the order in which they came', async () => {
  isHanging = true;
  const before = prometheus.requests.length;
  const taken = Array.from({ length: 20 }, (_, index) => measure(run(String(index)), tools.signal));
  const queries = () =>
    prometheus.requests.slice(before).map(({ body }) => Number(new URLSearchParams(body).get('query')));
  await expect.poll(() => held.length, { timeout: 60_000 }).toBe(8);
  // One answered: one more is asked, the one that waits longest.
  held.shift()?.();
  await expect.poll(() => queries().length, { timeout: 60_000 }).toBe(9);
  expect(queries().at(-1)).toBe(8);
  expect(held.length).toBe(8);
  isHanging = false;
  for (const answer of held.splice(0)) answer();
  const all = await Promise.all(taken);
  expect(all.every(({ isTaken }) => isTaken)).toBe(true);
});

it('does not begin with what has waited too long', async () => {
  isHanging = true;
  const busy = Array.from({ length: 8 }, () => measure(run('1'), tools.signal));
  await expect.poll(() => held.length, { timeout: 60_000 }).toBe(8);
  const asked = new AbortController();
  const late = measure(run('late'), asked.signal);
  asked.abort();
  for (const answer of held.splice(0)) answer();
  await Promise.all(busy);
  expect(await late).toEqual({ isTaken: false, reason: 'the time was up before its turn came' });
  expect(prometheus.requests.some(({ body }) => body.includes('late'))).toBe(false);
});
