import fc from 'fast-check';
import type { Sight } from '../../src/analysis/index.ts';
import type { Delivery, MetricLine } from '../../src/rollout/index.ts';
import { aDelivery, aSeries, deliveryStates, noonMs } from './a-delivery.ts';

/** What people and machines put into names and messages, at their worst. */
export const nastyWords = fc.oneof(
  fc.constantFrom(
    '<!channel>',
    '<@U0DANA>',
    '<!here|here>',
    '<http://evil.example|click>',
    '*bold* _it_ ~no~ `code`',
    '```\nblock\n```',
    '&amp;&lt;',
    'עברית שלום \u202egnp.exe',
    '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(30),
    '\u0000\u0007\u2028\u200b',
    'a\ud800b',
    '',
    ' ',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 253 }),
  fc.constantFrom('x'.repeat(253), '&'.repeat(10_000), '<'.repeat(10_000), 'é'.repeat(10_000), '*_~`'.repeat(2500)),
);

/** Kubernetes would never allow most of these; what it allows is 253 characters of ASCII. */
const nastyName = nastyWords.map((words) => words.replace(/[^ -~]/g, 'x').slice(0, 253));

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, 1, 0.95, Number.NaN, Number.POSITIVE_INFINITY, -0),
);

const sight: fc.Arbitrary<Sight> = fc.oneof(
  fc.record({ kind: fc.constant('canary'), by: nastyWords }),
  fc.record({ kind: fc.constant('allTraffic'), faults: fc.constantFrom(undefined, { share: 0.05, of: 'errors' }) }),
  fc.record({
    kind: fc.constant('blind'),
    because: fc.oneof(
      fc.record({ kind: fc.constant('passesWithoutData'), condition: nastyWords }),
      fc.record({ kind: fc.constant('answersWithoutData'), answer: number, verdict: fc.constant('passes') }),
    ),
  }),
  fc.record({ kind: fc.constant('unread'), why: nastyWords }),
) as fc.Arbitrary<Sight>;

const metric: fc.Arbitrary<MetricLine> = fc.record({
  name: nastyWords,
  verdict: fc.constantFrom('passing', 'failing', 'noData', 'inconclusive', 'waiting', 'failed', 'passed', 'watch'),
  value: fc.option(number, { nil: undefined }),
  limit: fc.option(fc.record({ comparison: fc.constantFrom('<', '<=', '>', '>='), value: number }), { nil: undefined }),
  condition: fc.option(nastyWords, { nil: undefined }),
  taken: fc.nat(1000),
  planned: fc.nat(1000),
  failed: fc.nat(1000),
  message: fc.option(nastyWords, { nil: undefined }),
  sight: fc.option(sight, { nil: undefined }),
});

const series = fc
  .tuple(fc.array(fc.option(number, { nil: undefined }), { maxLength: 60 }), nastyWords, metric, fc.nat(90_000))
  .map(([values, name, { limit }, gapMs]) => ({
    ...aSeries(values),
    metric: name,
    limit,
    points: values.map((value, index) => ({ atMs: noonMs + index * gapMs, value, isFailed: false })),
  }));

const git: fc.Arbitrary<NonNullable<Delivery['git']>> = fc.record({
  tool: fc.constantFrom('argo-cd', 'flux'),
  source: fc.record({
    kind: fc.constantFrom('Application', 'Kustomization', 'HelmRelease'),
    namespace: fc.option(nastyWords, { nil: undefined }),
    name: nastyWords,
  }),
  putsBack: fc.constantFrom('yes', 'no', 'unknown'),
  link: fc.option(nastyWords, { nil: undefined }),
  file: fc.option(nastyWords, { nil: undefined }),
  asksFor: fc.option(nastyWords, { nil: undefined }),
  isAtOdds: fc.boolean(),
  putBack: fc.option(
    fc.record({
      manager: nastyWords,
      at: nastyWords,
      field: nastyWords,
      from: nastyWords,
      to: nastyWords,
      sinceRevision: fc.nat(9),
    }),
    { nil: undefined },
  ),
});

const contest: fc.Arbitrary<NonNullable<Delivery['contest']>> = fc.record({
  podHash: fc.constant('abc'),
  count: fc.nat(99),
  manager: nastyWords,
  atMs: number,
  what: nastyWords,
  retryAtMs: number,
});

/** Any rollout revision that the types allow. */
export const anyDelivery: fc.Arbitrary<Delivery> = fc
  .record({
    state: fc.constantFrom(...deliveryStates, 'stuck' as const),
    rolling: fc.option(
      fc.record({
        canaryPods: fc.nat(5000),
        stablePods: fc.nat(5000),
        soakEndsAtMs: fc.constantFrom(noonMs, undefined),
      }),
      { nil: undefined },
    ),
    name: nastyName,
    namespace: nastyName.map((name) => name.slice(0, 63)),
    fromImage: fc.option(nastyWords, { nil: undefined }),
    toImage: nastyWords,
    weightPercent: number,
    weights: fc.array(fc.record({ percent: number, state: fc.constantFrom('done', 'current', 'ahead') }), {
      maxLength: 30,
    }),
    metrics: fc.array(metric, { maxLength: 40 }),
    nextAtMs: fc.option(number, { nil: undefined }),
    nextPercent: fc.option(number, { nil: undefined }),
    reason: fc.option(nastyWords, { nil: undefined }),
    guilty: fc.option(metric, { nil: undefined }),
    verification: fc.array(
      fc.record({
        check: fc.constantFrom('weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'),
        isDone: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    series: fc.option(series, { nil: undefined }),
    startedBy: fc.option(nastyWords, { nil: undefined }),
    isUndo: fc.boolean(),
    approvals: fc.option(fc.record({ by: fc.array(nastyWords, { maxLength: 5 }), needed: fc.nat(5) }), {
      nil: undefined,
    }),
    startedAtMs: fc.option(number, { nil: undefined }),
    finishedAtMs: fc.option(number, { nil: undefined }),
    analysis: nastyWords,
    git: fc.option(git, { nil: undefined }),
    contest: fc.option(contest, { nil: undefined }),
  })
  .map(({ state, analysis, git: side, contest: rival, rolling, ...rest }) => {
    const owned = { ...(side === undefined ? {} : { git: side }), ...(rolling === undefined ? {} : { rolling }) };
    const whole = aDelivery(state, { ...rest, ...owned, ...(rival === undefined ? {} : { contest: rival }) });
    return { ...whole, binding: { ...whole.binding, analysis } };
  });
