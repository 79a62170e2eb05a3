import { describe, expect, test } from 'vitest';
import { createMetricProviders, type MetricProvider } from '../../../src/metric-providers/index.ts';
import { type SeenRequest, startWebServer } from '../../support/web-server.ts';
import { describeMetricProvider } from './describe-metric-provider.ts';

const NOW_MS = Date.parse('2026-11-20T10:00:00.250Z');
const signal = new AbortController().signal;

function create(prometheusAddress?: string): MetricProvider {
  return createMetricProviders({ prometheusAddress }).choose({ prometheus: {} }).provider;
}
function text(number: number): string {
  return Number.isFinite(number) || Number.isNaN(number) ? String(number) : `${number > 0 ? '+' : '-'}Inf`;
}
function vector(numbers: readonly number[]): string {
  const result = numbers.map((number) => ({ metric: {}, value: [NOW_MS / 1000, text(number)] }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

describeMetricProvider('prometheus', {
  create,
  settings: (address, more) => ({ address, query: 'up', timeout: more?.timeoutSeconds }),
  body: vector,
  reading: (numbers) => ({ result: numbers, value: `[${numbers.map(text).join(',')}]` }),
  nonsense: [
    undefined,
    'up',
    { address: 'http://127.0.0.1:1', query: 5 },
    { query: 'up' },
    { address: 'prometheus', query: 'up' },
    { address: 'ftp://prometheus', query: 'up' },
    { address: 'http://127.0.0.1:1', query: 'up', timeout: -1 },
    { address: 'http://127.0.0.1:1', query: 'up', authentication: { basicAuth: { username: 'a' } } },
    { address: 'http://127.0.0.1:1', query: 'up', authentication: { oauth2: { tokenUrl: 'http://x' } } },
    { address: 'http://aps-workspaces.example.com', query: 'up', authentication: { sigv4: { region: 'eu-west-1' } } },
    { address: 'http://127.0.0.1:1', query: 'up', rangeQuery: { start: 'yesterday()', end: 'now()', step: '1m' } },
    { address: 'http://127.0.0.1:1', query: 'up', rangeQuery: { start: 'now()', end: 'now()', step: '60' } },
  ],
});

/** Answers every request with this body, and gives back what was asked. */
async function asking(
  body: string,
  act: (address: string) => Promise<unknown>,
  status: (request: SeenRequest) => number = () => 200,
): Promise<readonly SeenRequest[]> {
  const server = await startWebServer((request, response) => response.writeHead(status(request)).end(body));
  try {
    await act(server.url);
    return server.requests;
  } finally {
    await server.stop();
  }
}

describe('createMetricProviders', () => {
  test('names the known kinds where one is unknown', () => {
    const { choose, kinds } = createMetricProviders({});

    expect(kinds).toEqual(['prometheus', 'job', 'plugin']);
    expect(() => choose({ promethus: {} })).toThrow(
      'unknown metric provider "promethus": known are prometheus, job, plugin',
    );
    expect(() => choose({ prometheus: null })).toThrow('no provider specified');
    expect(choose({ web: null, prometheus: { query: 'up' } }).settings).toEqual({ query: 'up' });
  });
});

describe('what prometheus asks', () => {
  test('the query and the time, by POST, below the path of the address', async () => {
    const [request] = await asking(vector([1]), (url) =>
      create().measure({ address: `${url}/select/0/prometheus/`, query: 'up{a="b&c"}' }, NOW_MS, signal),
    );

    expect([request?.method, request?.url.pathname]).toEqual(['POST', '/select/0/prometheus/api/v1/query']);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      query: 'up{a="b&c"}',
      time: '1795168800.25',
    });
  });

  test.each([405, 501])('by GET where POST is answered %i', async (refusal) => {
    const [, request] = await asking(
      vector([1]),
      (address) => create().measure({ address, query: 'up' }, NOW_MS, signal),
      ({ method }) => (method === 'POST' ? refusal : 200),
    );

    expect([request?.method, request?.url.searchParams.get('query'), request?.body]).toEqual(['GET', 'up', '']);
  });

  test('with its headers and its password', async () => {
    const authentication = { basicAuth: { username: 'me', password: 'pass' } };
    const headers = [{ key: 'X-Scope-OrgID', value: 'shop' }];
    const [request] = await asking(vector([1]), (address) =>
      create().measure({ address, query: 'up', headers, authentication }, NOW_MS, signal),
    );

    expect(request?.headers).toMatchObject({
      'x-scope-orgid': 'shop',
      authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
    });
  });

  test('the default address where the metric names none; its password never shows', async () => {
    const [request] = await asking(vector([1]), (address) =>
      create(address.replace('http://', 'http://me:secret@')).measure({ query: 'up' }, NOW_MS, signal),
    );
    const failing = create('http://me:secret@127.0.0.1:1/?token=hidden').measure({ query: 'up' }, NOW_MS, signal);

    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    await expect(failing).rejects.toThrow(/^Prometheus at http:\/\/127\.0\.0\.1:1 could not be asked/);
    await expect(failing).rejects.not.toThrow(/secret|hidden/);
  });

  test('a range, by the time expressions of its settings', async () => {
    const rangeQuery = { start: 'now() - duration("5m")', end: 'now()', step: '1m' };
    const body = JSON.stringify({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            values: [
              [1, '1'],
              [2, '2'],
            ],
          },
          { values: [[1, '0.5']] },
        ],
      },
    });
    let reading: unknown;
    const [request] = await asking(body, async (address) => {
      reading = await create().measure({ address, query: 'up', rangeQuery }, NOW_MS, signal);
    });

    expect(request?.url.pathname).toBe('/api/v1/query_range');
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      query: 'up',
      start: '1795168500.25',
      end: '1795168800.25',
      step: '60',
    });
    expect(reading).toMatchObject({ result: [1, 2, 0.5], value: '[1,2,0.5]' });
  });
});

test.each([
  ['2026-11-20T09:55:00.002Z', '1795168500.002'],
  ['2026-11-20T10:00:00.999Z', '1795168800.999'],
  ['1969-12-31T23:59:59.250Z', '-0.75'],
])('prometheus is asked for %s in exact decimals', async (when, seconds) => {
  const nowMs = Date.parse(when);
  const rangeQuery = { start: 'now()', end: 'now()', step: '1m' };
  const atOnce = await asking(vector([1]), (address) => create().measure({ address, query: 'up' }, nowMs, signal));
  const asRange = await asking(vector([1]), (address) =>
    create().measure({ address, query: 'up', rangeQuery }, nowMs, signal),
  );
  const forms = [...atOnce, ...asRange].map(({ body }) => new URLSearchParams(body));

  expect(forms.map((form) => [form.get('time'), form.get('start'), form.get('end')])).toEqual([
    [seconds, null, null],
    [null, seconds, seconds],
  ]);
});

describe('what prometheus answers', () => {
  async function read(body: object, status = 200): Promise<unknown> {
    let reading: unknown;
    await asking(
      JSON.stringify(body),
      async (address) => {
        reading = await create().measure({ address, query: 'up' }, NOW_MS, signal);
      },
      () => status,
    );
    return reading;
  }
  function scalar(sample: string) {
    return { status: 'success', data: { resultType: 'scalar', result: [1, sample] } };
  }

  test.each([
    ['1.5', 1.5, '1.5'],
    ['1e+21', 1e21, '1000000000000000000000'],
    ['1.25e-7', 1.25e-7, '0.000000125'],
    ['-Inf', Number.NEGATIVE_INFINITY, '-Inf'],
    ['NaN', Number.NaN, 'NaN'],
  ])('the scalar %s', async (sample, result, value) => {
    expect(await read(scalar(sample))).toEqual({ result, value });
  });

  test('warnings go with the measurement', async () => {
    expect(await read({ ...scalar('1'), warnings: ['a', 'b'] })).toMatchObject({ metadata: { warnings: '"a", "b"' } });
  });

  test('an error in its own words', async () => {
    const refused = read(
      { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end of input' },
      400,
    );

    await expect(refused).rejects.toThrow(
      /^Prometheus at http:\S+ answered bad_data: parse error: unexpected end of input$/,
    );
  });

  test.each([
    [
      'a string',
      { status: 'success', data: { resultType: 'string', result: [1, 'x'] } },
      'Prometheus metric type not supported',
    ],
    ['a sample that is no number', scalar('many'), 'no number: many'],
    [
      'a histogram',
      { status: 'success', data: { resultType: 'vector', result: [{ histogram: [1, {}] }] } },
      'histograms',
    ],
  ])('%s is an error', async (_, body, words) => {
    await expect(read(body)).rejects.toThrow(words);
  });
});

describe('prometheus for a chart', () => {
  test('gives the first series, in order, without gaps that are no numbers, at most as many as asked', async () => {
    const values = Array.from({ length: 10 }, (_, index) => [1795168800 + index, index === 3 ? 'NaN' : String(index)]);
    const body = JSON.stringify({
      status: 'success',
      data: { resultType: 'matrix', result: [{ values }, { values: [] }] },
    });
    const range = { fromMs: NOW_MS, toMs: NOW_MS + 3_600_000, maxPoints: 5 };
    let points: readonly { atMs: number; value: number }[] | undefined;
    const [request] = await asking(body, async (address) => {
      points = await create().measureRange?.({ address, query: 'up' }, range, signal);
    });

    expect(new URLSearchParams(request?.body).get('step')).toBe('900');
    expect(points).toEqual([5, 6, 7, 8, 9].map((value) => ({ atMs: (1795168800 + value) * 1000, value })));
  });
});
