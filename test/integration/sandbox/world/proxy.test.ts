import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WorldCounters } from '../../../../src/sandbox/world/index.ts';
import {
  anIngress,
  aReplicaSet,
  aService,
  eventually,
  HTTP_ROUTES,
  INGRESSES,
  PODS,
  REPLICA_SETS,
  SERVICES,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const IMAGES = [
  'shop:1.0.0: {startMs: 20, latencyMs: 2}',
  'shop:2.0.0: {startMs: 20, latencyMs: 2}',
  'broken: {startMs: 20, latencyMs: 2, errorRate: 1}',
  'asleep: {startMs: 600000}',
].join('\n');
const NGINX = 'nginx.ingress.kubernetes.io';
const HOST = 'shop.example';

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ images: IMAGES, load: { [HOST]: 2000, 'gateway.example': 2000 } });
  for (const [name, image, replicas] of [
    ['one', 'shop:1.0.0', 2],
    ['two', 'shop:2.0.0', 2],
    ['bad', 'broken:1', 1],
  ] as const) {
    await cluster.create(REPLICA_SETS, aReplicaSet(name, image, replicas));
    await cluster.create(SERVICES, aService(name, { set: name }));
  }
  await cluster.create(INGRESSES, anIngress('shop', HOST, 'one'));
  const second = {
    [`${NGINX}/canary`]: 'true',
    [`${NGINX}/canary-weight`]: '0',
    [`${NGINX}/canary-by-header`]: 'X-Try',
    [`${NGINX}/canary-by-header-value`]: 'yes',
  };
  await cluster.create(INGRESSES, anIngress('shop-second', HOST, 'two', second));
  await eventually(() => (cluster.world.counters().hosts[HOST]?.versions['1.0.0'] ? true : undefined));
});
afterAll(async () => {
  await cluster.stop();
  expect(cluster.problems).toEqual([]);
});

/** A real request, as curl makes it. */
function visit(
  host: string,
  headers: Record<string, string> = {},
  path = '/',
): Promise<{ status: number; body: { version?: string; pod?: string } }> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      `${cluster.world.url}${path}`,
      { headers: { ...headers, host }, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    request.on('error', reject);
  });
}

function totals(host: string): Record<string, number> {
  const versions = cluster.world.counters().hosts[host]?.versions ?? {};
  return Object.fromEntries(Object.entries(versions).map(([version, tally]) => [version, tally.total]));
}

/** The share of a version among the next 500 requests. */
async function measureShare(host: string, version: string): Promise<number> {
  const before = totals(host);
  const sum = (counted: Record<string, number>) => Object.values(counted).reduce((all, one) => all + one, 0);
  const after = await eventually(() => (sum(totals(host)) - sum(before) >= 500 ? totals(host) : undefined));
  return ((after[version] ?? 0) - (before[version] ?? 0)) / (sum(after) - sum(before));
}

describe('an Ingress with a second one beside it', () => {
  test.each([
    { weight: '25', total: undefined, share: 0.25 },
    { weight: '50', total: undefined, share: 0.5 },
    { weight: '1', total: '8', share: 0.125 },
    { weight: '100', total: undefined, share: 1 },
    { weight: '0', total: undefined, share: 0 },
  ])('splits $share to the second ($weight of $total)', async ({ weight, total, share }) => {
    const annotations = { [`${NGINX}/canary-weight`]: weight, [`${NGINX}/canary-weight-total`]: total ?? null };
    await cluster.patch(`${INGRESSES}/shop-second`, { metadata: { annotations } });
    await eventually(async () => (Math.abs((await measureShare(HOST, '2.0.0')) - share) <= 0.03 ? true : undefined));
  });

  test('sends a request with the header to the second at weight 0, and answers as the pod', async () => {
    expect((await visit(HOST)).body).toMatchObject({ version: '1.0.0', service: 'one' });
    const answer = await visit(HOST, { 'x-try': 'yes' });
    expect(answer).toMatchObject({ status: 200, body: { version: '2.0.0', service: 'two' } });
    expect(answer.body.pod).toMatch(/^two-/);
    expect((await visit(HOST, { 'x-try': 'no' })).body.version).toBe('1.0.0');
  });

  test('sends everything to the first while the second has no ready pod', async () => {
    await cluster.patch(`${INGRESSES}/shop-second`, {
      metadata: { annotations: { [`${NGINX}/canary-weight`]: '100' } },
    });
    await cluster.patch(`${REPLICA_SETS}/two`, { spec: { replicas: 0 } });
    await eventually(async () => ((await measureShare(HOST, '1.0.0')) === 1 ? true : undefined));
    await cluster.patch(`${REPLICA_SETS}/two`, { spec: { replicas: 2 } });
    await eventually(async () => ((await measureShare(HOST, '2.0.0')) === 1 ? true : undefined));
  });

  test('sends nothing to a pod that is not ready, and 503 where none is', async () => {
    const behind = { app: 'shop', set: 'lazy' };
    await cluster.create(SERVICES, aService('lazy', behind));
    await cluster.create(REPLICA_SETS, aReplicaSet('lazy', 'asleep:1', 1));
    await cluster.create(INGRESSES, anIngress('lazy', 'lazy.example', 'lazy'));
    await eventually(async () => ((await cluster.pods(behind))[0]?.status.podIP ? true : undefined));
    await eventually(async () => ((await visit('lazy.example')).status === 503 ? true : undefined));
    const pod = { containers: [{ name: 'app', image: 'shop:1.0.0' }] };
    await cluster.create(PODS, { metadata: { name: 'awake', labels: behind }, spec: { nodeName: 'sandbox', ...pod } });
    await cluster.patch(`${REPLICA_SETS}/lazy`, { spec: { replicas: 2 } });
    await eventually(async () => ((await visit('lazy.example')).status === 200 ? true : undefined));
    for (let i = 0; i < 10; i++) expect((await visit('lazy.example')).body.pod).toBe('awake');
  });

  test('answers 404 for a host that no route takes', async () => {
    expect((await visit('unknown.example')).status).toBe(404);
  });
});

describe('an HTTPRoute', () => {
  const backends = (one: number, two: number) => [
    { name: 'one', port: 80, weight: one },
    { name: 'two', port: 80, weight: two },
  ];

  test('splits by its weights, and follows when they change', async () => {
    await cluster.create(HTTP_ROUTES, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'shop' },
      spec: { hostnames: ['gateway.example'], rules: [{ backendRefs: backends(90, 10) }] },
    });
    await eventually(async () =>
      Math.abs((await measureShare('gateway.example', '2.0.0')) - 0.1) <= 0.03 ? true : undefined,
    );
    await cluster.patch(`${HTTP_ROUTES}/shop`, { spec: { rules: [{ backendRefs: backends(1, 3) }] } });
    await eventually(async () =>
      Math.abs((await measureShare('gateway.example', '2.0.0')) - 0.75) <= 0.03 ? true : undefined,
    );
  });
});

describe('an HTTPRoute with rules beside its split', () => {
  const host = 'beside.example';
  const copies = () => cluster.world.counters().hosts[host]?.copies['shop/two']?.total ?? 0;
  const copying = (more: object) => ({
    matches: [{ path: { type: 'PathPrefix', value: '/copied' } }],
    filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'two', port: 80 }, ...more } }],
    backendRefs: [{ name: 'one', port: 80 }],
  });

  test('a matching header leads to its one backend, and to no other', async () => {
    const headers = [{ name: 'X-Tester', value: 'yes' }];
    const rules = [
      { backendRefs: [{ name: 'one', port: 80 }] },
      { matches: [{ headers }], backendRefs: [{ name: 'two', port: 80 }] },
      copying({}),
    ];
    await cluster.create(HTTP_ROUTES, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'beside' },
      spec: { hostnames: [host], rules },
    });
    await eventually(async () =>
      (await visit(host, { 'x-tester': 'yes' })).body.version === '2.0.0' ? true : undefined,
    );
    for (let count = 0; count < 10; count++) {
      expect((await visit(host, { 'x-tester': 'yes' })).body.version).toBe('2.0.0');
      expect((await visit(host, { 'x-tester': 'no' })).body.version).toBe('1.0.0');
    }
    expect(copies()).toBe(0);
  });

  test('copies are counted where they go, and answered by the others', async () => {
    const served = async () => {
      const metrics = await (await fetch(`${cluster.world.url}/metrics`)).text();
      const lines = metrics.match(/http_requests_total\{job="shop",service="two",[^}]*\} \d+/g) ?? [];
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    };
    const before = await served();
    for (let count = 0; count < 10; count++) {
      expect((await visit(host, {}, '/copied/a')).body.version).toBe('1.0.0');
    }
    expect(copies()).toBe(10);
    expect((await served()) - before).toBeGreaterThanOrEqual(10);
    const total = cluster.world.counters().hosts[host]?.total;
    await visit(host, {}, '/copied/a');
    expect(cluster.world.counters().hosts[host]?.total).toBe((total ?? 0) + 1);
  });

  test.each([{ percent: 25 }, { fraction: { numerator: 1, denominator: 4 } }])(
    'only a part is copied: %o',
    async (part) => {
      await cluster.patch(`${HTTP_ROUTES}/beside`, {
        spec: { rules: [{ backendRefs: [{ name: 'one', port: 80 }] }, copying(part)] },
      });
      await eventually(async () => {
        const before = copies();
        for (let count = 0; count < 40; count++) await visit(host, {}, '/copied');
        return Math.abs(copies() - before - 10) <= 1 ? true : undefined;
      });
    },
  );
});

describe('a route', () => {
  test('that leads nowhere answers 500', async () => {
    await cluster.create(HTTP_ROUTES, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'nowhere' },
      spec: { hostnames: ['nowhere.example'], rules: [{ backendRefs: [{ name: 'one', port: 80, weight: 0 }] }] },
    });
    await eventually(async () => ((await visit('nowhere.example')).status === 500 ? true : undefined));
  });

  test('that is deleted takes nothing any more', async () => {
    await cluster.request('DELETE', `${HTTP_ROUTES}/nowhere`);
    await eventually(async () => ((await visit('nowhere.example')).status === 404 ? true : undefined));
  });
});

describe('what is counted', () => {
  test('a broken image answers 500, and is counted by pod, version and status', async () => {
    await cluster.create(INGRESSES, anIngress('bad', 'bad.example', 'bad'));
    await eventually(async () => ((await visit('bad.example')).status === 500 ? true : undefined));
    const metrics = await (await fetch(`${cluster.world.url}/metrics`)).text();
    const labels = 'job="shop",service="bad",namespace="shop",pod="bad-\\w{5}",version="1"';
    expect(metrics).toMatch(new RegExp(`http_requests_total\\{${labels},status="500"\\} [1-9]`));
    expect(metrics).toMatch(new RegExp(`http_request_duration_seconds_bucket\\{${labels},le="0.005"\\} \\d`));
    expect(metrics).toMatch(new RegExp(`http_request_duration_milliseconds_bucket\\{${labels},le="5"\\} \\d`));
    expect(metrics).toMatch(/kube_pod_status_ready\{namespace="shop",pod="one-\w{5}",condition="true"\} 1/);
    expect(metrics).toMatch(
      /container_memory_working_set_bytes\{namespace="shop",pod="one-\w{5}",container="app"\} \d+/,
    );
  });

  test('no counter ever decreases, and a histogram holds as many as its count', async () => {
    const readAll = async () => {
      const text = await (await fetch(`${cluster.world.url}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith('http_'));
      return new Map(
        lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
      );
    };
    let before = await readAll();
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const after = await readAll();
      for (const [series, value] of before) expect(after.get(series) ?? 0, series).toBeGreaterThanOrEqual(value);
      before = after;
    }
    expect(before.size).toBeGreaterThan(100);
    for (const [series, value] of before) {
      if (series.includes('le="+Inf"'))
        expect(before.get(series.replace('_bucket', '_count').replace(',le="+Inf"', ''))).toBe(value);
    }
  });

  test('the page reads the same numbers at once and as a stream', async () => {
    const read = (await (await fetch(`${cluster.world.url}/counters?seconds=2`)).json()) as WorldCounters;
    expect(read.windowSeconds).toBe(2);
    const host = read.hosts[HOST];
    expect(host?.total).toBeGreaterThan(500);
    const shares = Object.values(host?.versions ?? {}).map((tally) => tally.share);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);

    const stop = new AbortController();
    const stream = await fetch(`${cluster.world.url}/counters/stream`, { signal: stop.signal });
    const events: WorldCounters[] = [];
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    while (events.length < 2) {
      const { value = '' } = (await reader?.read()) ?? {};
      for (const line of value.split('\n')) if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)));
    }
    stop.abort();
    expect(events[1]?.hosts[HOST]?.total).toBeGreaterThan(events[0]?.hosts[HOST]?.total ?? 0);
  });
});
