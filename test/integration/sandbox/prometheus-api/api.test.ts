import http from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheusApi, type PrometheusApi } from '../../../../src/sandbox/prometheus-api/index.ts';
import { eventually } from '../../../support/small-cluster.ts';

let target: http.Server;
let prometheus: PrometheusApi;
let scrapes = 0;

beforeAll(async () => {
  target = http.createServer((_request, response) => {
    scrapes += 1;
    response.end(`requests_total{service="one"} ${scrapes}\nrequests_total{service="two"} 7\n`);
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port } = target.address() as AddressInfo;
  const targets = [{ url: `http://127.0.0.1:${port}/metrics`, labels: { job: 'shop', team: 'blue' } }];
  prometheus = await createPrometheusApi({ port: 0, targets, scrapeIntervalMs: 100, retentionMs: 60_000 });
  await eventually(async () =>
    ((await query('requests_total')).data.data.result.length ?? 0) === 2 ? true : undefined,
  );
});
afterAll(async () => {
  await prometheus.stop();
  target.close();
});

function query(text: string, method: 'GET' | 'POST' = 'GET') {
  const options = { validateStatus: () => true, timeout: 2000 };
  const params = new URLSearchParams({ query: text });
  return method === 'GET'
    ? axios.get(`${prometheus.url}/api/v1/query?${params}`, options)
    : axios.post(`${prometheus.url}/api/v1/query`, params, options);
}

async function get(path: string) {
  const response = await axios.get(`${prometheus.url}${path}`, { validateStatus: () => true });
  return { status: response.status, data: response.data };
}

describe('the API', () => {
  test.each(['GET', 'POST'] as const)('answers a query by %s, with the target’s labels', async (method) => {
    const { status, data } = await query('requests_total{service="two"}', method);
    expect(status).toBe(200);
    expect(data.data.resultType).toBe('vector');
    expect(data.data.result[0].metric).toEqual({
      __name__: 'requests_total',
      service: 'two',
      job: 'shop',
      team: 'blue',
      instance: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect(data.data.result[0].value).toEqual([expect.any(Number), '7']);
  });

  test('answers over a range, and refuses a range that is none', async () => {
    const now = Date.now() / 1000;
    const { data } = await get(`/api/v1/query_range?query=sum(requests_total)&start=${now - 1}&end=${now}&step=0.25`);
    expect(data.data).toMatchObject({ resultType: 'matrix', result: [{ metric: {} }] });
    for (const [bad, message] of [
      [`start=${now}&end=${now - 9}&step=1`, /end timestamp must not be before start time/],
      [`start=${now - 9}&end=${now}&step=0`, /zero or negative/],
      [`start=${now - 90000}&end=${now}&step=1`, /11,000 points/],
      [`start=x&end=${now}&step=1`, /invalid parameter "start"/],
    ] as const) {
      const answer = await get(`/api/v1/query_range?query=up&${bad}`);
      expect(answer).toMatchObject({
        status: 400,
        data: { status: 'error', errorType: 'bad_data', error: expect.stringMatching(message) },
      });
    }
    expect((await get(`/api/v1/query_range?query=up[5m]&start=${now}&end=${now}&step=1`)).data.error).toMatch(
      /invalid expression type "range vector"/,
    );
  });

  test('tells names, values and series', async () => {
    expect((await get('/api/v1/labels')).data.data).toEqual(['__name__', 'instance', 'job', 'service', 'team']);
    expect((await get('/api/v1/label/service/values')).data.data).toEqual(['one', 'two']);
    const { data } = await get(`/api/v1/series?${new URLSearchParams({ 'match[]': 'requests_total{service="one"}' })}`);
    expect(data.data).toMatchObject([{ __name__: 'requests_total', service: 'one' }]);
    expect((await get('/-/healthy')).status).toBe(200);
    expect((await get('/nothing')).status).toBe(404);
  });

  test('says what is wrong in Prometheus’ words', async () => {
    expect(await query('sum(').then(({ status, data }) => ({ status, data }))).toEqual({
      status: 400,
      data: {
        status: 'error',
        errorType: 'bad_data',
        error: 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
      },
    });
    const twins = await query('label_replace(requests_total, "service", "", "service", ".*")');
    expect(twins.status).toBe(422);
    expect(twins.data).toMatchObject({
      status: 'error',
      errorType: 'execution',
      error: expect.stringMatching(/same labelset/),
    });
  });
});

describe('a fault', () => {
  test('down breaks every connection and scrapes nothing, garbage is no JSON, empty has no series, none ends it', async () => {
    prometheus.setFault('garbage');
    expect((await query('up')).data).toMatch(/^<html>/);
    prometheus.setFault('empty');
    expect((await query('up')).data.data.result).toEqual([]);
    prometheus.setFault('down');
    await expect(query('up')).rejects.toThrow(/socket hang up|ECONNRESET/);
    // One that was on its way may still arrive: then four times as long as between two scrapes without any.
    const before = await eventually(async () => {
      const seen = scrapes;
      await new Promise((resolve) => setTimeout(resolve, 400));
      return scrapes === seen ? seen : undefined;
    });
    prometheus.setFault('none');
    expect((await query('up')).data.data.result).toHaveLength(1);
    await eventually(() => (scrapes > before ? true : undefined));
  });

  test('slow answers nobody in time, and ends with the fault', async () => {
    prometheus.setFault('slow');
    const waiting = axios.get(`${prometheus.url}/api/v1/query?query=up`);
    await expect(query('up')).rejects.toThrow(/timeout/);
    prometheus.setFault('none');
    expect((await waiting).data.data.result).toHaveLength(1);
  });
});
