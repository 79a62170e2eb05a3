import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import {
  Metric,
  readSight,
  type Sight,
  type SightScope,
  smallestVisibleFault,
} from '../../../../src/analysis/index.ts';
import { sightWords } from '../../../../src/analysis/sight/sight-words.ts';

const undivided = 'all traffic: does not tell the canary apart';

const scope: SightScope = {
  namespace: 'shop',
  canaryService: 'checkout-canary',
  stableService: 'checkout-stable',
  canaryHash: '7c9d8f6b54',
  stableHash: '5f6d4c7b98',
  canaryLabels: { version: '2.0.0', 'example.com/track': 'canary' },
  stableLabels: { version: '1.4.2' },
};

function sightOf(query: string, condition = 'result[0] >= 0.95', known = scope): Sight {
  return readSight(
    Metric.parse({ name: 'm', successCondition: condition, provider: { prometheus: { query } } }),
    known,
  );
}

/** In words at a share of 10 %. */
function words(query: string, condition?: string): string {
  return sightWords(sightOf(query, condition), 10);
}

const ok = 'http_requests_total{service="checkout-canary",status!~"5.."}[2m]';
const all = 'http_requests_total{service="checkout-canary"}[2m]';

// query, condition, what is said at 10 %
const table: readonly (readonly [query: string, condition: string, said: string])[] = [
  // canary: by Service, as scrapes, meshes and ingresses call it
  [`sum(rate(${ok})) / sum(rate(${all}))`, 'result[0] >= 0.95', 'canary (service="checkout-canary")'],
  ['sum(rate(x_total{job="checkout-canary"}[2m]))', 'result[0] < 5', 'canary (job="checkout-canary")'],
  ['sum(rate(x_total{job=~"checkout-canary"}[2m]))', 'result[0] < 5', 'canary (job=~"checkout-canary")'],
  [
    'sum(rate(istio_requests_total{destination_service=~"checkout-canary.shop.svc.cluster.local"}[2m]))',
    'result[0] < 5',
    'canary (destination_service=~"checkout-canary.shop.svc.cluster.local")',
  ],
  [
    'sum(rate(istio_requests_total{destination_service_name="checkout-canary"}[2m]))',
    'result[0] < 5',
    'canary (destination_service_name="checkout-canary")',
  ],
  [
    'sum(rate(nginx_ingress_controller_requests{canary="shop-checkout-canary-80"}[2m]))',
    'result[0] < 5',
    'canary (canary="shop-checkout-canary-80")',
  ],
  [
    'envoy_cluster_upstream_rq{envoy_cluster_name="outbound|80||checkout-canary.shop.svc.cluster.local"}',
    'result[0] < 5',
    'canary (envoy_cluster_name="outbound|80||checkout-canary.shop.svc.cluster.local")',
  ],
  // canary: by hash, wherever it stands
  ['up{rollouts_pod_template_hash="7c9d8f6b54"}', 'result[0] == 1', 'canary (rollouts_pod_template_hash="7c9d8f6b54")'],
  ['up{pod=~"checkout-7c9d8f6b54-.*"}', 'result[0] == 1', 'canary (pod=~"checkout-7c9d8f6b54-.*")'],
  [
    'up{pod=~"checkout-7c9d8f6b54-[a-z0-9]+"} offset 1m',
    'result[0] == 1',
    'canary (pod=~"checkout-7c9d8f6b54-[a-z0-9]+")',
  ],
  // canary: by labels that only its pods carry
  ['sum(rate(x_total{app="checkout",version="2.0.0"}[2m]))', 'result[0] < 5', 'canary (version="2.0.0")'],
  [
    'sum(kube_pod_labels{label_example_com_track="canary"})',
    'result[0] < 5',
    'canary (label_example_com_track="canary")',
  ],
  // canary: joined on the pods that are its own
  [
    'sum(rate(x_total[2m]) * on(pod) group_left() kube_pod_labels{label_rollouts_pod_template_hash="7c9d8f6b54"})',
    'result[0] < 5',
    'canary (label_rollouts_pod_template_hash="7c9d8f6b54")',
  ],
  [
    'sum(rate(x_total[2m]) and on(namespace, pod) kube_pod_labels{label_rollouts_pod_template_hash="7c9d8f6b54"})',
    'result[0] < 5',
    'canary (label_rollouts_pod_template_hash="7c9d8f6b54")',
  ],
  // canary: compared with stable, or without errors yet
  [
    `sum(rate(${all})) / sum(rate(x_total{service="checkout-stable"}[2m]))`,
    'result[0] < 2',
    'canary (service="checkout-canary")',
  ],
  [`(sum(rate(${ok})) or vector(0)) / sum(rate(${all}))`, 'result[0] >= 0.95', 'canary (service="checkout-canary")'],
  [
    `histogram_quantile(0.95, sum by (le) (rate(d_bucket{service="checkout-canary"}[2m])))`,
    'result[0] < 1',
    'canary (service="checkout-canary")',
  ],
  [`scalar(sum(rate(${all})))`, 'result < 5', 'canary (service="checkout-canary")'],
  [`max_over_time(sum(rate(${all}))[5m:30s])`, 'result[0] < 5', 'canary (service="checkout-canary")'],

  // all traffic: errors
  [
    'sum(rate(r_total{status!~"5.."}[2m])) / sum(rate(r_total[2m]))',
    'result[0] >= 0.95',
    'all traffic: can see only ≥ 50 % errors at 10 %',
  ],
  [
    'sum(rate(r_total{status=~"5.."}[2m])) / sum(rate(r_total[2m]))',
    'result[0] < 0.01',
    'all traffic: can see only ≥ 10 % errors at 10 %',
  ],
  ['100 * sum(rate(r_total{status=~"5.."}[2m])) / sum(rate(r_total[2m]))', 'result[0] < 100 && true', undivided],
  [
    'sum(rate(r_total{status=~"5.."}[2m])) / sum(rate(r_total[2m])) * 100',
    'result[0] <= 2.5',
    'all traffic: can see only ≥ 25 % errors at 10 %',
  ],
  [
    '1 - sum(rate(r_total{status=~"5.."}[2m])) / sum(rate(r_total[2m]))',
    'result[0] >= 0.9',
    'all traffic: can see only ≥ 100 % errors at 10 %',
  ],
  [
    '1 - (1 - sum(rate(r_total{code!~"5.."}[2m])) / sum(rate(r_total[2m]))) / 0.05',
    'result[0] >= 0.05',
    'all traffic: can see only ≥ 47.5 % errors at 10 %',
  ],
  [
    'sum(rate(errors_total[2m])) / sum(rate(requests_total[2m]))',
    'result[0] < 0.2',
    'all traffic: at 10 % it sees no fault of the canary, not even 100 % errors',
  ],
  [
    '(sum(rate(r_total{code=~"5.."}[2m])) or vector(0)) / sum(rate(r_total[2m]))',
    'result[0] < 0.02',
    'all traffic: can see only ≥ 20 % errors at 10 %',
  ],
  // all traffic: latency
  [
    'histogram_quantile(0.95, sum(rate(d_bucket[2m])) by (le))',
    'result[0] < 0.5',
    'all traffic: can see only ≥ 50 % slow requests at 10 %',
  ],
  [
    'histogram_quantile(0.99, sum(rate(d_bucket[2m])) by (le)) * 1000',
    'result[0] < 500',
    'all traffic: can see only ≥ 10 % slow requests at 10 %',
  ],
  [
    'histogram_quantile(0.5, sum(rate(d_bucket[2m])) by (le))',
    'result[0] < 0.5',
    'all traffic: at 10 % it sees no fault of the canary, not even 100 % slow requests',
  ],
  [
    'sum(rate(d_bucket{le="0.5"}[2m])) / sum(rate(d_count[2m]))',
    'result[0] >= 0.99',
    'all traffic: can see only ≥ 10 % slow requests at 10 %',
  ],
  // all traffic: what is no share of requests
  ['sum(rate(d_seconds_sum[2m])) / sum(rate(d_seconds_count[2m]))', 'result[0] < 0.5', undivided],
  ['avg(container_memory_working_set_bytes{pod=~"checkout-.*"})', 'result[0] < 1e9', undivided],
  ['sum(rate(orders_total[2m])) / sum(rate(visits_total[2m]))', 'result[0] > 0.02', undivided],
  ['sum(rate(r_total{path="/pay"}[2m])) / sum(rate(r_total[2m]))', 'result[0] > 0.02', undivided],
  // all traffic: in doubt
  ['up{pod=~"checkout-(7c9d8f6b54|5f6d4c7b98)-.*"}', 'result[0] == 1', undivided],
  ['up{pod=~"checkout-(7c9d8f6b54)?-.*"}', 'result[0] == 1', undivided],
  ['up{rollouts_pod_template_hash!="5f6d4c7b98"}', 'result[0] == 1', undivided],
  ['sum(x{service=~"checkout-.*"})', 'result[0] < 5', undivided],
  ['sum(x{service=~"checkout-canary|checkout-stable"})', 'result[0] < 5', undivided],
  ['sum(x{pod="checkout-canary"})', 'result[0] < 5', undivided],
  ['sum(x{app="checkout-canary"})', 'result[0] < 5', undivided],
  ['sum(x{track="canary"})', 'result[0] < 5', undivided],
  ['sum(x{service="checkout-canary"} offset 1d)', 'result[0] < 5', undivided],
  ['sum(x{service="checkout-canary"} @ 1600000000)', 'result[0] < 5', undivided],
  [`sum(rate(${ok})) / sum(rate(r_total[2m]))`, 'result[0] < 5', undivided],
  [`sum(rate(${all})) or sum(rate(x_total{service="checkout-stable"}[2m]))`, 'result[0] < 5', undivided],
  ['sum(rate(x_total[2m])) * on() group_left() kube_pod_labels{label_version="2.0.0"}', 'result[0] < 5', undivided],
  ['count(up{job="checkout"})', 'result[0] > 2', undivided],

  // blind: makes up a number
  [
    `sum(rate(${ok})) / sum(rate(${all})) or vector(0)`,
    'result[0] >= 0.95',
    'blind: answers 0 without data, which fails',
  ],
  ['sum(rate(errors_total[2m])) or vector(0)', 'result[0] < 5', 'blind: answers 0 without data, which passes'],
  ['sum(rate(errors_total[2m])) or on() vector(0)', 'result[0] < 5', 'blind: answers 0 without data, which passes'],
  [
    '(sum(rate(x_total{service="checkout-canary"}[2m])) OR on() vector(1)) * 100',
    'result[0] > 95',
    'blind: answers 100 without data, which passes',
  ],
  [
    'clamp_min(sum(rate(x_total[2m])) or vector(0), 0.5)',
    'result[0] < 5',
    'blind: answers 0.5 without data, which passes',
  ],
  ['count(up or vector(1))', 'result[0] >= 1', 'blind: answers 1 without data, which passes'],
  [
    'max_over_time((sum(rate(x_total[2m])) or vector(0))[5m:1m])',
    'result[0] < 5',
    'blind: answers 0 without data, which passes',
  ],
  ['vector(0) or sum(rate(x_total[2m]))', 'result[0] < 5', 'blind: answers 0 without data, which passes'],
  ['sum(rate(x_total[2m])) or time() - 5 * vector(1)', 'result[0] < 5', 'blind: answers a number without data'],
  ['absent(up{job="checkout"})', 'result[0] == 1', 'blind: answers 1 without data, which passes'],
  [
    'sum(rate(a_total[2m])) / fill(1) sum(rate(b_total[2m])) or vector(7)',
    'result[0] > 1',
    'blind: answers 7 without data, which passes',
  ],
  ['sum(rate(x_total[2m])) or absent(x_total) * 0', 'result[0] >= 0.95', 'blind: answers 0 without data, which fails'],
  ['1 - absent(up{job="checkout"})', 'result[0] == 1', undivided],
  // blind: silence passes
  ['sum(rate(errors_total[2m])) > 5', 'len(result) == 0', 'blind: no data passes (len(result) == 0)'],
  [
    'sum(rate(errors_total[2m]))',
    'len(result) == 0 || result[0] < 5',
    'blind: no data passes (len(result) == 0 || result[0] < 5)',
  ],
  // blind: looks elsewhere, or nowhere
  [
    'sum(rate(x_total{service="checkout-stable"}[2m]))',
    'result[0] < 5',
    'blind: sees only stable pods (service="checkout-stable")',
  ],
  [
    'up{pod=~"checkout-5f6d4c7b98-.*"}',
    'result[0] == 1',
    'blind: sees only stable pods (pod=~"checkout-5f6d4c7b98-.*")',
  ],
  ['vector(1)', 'result[0] == 1', 'blind: asks for no metric'],
  ['1 + 1', 'result == 2', 'blind: asks for no metric'],

  // what looks blind and is not: without data there is no number, or only NaN
  ['absent(up{job="checkout"})', 'result[0] == 0', undivided],
  ['scalar(up{job="checkout"})', 'result == 1', undivided],
  ['count(up{job="checkout"} == 0)', 'result[0] < 1', undivided],
  [
    'histogram_quantile(0.95, sum(rate(d_bucket[2m])) by (le) or vector(0))',
    'result[0] < 1',
    'all traffic: can see only ≥ 50 % slow requests at 10 %',
  ],
  ['sum(rate(a_total[2m])) / (sum(rate(b_total[2m])) or vector(1))', 'result[0] > 1', undivided],
  ['vector(0) and on() sum(up)', 'result[0] == 0', undivided],

  // not read
  ['sum(rate(x_total[2m])', 'result[0] < 5', 'not read: its query has a mistake, or is too long'],
  ['', 'result[0] < 5', 'not read: its query has a mistake, or is too long'],
];

describe('what a metric can see', () => {
  it.each(table)('%s, %s', (query, condition, said) => {
    expect(words(query, condition)).toBe(said);
  });

  it('is canary only for what this rollout calls so', () => {
    const query = 'sum(rate(x_total{service="checkout-canary"}[2m]))';
    expect(sightOf(query, 'result[0] < 5', {}).kind).toBe('allTraffic');
    expect(sightOf(query, 'result[0] < 5', { canaryService: 'cart-canary', stableService: 'cart' }).kind).toBe(
      'allTraffic',
    );
    // One Service for both tells nobody apart, nor do two revisions of one hash.
    expect(
      sightOf(query, 'result[0] < 5', { canaryService: 'checkout-canary', stableService: 'checkout-canary' }).kind,
    ).toBe('allTraffic');
    expect(sightOf('up{h="abc"}', 'result[0] < 5', { canaryHash: 'abc', stableHash: 'abc' }).kind).toBe('allTraffic');
  });

  it('reads a pattern that fits the stable Service as both', () => {
    const named: SightScope = { namespace: 'shop', canaryService: 'checkout', stableService: 'checkout-stable' };
    expect(sightOf('x{service=~"checkout.*"}', 'result[0] < 5', named).kind).toBe('allTraffic');
    expect(sightOf('x{service="checkout"}', 'result[0] < 5', named).kind).toBe('canary');
  });

  it('says no share where there is none to say', () => {
    const sight = sightOf('sum(rate(r_total{status!~"5.."}[2m])) / sum(rate(r_total[2m]))');
    expect([undefined, 0, 0.1, 100].map((percent) => sightWords(sight, percent))).toEqual([
      'all traffic',
      'all traffic: at 0 % the canary has no traffic',
      'all traffic: at 0.1 % it sees no fault of the canary, not even 100 % errors',
      'all traffic',
    ]);
  });

  it('does not read other providers', () => {
    const metric = Metric.parse({ name: 'm', provider: { web: { url: 'http://x' } } });
    expect(sightWords(readSight(metric, scope), 10)).toBe('not read: provider web');
  });

  it.each([
    ['deep', `${'('.repeat(5000)}x${')'.repeat(5000)}`],
    ['deep to the left', `x${' + x'.repeat(4000)}`],
    ['deep calls', `${'abs('.repeat(3000)}x${')'.repeat(3000)}`],
    ['long', `{a="${'b'.repeat(1_000_000)}"}`],
  ])('gives up on a query that is too %s', (_, query) => {
    expect(sightOf(query).kind).toBe('unread');
  });

  it('never throws, whatever stands in a query', () => {
    const parts = fc.constantFrom(
      'sum',
      '(',
      ')',
      'rate',
      '{a="',
      '"}',
      '[2m]',
      'or',
      'vector',
      '0',
      '/',
      'x',
      ' ',
      'on',
      ',',
      'by',
      '"',
      '{',
      '=~',
      '[',
      '@',
      'offset',
    );
    fc.assert(fc.property(fc.array(parts, { maxLength: 25 }), (words) => void sightOf(words.join(''))));
    fc.assert(fc.property(fc.string(), fc.string(), (query, condition) => void sightOf(query, condition)));
  });
});

describe('the smallest fault that crosses the limit', () => {
  const sight = sightOf('sum(rate(r_total{status!~"5.."}[2m])) / sum(rate(r_total[2m]))', 'result[0] >= 0.95');

  it.each([
    [5, 100],
    [10, 50],
    [25, 20],
    [100, 5],
  ])('at %d %% of the requests: %d %% errors', (percent, fault) => {
    expect(smallestVisibleFault(sight, percent)).toBeCloseTo(fault, 9);
  });

  it('is what the arithmetic of two shares says, for any limit and weight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 100 }), (weight, permille) => {
        const limit = permille / 1000;
        const seen = sightOf('sum(rate(errors_total[2m])) / sum(rate(r_total[2m]))', `result[0] <= ${limit}`);
        const fault = smallestVisibleFault(seen, weight) ?? Number.NaN;
        // The canary fails by this much, stable not at all: the whole is just at its limit.
        expect((weight / 100) * (fault / 100)).toBeCloseTo(limit, 9);
      }),
    );
  });
});

const Documents = z.array(
  z.looseObject({
    kind: z.string(),
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({ metrics: z.array(z.looseObject({ name: z.string() })).optional() }).optional(),
  }),
);

describe('metrics that people run', () => {
  // Of each example's own Services; `checkout-slo` gets its Service as an argument of the Rollout.
  const examples: Readonly<
    Record<string, { readonly scope: SightScope; readonly said: Readonly<Record<string, string>> }>
  > = {
    'checkout/analysis.yaml': {
      scope: { namespace: 'shop', canaryService: 'checkout-canary', stableService: 'checkout-stable' },
      said: {
        'checkout-slo/success-rate': 'canary (service="checkout-canary")',
        'checkout-slo/latency-p95': 'canary (service="checkout-canary")',
      },
    },
    'migrating/analysis.yaml': {
      scope: { namespace: 'shop', canaryService: 'accounts-canary', stableService: 'accounts-stable' },
      said: {
        'flyway/migration': 'not read: provider job',
        'accounts-slo/success-rate': 'canary (service="accounts-canary")',
      },
    },
    'orchestrator/analysis.yaml': {
      scope: { namespace: 'amas', canaryService: 'orchestrator-canary', stableService: 'orchestrator-stable' },
      said: {
        'success-rate/success-rate': 'canary (service="orchestrator-canary")',
        'latency-p95/latency-p95': 'canary (service="orchestrator-canary")',
        'error-budget/error-budget': 'canary (service="orchestrator-canary")',
        'health-check/pods-ready': undivided,
      },
    },
    // Of a Deployment no Service tells the pods that come from those that go.
    'rolling/analysis.yaml': {
      scope: { namespace: 'catalog' },
      said: { 'success-rate/success-rate': 'all traffic: can see only ≥ 50 % errors at 10 %' },
    },
    'storefront/analysis.yaml': {
      scope: { namespace: 'storefront', canaryService: 'storefront-active' },
      said: {
        'smoke/smoke': 'not read: provider job',
        'success-rate/success-rate': 'canary (service="storefront-active")',
      },
    },
  };
  const folder = `${import.meta.dirname}/../../../../manifests/examples`;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  const found = files.flatMap((file) =>
    Documents.parse(
      parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8')).map((document): unknown => document.toJS()),
    )
      .filter(({ kind }) => /AnalysisTemplate$/.test(kind))
      .flatMap(({ metadata, spec }) =>
        (spec?.metrics ?? []).map((metric) => ({ file, name: `${metadata.name}/${metric.name}`, metric })),
      ),
  );

  it('finds them', () => {
    expect(found.length).toBeGreaterThanOrEqual(6);
  });

  it.each(found)('$file: $name', ({ file, name, metric }) => {
    const example = examples[file];
    const resolved: unknown = JSON.parse(JSON.stringify(metric).replaceAll('{{args.service}}', 'checkout-canary'));
    expect(sightWords(readSight(Metric.parse(resolved), example?.scope ?? {}), 10)).toBe(example?.said[name]);
  });

  // From the guides whose users we serve; their Services are unknown, so nothing is called canary.
  const guides: readonly (readonly [query: string, condition: string, said: string])[] = [
    [
      'sum(rate(http_requests_total{status=~"2.."}[5m])) /\nsum(rate(http_requests_total[5m]))',
      'result[0] >= 0.95',
      'all traffic: can see only ≥ 50 % errors at 10 %',
    ],
    [
      'sum(rate(http_requests_total{status=~"5.."}[5m])) /\nsum(rate(http_requests_total[5m]))',
      'result[0] <= 0.05',
      'all traffic: can see only ≥ 50 % errors at 10 %',
    ],
    [
      'histogram_quantile(0.95,\n  sum(rate(http_request_duration_milliseconds_bucket[5m])) by (le)\n)',
      'result[0] <= 1000',
      'all traffic: can see only ≥ 50 % slow requests at 10 %',
    ],
    [
      'sum(rate(http_requests_total{status!~"5.."}[2m])) / sum(rate(http_requests_total[2m]))',
      'result[0] >= 0.95',
      'all traffic: can see only ≥ 50 % errors at 10 %',
    ],
    [
      'histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket[2m])) by (le))',
      'result[0] <= 3.0',
      'all traffic: can see only ≥ 50 % slow requests at 10 %',
    ],
    [
      '(sum(rate(http_requests_total{status!~"5.."}[2m])) / sum(rate(http_requests_total[2m]))) - 0.99',
      'result[0] >= -0.04',
      'all traffic: can see only ≥ 50 % errors at 10 %',
    ],
    ['sum(rate(custom_metric_total[2m]))\n', 'result[0] >= 0.95', undivided],
    [
      '(\n  sum(kube_pod_status_ready{condition="true",namespace="tbyte",pod=~"tbyte-microservices-frontend-.*"}) or vector(0)\n) / (\n  sum(kube_pod_status_ready{namespace="tbyte",pod=~"tbyte-microservices-frontend-.*"}) or vector(1)\n)',
      'result[0] >= 0.8',
      'blind: answers 0 without data, which fails',
    ],
    [
      'avg(rate(container_cpu_usage_seconds_total{namespace="tbyte",pod=~"tbyte-microservices-frontend-.*",container!="POD",container!=""}[1m])) or vector(0)',
      'result[0] <= 0.8',
      'blind: answers 0 without data, which passes',
    ],
    [
      'sum(rate(http_requests_total{job="tbyte-microservices",status=~"5.."}[5m])) / \nsum(rate(http_requests_total{job="tbyte-microservices"}[5m])) or vector(0)',
      'result[0] <= 0.05',
      'blind: answers 0 without data, which passes',
    ],
    [
      'histogram_quantile(0.95, \n  sum(rate(http_request_duration_seconds_bucket{job="tbyte-microservices"}[5m])) by (le)\n) or vector(0)',
      'result[0] <= 0.5',
      'blind: answers 0 without data, which passes',
    ],
    ['rate(http_requests_total{job="modelcard-canary",status=~"5.."}[5m])', 'result[0] < 0.05', undivided],
    ['rate(http_requests_total{job="modelcard",status=~"5.."}[5m])*100', 'result[0] < 5', undivided],
    [
      'histogram_quantile(0.95,rate(http_request_duration_seconds_bucket{job="modelcard"}[5m]))*1000',
      'result[0] < 500',
      'all traffic: can see only ≥ 50 % slow requests at 10 %',
    ],
    [
      'rate(kube_pod_container_status_restarts_total{pod=~"modelcard-generator-.*"}[5m])',
      'result[0] <= 0.1',
      undivided,
    ],
    [
      'sum(rate(http_requests_total{service="vitalstream-prod-backend",status=~"5.."}[5m])) / \nsum(rate(http_requests_total{service="vitalstream-prod-backend"}[5m]))',
      'result[0] < 0.01',
      'all traffic: can see only ≥ 10 % errors at 10 %',
    ],
    [
      'histogram_quantile(0.95,\n  sum(rate(http_request_duration_seconds_bucket{service="vitalstream-prod-backend"}[5m])) by (le))',
      'result[0] < 0.5',
      'all traffic: can see only ≥ 50 % slow requests at 10 %',
    ],
    [
      'sum(rate(http_requests_total{service="vitalstream-prod-backend",status!~"5.."}[5m])) / \nsum(rate(http_requests_total{service="vitalstream-prod-backend"}[5m]))',
      'result[0] > 0.99',
      'all traffic: can see only ≥ 10 % errors at 10 %',
    ],
    ['sum(rate(http_requests_total{service="vitalstream-prod-backend"}[5m]))', 'result[0] > 1', undivided],
  ];

  it.each(guides)('%s, %s', (query, condition, said) => {
    expect(sightWords(sightOf(query, condition, {}), 10)).toBe(said);
  });

  it('knows a canary of the guides by its Service', () => {
    const known = { canaryService: 'modelcard-canary', stableService: 'modelcard-stable' };
    expect(sightOf('rate(x_total{job="modelcard-canary"}[5m])', 'result[0] < 0.05', known).kind).toBe('canary');
  });
});
