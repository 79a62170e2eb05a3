import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheusApi, type PrometheusApi } from '../../../../src/sandbox/prometheus-api/index.ts';
import { hasPrometheus, type RealPrometheus, startPrometheus } from '../../../support/real-prometheus.ts';
import { eventually } from '../../../support/small-cluster.ts';

/** Counters that grow evenly with time, so that the moment of a scrape does not matter. */
async function startEvenTarget() {
  const startedMs = Date.now();
  let hasLeaver = true;
  const server = http.createServer((_request, response) => {
    const seconds = 5000 + (Date.now() - startedMs) / 1000;
    const lines = [
      '# HELP http_requests_total Requests.',
      '# TYPE http_requests_total counter',
      `http_requests_total{job="shop",service="one",status="200"} ${seconds * 90}`,
      `http_requests_total{job="shop",service="one",status="500"} ${seconds * 10}`,
      `http_requests_total{service="two",status="200",pod=""} ${seconds * 40}`,
      '# TYPE steady gauge',
      'steady{text="a \\"quoted\\" \\\\ line\\nbreak }"} 42.5',
      'steady{text="small"} 1e-07',
      'steady{text="odd"} NaN',
      'dated 7 1500000000000',
      '# TYPE seconds histogram',
      `seconds_bucket{le="0.1"} ${seconds * 50}`,
      `seconds_bucket{le="0.5"} ${seconds * 90}`,
      `seconds_bucket{le="+Inf"} ${seconds * 100}`,
      `seconds_sum ${seconds * 17}`,
      `seconds_count ${seconds * 100}`,
    ];
    if (hasLeaver) lines.push('leaver 1');
    response.end(`${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    removeLeaver() {
      hasLeaver = false;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const QUERIES = [
  'sum(rate(http_requests_total{status=~"5.."}[4s])) / sum(rate(http_requests_total[4s]))',
  'sum by (service) (rate(http_requests_total[4s]))',
  'sum by (job) (increase(http_requests_total[3s]))',
  'irate(http_requests_total{status="200"}[4s])',
  'histogram_quantile(0.95, sum by (le) (rate(seconds_bucket[4s])))',
  'rate(seconds_sum[4s]) / rate(seconds_count[4s])',
  'deriv(seconds_count[4s])',
  'steady',
  'up',
  'count by (job, instance) ({__name__=~".+"})',
  'count({pod="",status!=""})',
  'count({pod!=""}) or vector(0)',
  'absent(nothing)',
  'leaver',
  'dated',
];

type Series = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] };

describe.skipIf(!hasPrometheus())('a target scraped by a real Prometheus and by ours', () => {
  let target: Awaited<ReturnType<typeof startEvenTarget>>;
  let real: RealPrometheus;
  let ours: PrometheusApi;

  beforeAll(async () => {
    target = await startEvenTarget();
    real = await startPrometheus({ targets: [target.address] });
    ours = await createPrometheusApi({ port: 0, targets: [{ url: `http://${target.address}/metrics` }] });
    // Windows of four seconds must be full in both.
    for (const { url } of [real, ours]) {
      const scrapes = async () => Number((await ask(url, 'count_over_time(up[1m])'))[0]?.value[1] ?? 0);
      await eventually(async () => ((await scrapes()) >= 5 ? true : undefined));
    }
  });
  afterAll(async () => {
    target.stop();
    await ours.stop();
    await real.stop();
  });

  async function ask(url: string, query: string, atMs = Date.now()): Promise<readonly Series[]> {
    const params = new URLSearchParams({ query, time: String(atMs / 1000) });
    const response = await fetch(`${url}/api/v1/query?${params}`);
    const answer = (await response.json()) as { data: { result: readonly Series[] }; error?: string };
    expect(answer.error).toBeUndefined();
    return answer.data.result;
  }

  async function askBoth(query: string) {
    const atMs = Date.now() - 100;
    const byLabels = (result: readonly Series[]) =>
      result
        .map(({ metric, value }) => ({ key: JSON.stringify(Object.entries(metric).sort()), value: Number(value[1]) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    return { theirs: byLabels(await ask(real.url, query, atMs)), ours: byLabels(await ask(ours.url, query, atMs)) };
  }

  // On a busy machine a scrape comes late and reads what has grown since: then the two saw different samples, and are asked again.
  test.each(QUERIES)('gives the same answer: %s', async (query) => {
    let answers = await askBoth(query);
    const agree = async () => {
      answers = await askBoth(query);
      return areAlike(answers.ours, answers.theirs) ? true : undefined;
    };
    await eventually(agree, 50_000).catch(() => expect(answers.ours).toEqual(answers.theirs));
  });

  type Answered = Awaited<ReturnType<typeof askBoth>>['ours'];

  function areAlike(ours: Answered, theirs: Answered): boolean {
    return (
      ours.length === theirs.length &&
      ours.every(({ key, value }, index) => {
        const their = theirs[index];
        if (their === undefined || their.key !== key) return false;
        return Number.isNaN(their.value)
          ? Number.isNaN(value)
          : Math.abs(value - their.value) <= Math.abs(their.value) * 0.02;
      })
    );
  }

  test('a series that leaves is gone at the next scrape, and so is a target that cannot be reached', async () => {
    target.removeLeaver();
    await eventually(async () => {
      const { theirs, ours } = await askBoth('leaver');
      return theirs.length === 0 && ours.length === 0 ? true : undefined;
    });
    const { ours: before } = await askBoth('count_over_time(leaver[1m])');
    expect(before[0]?.value).toBeGreaterThanOrEqual(5);
    target.stop();
    await eventually(async () => {
      const { theirs, ours } = await askBoth('up');
      return theirs[0]?.value === 0 && ours[0]?.value === 0 ? true : undefined;
    });
    const { theirs, ours } = await askBoth('steady');
    expect([theirs, ours]).toEqual([[], []]);
  });
});
