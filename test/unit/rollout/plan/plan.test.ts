import { describe, expect, it } from 'vitest';
import { AnalysisTemplate, type Metric } from '../../../../src/analysis/index.ts';
import { measuredIn, type Plan, planRollout, type Rollout, type World } from '../../../../src/rollout/index.ts';
import { anImage, aQuietWorld } from '../../../support/a-plan.ts';
import { aRollout } from '../../../support/builders.ts';

const analysis = { analysis: { templates: [{ templateName: 'slo' }] } };

function planOf(rollout: Rollout, change: Partial<World> = {}): Plan {
  return planRollout(aQuietWorld(rollout, change), [anImage]);
}

function templateOf(metrics: readonly Partial<Metric>[], args: readonly object[] = []): Partial<World> {
  const complete = metrics.map((metric, index) => ({
    name: `m${index}`,
    successCondition: 'result[0] < 1',
    provider: { prometheus: { query: 'sum(x)' } },
    ...metric,
  }));
  const spec = { metrics: complete, args };
  const template = AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name: 'slo', namespace: 'shop' },
    spec,
  });
  return { templates: { 'AnalysisTemplate/slo': template } };
}

describe('the plan of a canary', () => {
  it('says each step with the share it happens at', () => {
    const rollout = aRollout()
      .routed()
      .steps(
        { setWeight: 10 },
        { pause: { duration: '90s' } },
        analysis,
        { setCanaryScale: { replicas: 3 } },
        { setWeight: 60 },
        { pause: {} },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: { duration: 5 } },
      )
      .build();
    const plan = planOf(rollout);
    expect(plan.steps.map((step) => (step.kind === 'analysis' ? { ...step, analysis: 'slo' } : step))).toEqual([
      { kind: 'weight', percent: 10 },
      { kind: 'pause', seconds: 90, atPercent: 10 },
      { kind: 'analysis', atPercent: 10, analysis: 'slo' },
      { kind: 'scale', to: { replicas: 3 } },
      { kind: 'weight', percent: 60 },
      { kind: 'gate', atPercent: 60 },
      { kind: 'scale', to: 'traffic' },
      { kind: 'pause', seconds: 5, atPercent: 60 },
    ]);
    expect(plan).toMatchObject({ routers: ['nginx'], gates: 1, images: [anImage], problems: [], underWay: undefined });
    // Two waits, and three measurements ten seconds apart; a gate has no end of its own.
    expect(plan.time).toEqual({ leastMs: 115_000, mostMs: undefined });
  });

  it('reads weights of another scale as percent', () => {
    const rollout = aRollout()
      .canary({
        canaryService: 'checkout-canary',
        stableService: 'checkout-stable',
        trafficRouting: { nginx: { stableIngress: 'x' }, maxTrafficWeight: 1000 },
      })
      .steps({ setWeight: 25 }, analysis)
      .build();
    expect(planOf(rollout).steps).toMatchObject([{ percent: 3 }, { atPercent: 3 }]);
  });

  it.each<[string, readonly Partial<Metric>[], Plan['time']]>([
    ['three measurements', [{ count: 3, interval: '10s' }], { leastMs: 20_000, mostMs: 20_000 }],
    ['one measurement', [{}], { leastMs: 0, mostMs: 0 }],
    [
      'a delay before the first',
      [{ count: 2, interval: '10s', initialDelay: '1m' }],
      { leastMs: 70_000, mostMs: 70_000 },
    ],
    [
      'the longest of several',
      [
        { count: 2, interval: '10s' },
        { count: 5, interval: '1m' },
      ],
      { leastMs: 240_000, mostMs: 240_000 },
    ],
    [
      'an early end by successes',
      [{ count: 10, interval: '10s', consecutiveSuccessLimit: 3, failureLimit: -1 }],
      { leastMs: 20_000, mostMs: 90_000 },
    ],
    [
      'successes without a count',
      [{ interval: '10s', consecutiveSuccessLimit: 4 }],
      { leastMs: 30_000, mostMs: 30_000 },
    ],
    ['no end at all', [{ interval: '10s' }], { leastMs: 0, mostMs: undefined }],
    ['a count that is a text', [{ count: '4', interval: '5s' }], { leastMs: 15_000, mostMs: 15_000 }],
  ])('expects the time of %s', (_, metrics, time) => {
    const rollout = aRollout().routed().steps({ setWeight: 10 }, analysis).build();
    expect(planOf(rollout, templateOf(metrics)).time).toEqual(time);
  });

  it('does not wait for a metric on trial', () => {
    const steps = [{ setWeight: 10 }, { analysis: { ...analysis.analysis, dryRun: [{ metricName: 'm1' }] } }];
    const plan = planOf(
      aRollout()
        .routed()
        .steps(...steps)
        .build(),
      templateOf([
        { count: 2, interval: '1s' },
        { count: 2, interval: '1h' },
      ]),
    );
    expect(plan.time.leastMs).toBe(1000);
    expect(measuredIn(plan)[0]?.analysis.metrics.map(({ isDryRun }) => isDryRun)).toEqual([false, true]);
  });

  it('names the same analysis once, with every share it is measured at', () => {
    const rollout = aRollout()
      .routed()
      .steps({ setWeight: 25 }, analysis, { setWeight: 10 }, analysis, { setWeight: 50 }, analysis)
      .build();
    expect(measuredIn(planOf(rollout)).map(({ atPercents }) => atPercents)).toEqual([[10, 25, 50]]);
  });

  it('measures in the background from the first share that is not 0', () => {
    const rollout = aRollout()
      .routed()
      .canary({ analysis: { ...analysis.analysis, startingStep: 1 } })
      .steps({ setWeight: 0 }, { pause: { duration: 1 } }, { setWeight: 20 })
      .build();
    const plan = planOf(rollout);
    expect(plan.background).toMatchObject({ fromStep: 1, atPercent: 20 });
    expect(measuredIn(plan)).toMatchObject([{ isBackground: true, atPercents: [20] }]);
    expect(plan.time.leastMs).toBe(1000);
  });

  it.each([
    [{ count: 2 }, 'metrics[0]: interval must be specified when count > 1'],
    [{ interval: '10' }, 'metrics[0]: invalid interval string: time: missing unit in duration "10"'],
    [{ failureLimit: -2 }, 'metrics[0]: failureLimit must be >= 0, or -1 to be disabled'],
    [{ provider: {} }, 'metrics[0]: no provider specified'],
    [{ provider: { web: {}, prometheus: { query: 'up' } } }, 'metrics[0]: multiple providers specified'],
  ])('says of a metric %j that its run would end before it begins', (metric, problem) => {
    const rollout = aRollout().routed().steps({ setWeight: 10 }, analysis).build();
    expect(measuredIn(planOf(rollout, templateOf([metric])))[0]?.analysis.problem).toBe(
      `Analysis spec invalid: ${problem}`,
    );
  });

  it('says in words of Argo why an analysis cannot be', () => {
    const rollout = aRollout().routed().steps({ setWeight: 10 }, analysis).build();
    expect(measuredIn(planOf(rollout, { templates: {} }))[0]?.analysis.problem).toBe(
      "AnalysisTemplate 'slo' not found",
    );
    const waiting = templateOf([{}], [{ name: 'service' }]);
    expect(measuredIn(planOf(rollout, waiting))[0]?.analysis.problem).toBe('args.service was not resolved');
    expect(planOf(rollout, waiting).problems.join(' ')).toContain('args.service was not resolved');
  });

  it.each([
    ['nothing yet', {}, undefined],
    ['all promoted', { stableRS: 'a', currentPodHash: 'a' }, undefined],
    [
      'on its way',
      { stableRS: 'a', currentPodHash: 'b', currentStepIndex: 2 },
      { step: 2, isAborted: false, isPaused: false },
    ],
    ['aborted', { stableRS: 'a', currentPodHash: 'b', abort: true }, { step: 0, isAborted: true, isPaused: false }],
  ])('says what is under way: %s', (_, status, underWay) => {
    expect(planOf(aRollout().status(status).build()).underWay).toEqual(underWay);
  });
});

describe('what its metrics can see', () => {
  const args = [
    { name: 'service', value: 'checkout-canary' },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
    { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' } },
    { name: 'app', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
  ];
  const declared = [
    { name: 'service' },
    { name: 'hash' },
    { name: 'old' },
    { name: 'app' },
    { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ];
  const queries = [
    'sum(x{service="{{args.service}}"})',
    'sum(x{pod=~"checkout-{{ args.hash }}-.*"})',
    'sum(x{hash="{{args.old}}"})',
    'sum(x{app="{{args.app}}"})',
    'sum(x{token="{{args.token}}"})',
  ];
  const world = templateOf(
    queries.map((query) => ({ provider: { prometheus: { query } } })),
    declared,
  );
  const steps = [{ setWeight: 10 }, { analysis: { ...analysis.analysis, args } }];

  function seen(plan: Plan): readonly unknown[] {
    return (measuredIn(plan)[0]?.analysis.metrics ?? []).map(({ sight, waitsFor }) => [sight.kind, ...waitsFor]);
  }

  it('before an update: its hash is to come, and waited for', () => {
    const rollout = aRollout()
      .routed()
      .steps(...steps)
      .status({ stableRS: 'aaa', currentPodHash: 'aaa' })
      .build();
    expect(seen(planOf(rollout, world))).toEqual([
      ['canary'],
      ['canary', 'hash'],
      ['blind'],
      ['allTraffic'],
      ['allTraffic'],
    ]);
  });

  it('during one: its hash is known, and nothing is waited for', () => {
    const rollout = aRollout()
      .routed()
      .steps(...steps)
      .status({ stableRS: 'aaa', currentPodHash: 'bbb' })
      .build();
    const plan = planRollout(aQuietWorld(rollout, world), [], 'now');
    expect(seen(plan)).toEqual([['canary'], ['canary'], ['blind'], ['allTraffic'], ['allTraffic']]);
  });

  it('never holds the value of a secret, nor the name of another argument', () => {
    const rollout = aRollout()
      .routed()
      .steps(...steps)
      .build();
    const runs = measuredIn(planOf(rollout, world))[0]?.analysis.metrics.map(({ run }) =>
      run.args.map(({ name }) => name),
    );
    expect(runs).toEqual([['service'], ['hash'], ['old'], ['app'], ['token']]);
  });
});
