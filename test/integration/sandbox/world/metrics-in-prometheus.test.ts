import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheusApi, type PrometheusApi } from '../../../../src/sandbox/prometheus-api/index.ts';
import { hasPrometheus, type RealPrometheus, startPrometheus } from '../../../support/real-prometheus.ts';
import {
  aConfigMap,
  anIngress,
  aReplicaSet,
  aService,
  CONFIG_MAPS,
  eventually,
  INGRESSES,
  REPLICA_SETS,
  SERVICES,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const IMAGES = [
  'shop:1.0.0: {startMs: 20, latencyMs: 30}',
  'shop:2.0.0: {startMs: 20, latencyMs: 300, errorRate: 0.3}',
].join('\n');
const SECOND = { 'nginx.ingress.kubernetes.io/canary': 'true', 'nginx.ingress.kubernetes.io/canary-weight': '30' };

/** What analysis templates ask, over everything that happened: the load has stopped, so the moment does not matter. */
const QUERIES = [
  'sum(rate(http_requests_total{status=~"2.."}[5m])) / sum(rate(http_requests_total[5m]))',
  'sum(rate(http_requests_total{job="shop",status=~"5.."}[5m])) / sum(rate(http_requests_total{job="shop"}[5m])) or vector(0)',
  'sum(rate(http_requests_total{service="two",status=~"5.."}[5m])) / sum(rate(http_requests_total{service="two"}[5m]))',
  'sum(rate(http_requests_total{service="one",status!~"5.."}[2m])) / sum(rate(http_requests_total{service="one"}[2m]))',
  '(sum(rate(http_requests_total{status!~"5.."}[2m])) / sum(rate(http_requests_total[2m]))) - 0.99',
  'histogram_quantile(0.95, sum(rate(http_request_duration_milliseconds_bucket[5m])) by (le))',
  'histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket{job="shop"}[5m])) by (le, version))',
  'sum by (version) (http_request_duration_seconds_sum) / sum by (version) (http_request_duration_seconds_count)',
  'sum by (service, version, status) (http_requests_total)',
  'sum by (version) (http_requests_total) / ignoring(version) group_left sum(http_requests_total)',
  'sum(http_requests_total) == bool sum(http_request_duration_milliseconds_count)',
  'count by (condition) (kube_pod_status_ready{namespace="shop"} == 1)',
  'sum(kube_pod_container_status_restarts_total{pod=~"one-.*"})',
  'avg by (container) (container_memory_working_set_bytes{namespace="shop",container!="POD",container!=""})',
  'up',
];

describe.skipIf(!hasPrometheus())('what the world counted, asked of a real Prometheus and of ours', () => {
  let cluster: SmallCluster;
  let real: RealPrometheus;
  let ours: PrometheusApi;

  beforeAll(async () => {
    cluster = await startSmallCluster({ images: IMAGES });
    await cluster.create(CONFIG_MAPS, aConfigMap('load', { 'shop.example': '0' }));
    for (const [name, image] of [
      ['one', 'shop:1.0.0'],
      ['two', 'shop:2.0.0'],
    ] as const) {
      await cluster.create(REPLICA_SETS, aReplicaSet(name, image, 2));
      await cluster.create(SERVICES, aService(name, { set: name }));
    }
    await cluster.create(INGRESSES, anIngress('shop', 'shop.example', 'one'));
    await cluster.create(INGRESSES, anIngress('shop-two', 'shop.example', 'two', SECOND));
    const address = cluster.world.url.replace('http://', '');
    real = await startPrometheus({ targets: [address] });
    ours = await createPrometheusApi({ port: 0, targets: [{ url: `http://${address}/metrics` }] });
    // Both must see every counter at zero first, and at rest last.
    const both = async (query: string) => {
      const answers = await Promise.all([real.url, ours.url].map((url) => ask(url, query)));
      return answers.every((answer) => answer.length > 0) ? true : undefined;
    };
    await eventually(() => both('count(http_requests_total == 0) == 8'));
    await cluster.patch(`${CONFIG_MAPS}/load`, { data: { 'shop.example': '600' } });
    await eventually(() => ((cluster.world.counters().hosts['shop.example']?.total ?? 0) > 1500 ? true : undefined));
    await cluster.patch(`${CONFIG_MAPS}/load`, { data: { 'shop.example': '0' } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const total = () => cluster.world.counters().hosts['shop.example']?.total;
    await eventually(() => both(`sum(http_requests_total) == ${total()}`));
  });
  afterAll(async () => {
    await ours.stop();
    await real.stop();
    await cluster.stop();
  });

  async function ask(url: string, query: string) {
    const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    const entries = data.result.map(
      ({ metric, value }) => [JSON.stringify(Object.entries(metric).sort()), Number(value[1])] as const,
    );
    return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  test.each(QUERIES)('%s', async (query) => {
    const theirs = await ask(real.url, query);
    const own = await ask(ours.url, query);
    expect(theirs.length).toBeGreaterThan(0);
    expect(own.map(([labels]) => labels)).toEqual(theirs.map(([labels]) => labels));
    for (const [index, [labels, value]] of theirs.entries()) {
      expect(Math.abs((own[index]?.[1] ?? Number.NaN) - value), labels).toBeLessThanOrEqual(Math.abs(value) * 0.02);
    }
  });

  test('the broken image shows in its own Service only', async () => {
    const [[, broken] = ['', Number.NaN]] = await ask(ours.url, QUERIES[2] ?? '');
    expect(broken).toBeGreaterThan(0.2);
    expect(broken).toBeLessThan(0.4);
    expect((await ask(ours.url, QUERIES[3] ?? ''))[0]?.[1]).toBe(1);
  });
});
