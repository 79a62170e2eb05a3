import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheusApi, type PrometheusApi } from '../../../../src/sandbox/prometheus-api/index.ts';
import { answerQuery, answerRangeQuery } from '../../../../src/sandbox/prometheus-api/query-api.ts';
import { createSampleStore } from '../../../../src/sandbox/prometheus-api/sample-store.ts';
import { hasPrometheus, type RealPrometheus, startPrometheus } from '../../../support/real-prometheus.ts';
import { arbitraryQuery } from './arbitrary-query.ts';
import { QUERIES, REFUSED, REQUESTS } from './queries.ts';
import { createSamples, END_MS, renderOpenMetrics, START_MS } from './samples.ts';

type Answer = { readonly resultType: string; readonly result: unknown };

/**
 * The moments every query is asked at: late series, gaps and resets lie before, inside and after them. Never on a whole
 * step of a subquery: there Prometheus 2 counts the window's first step, Prometheus 3 does not.
 */
const MOMENTS_MS = [4, 13, 21, 25, 39.8].map((minutes) => START_MS + minutes * 60_000 + 7000);

const samples = createSamples();

function createFilledStore() {
  const store = createSampleStore(Number.MAX_SAFE_INTEGER);
  for (const { name, labels, points } of samples) {
    const series = store.seriesFor({ __name__: name, ...labels });
    for (const { tMs, value } of points) series.append(tMs, value);
  }
  return store;
}

/** Order means nothing except after sort and topk; numbers may differ in the last digits, as sums run in another order. */
function normalize(answer: Answer): unknown {
  if (!Array.isArray(answer.result) || answer.resultType === 'scalar' || answer.resultType === 'string')
    return rounded(answer.result);
  return answer.result.map((entry) => JSON.stringify(rounded(sortKeys(entry)))).sort();
}

function sortKeys(entry: { metric: Record<string, string> }) {
  return { ...entry, metric: Object.entries(entry.metric).sort() };
}

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === 'metric' ? v : rounded(v)]));
  if (typeof value !== 'string' || value === '' || Number.isNaN(Number(value))) return value;
  const number = Number(value);
  // Differences that cancel out leave dust near zero.
  return Math.abs(number) < 1e-9 ? '0' : number.toPrecision(9);
}

describe.skipIf(!hasPrometheus())('PromQL agrees with a real Prometheus over the same samples', () => {
  const store = createFilledStore();
  let real: RealPrometheus;
  /** Without samples: for what is decided before any is looked at. */
  let ours: PrometheusApi;

  beforeAll(async () => {
    real = await startPrometheus({ openMetrics: renderOpenMetrics(samples) });
    ours = await createPrometheusApi({ port: 0, targets: [] });
  });
  afterAll(async () => {
    await ours.stop();
    await real.stop();
  });

  async function request(
    url: string,
    path: string,
    { params, method }: { readonly params: Record<string, string>; readonly method: string },
  ) {
    const form = new URLSearchParams(params);
    const response =
      method === 'POST'
        ? await fetch(`${url}/api/v1/${path}`, { method, body: form })
        : await fetch(`${url}/api/v1/${path}?${form}`, { method });
    const { status, headers } = response;
    const text = await response.text();
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    return { status, contentType: headers.get('content-type'), body };
  }

  async function ask(path: string, params: Record<string, string>) {
    const response = await fetch(`${real.url}${path}`, { method: 'POST', body: new URLSearchParams(params) });
    return (await response.json()) as { status: string; errorType?: string; error?: string; data: Answer };
  }

  test.each(QUERIES)('instant: %s', async (query) => {
    for (const atMs of MOMENTS_MS) {
      const params = { query, time: String(atMs / 1000) };
      const theirs = await ask('/api/v1/query', params);
      expect(theirs.error).toBeUndefined();
      const ours = answerQuery(store, new URLSearchParams(params), 0) as Answer;
      expect(ours.resultType).toBe(theirs.data.resultType);
      expect(normalize(ours)).toEqual(normalize(theirs.data));
    }
  });

  test.each(QUERIES.filter((query) => !query.startsWith('"')))('range: %s', async (query) => {
    const params = { query, start: String(START_MS / 1000), end: String(END_MS / 1000), step: '97' };
    const theirs = await ask('/api/v1/query_range', params);
    expect(theirs.error).toBeUndefined();
    const ours = answerRangeQuery(store, new URLSearchParams(params)) as Answer;
    expect(normalize(ours)).toEqual(normalize(theirs.data));
  });

  // A fixed seed: a difference found once is found again, by everyone.
  test('any query, made at random, is answered or refused alike', async () => {
    const differing: string[] = [];
    let answered = 0;
    for (const query of fc.sample(arbitraryQuery, { seed: 2026, numRuns: 400 })) {
      const params = { query, time: String((MOMENTS_MS[3] ?? 0) / 1000) };
      const theirs = await ask('/api/v1/query', params);
      const ours = answerOrRefusal(params);
      if (theirs.status === 'error') {
        if (ours.refusal !== (theirs.errorType === 'bad_data' ? 'QueryError' : 'EvaluationError'))
          differing.push(query);
      } else {
        if (Array.isArray(theirs.data.result) && theirs.data.result.length > 0) answered += 1;
        if (ours.answer === undefined || !isDeepStrictEqual(normalize(ours.answer), normalize(theirs.data)))
          differing.push(query);
      }
    }
    expect(differing).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });

  function answerOrRefusal(params: Record<string, string>): { answer?: Answer; refusal?: string } {
    try {
      return { answer: answerQuery(store, new URLSearchParams(params), 0) as Answer };
    } catch (error) {
      return { refusal: error instanceof Error ? error.name : String(error) };
    }
  }

  test.each(REFUSED)('refused: %s', async (query) => {
    const params = { query, time: String((START_MS + 25 * 60_000) / 1000) };
    const theirs = await ask('/api/v1/query', params);
    expect(theirs.status).toBe('error');
    const name = theirs.errorType === 'bad_data' ? 'QueryError' : 'EvaluationError';
    const answer = () => answerQuery(store, new URLSearchParams(params), 0);
    expect(answer).toThrow(expect.objectContaining({ name, message: theirs.error }));
  });

  const requests = REQUESTS.map(([path, params, method = 'GET']) => ({ path, params, method }));
  test.each(requests)('requested: $method $path $params', async ({ path, params, method }) => {
    const theirs = await request(real.url, path, { params, method });

    expect(await request(ours.url, path, { params, method })).toEqual(theirs);
  });
});
