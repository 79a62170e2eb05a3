import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetricProviders, type MetricProvider } from '../../../src/metric-providers/index.ts';
import { createPrometheusApi } from '../../../src/sandbox/prometheus-api/index.ts';
import { hasPrometheus, startPrometheus } from '../../support/real-prometheus.ts';

const servers = [
  { who: "the sandbox's Prometheus", isHere: true, start: () => createPrometheusApi({ port: 0, targets: [] }) },
  { who: 'a real Prometheus', isHere: hasPrometheus(), start: () => startPrometheus({}) },
];

describe.each(servers)('$who', ({ isHere, start }) => {
  if (!isHere) return test.skip('is not installed', () => undefined);
  let server: { readonly url: string; stop(): Promise<void> };
  let provider: MetricProvider | undefined;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    server = await start();
    provider = createMetricProviders({ prometheusAddress: server.url }).choose({ prometheus: {} }).provider;
  });
  afterAll(() => server?.stop());

  test.each([
    ['vector(0.97)', [0.97], '[0.97]'],
    ['up{job="nobody"}', [], '[]'],
    ['vector(1) / vector(0) - vector(1) / vector(0)', [Number.NaN], '[NaN]'],
    ['vector(-1) / 0', [Number.NEGATIVE_INFINITY], '[-Inf]'],
    ['0.000000125', 1.25e-7, '0.000000125'],
    ['1e21', 1e21, '1000000000000000000000'],
    ['label_replace(vector(1), "a", "1", "", "") or label_replace(vector(2), "a", "2", "", "")', [1, 2], '[1,2]'],
  ])('reads %s', async (query, result, value) => {
    expect(await provider?.measure({ query }, Date.now(), signal)).toMatchObject({ result, value });
  });

  test('says what is wrong with a query', async () => {
    await expect(provider?.measure({ query: 'sum(' }, Date.now(), signal)).rejects.toThrow(
      /answered bad_data: .*parse error/,
    );
    await expect(provider?.measure({ query: '"text"' }, Date.now(), signal)).rejects.toThrow('type not supported');
  });

  test('reads ranges, for conditions and for charts', async () => {
    const nowMs = Date.parse('2026-11-20T10:00:00Z');
    const rangeQuery = { start: 'now() - duration("2m")', end: 'now()', step: '1m' };
    const range = { fromMs: nowMs - 600_000, toMs: nowMs, maxPoints: 11 };
    const reading = await provider?.measure({ query: 'time()', rangeQuery }, nowMs, signal);
    const points = await provider?.measureRange?.({ query: 'vector(time())' }, range, signal);

    expect(reading?.result).toEqual([nowMs / 1000 - 120, nowMs / 1000 - 60, nowMs / 1000]);
    expect(points).toHaveLength(11);
    expect(points?.every(({ atMs, value }) => atMs === value * 1000)).toBe(true);
  });
});
