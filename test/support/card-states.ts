import type { Delivery, DeliveryState } from '../../src/rollout/index.ts';
import { aDelivery, aMetric, aSeries, aTypicalDelivery, deliveryStates, noonMs, planAt } from './a-delivery.ts';

const preview = {
  weightPercent: 0,
  weights: [{ percent: 100, state: 'ahead' }],
  step: { index: 0, count: 1 },
  nextPercent: undefined,
  blueGreen: { at: 'preview' },
} as const satisfies Partial<Delivery>;
const active = { ...preview, weightPercent: 100, step: { index: 1, count: 1 }, blueGreen: { at: 'active' } } as const;

/**
 * The states that people tell apart: those of the engine, a gate with one of two approvals, those that blue-green words otherwise, and a
 * rollout that Git asks something else of.
 */
export const cardStates: Readonly<Record<string, Delivery>> = {
  ...Object.fromEntries(deliveryStates.map((state) => [state, aTypicalDelivery(state)])),
  watch: {
    ...aTypicalDelivery('checking'),
    metrics: [
      aMetric(),
      aMetric({ name: 'cost-per-order', verdict: 'watch', isDryRun: true, value: 0.41, failed: 2, taken: 3 }),
    ],
  },
  noReturnAhead: {
    ...aTypicalDelivery('moving'),
    noReturn: { at: 'ahead', what: 'step 4/6 (analysis contract-schema)' },
  },
  noReturnPassed: {
    ...aTypicalDelivery('checking'),
    noReturn: { at: 'passed', what: 'step 4/6 (analysis contract-schema)' },
  },
  frozenByPerson: {
    ...aTypicalDelivery('frozen'),
    reason: undefined,
    metrics: [],
    noReturn: { at: 'passed', what: 'step 4/6 (analysis contract-schema)', heldBy: 'person' },
  },
  wentBackPast: {
    ...aTypicalDelivery('rolledBack'),
    noReturn: { at: 'goneBack', what: 'step 4/6 (analysis contract-schema)' },
  },
  liveNoUndo: {
    ...aTypicalDelivery('live'),
    noReturn: { at: 'live', what: 'step 4/6 (analysis contract-schema)' },
  },
  experiment: {
    ...aTypicalDelivery('checking'),
    isExperiment: true,
    nextAtMs: undefined,
    reason: 'experiment checkout-6f7d9c5b8-18-3 runs, and waits for its analysis compare',
  },
  inCluster: { ...aTypicalDelivery('gate'), clusterName: 'production-europe-west-1' },
  approval: { ...aTypicalDelivery('gate'), approvals: { by: ['slack:U0ARNO'], needed: 2 } },
  previewGate: { ...aTypicalDelivery('gate'), ...preview },
  previewSwitching: { ...aTypicalDelivery('moving'), ...preview },
  activeChecking: { ...aTypicalDelivery('checking'), ...active },
  activeRolledBack: { ...aTypicalDelivery('rolledBack'), ...preview },
  rolling: aRolling('moving', { canaryPods: 2, stablePods: 4 }),
  soaking: aRolling('checking', { canaryPods: 6, stablePods: 0 }, { weightPercent: 100 }),
  rollingBack: aRolling('aborting', { canaryPods: 1, stablePods: 5 }, aTypicalDelivery('aborting')),
  stuck: aRolling(
    'stuck',
    { canaryPods: 6, stablePods: 0 },
    {
      metrics: aTypicalDelivery('rolledBack').metrics,
      reason:
        'Not undone: no good revision is left to go back to (revisionHistoryLimit: 0 keeps none). Analysis phase failed: Metric "success-rate" assessed Failed due to failed (3) > failureLimit (2)',
    },
  ),
  gitOwned: aDelivery('live', {
    weightPercent: 100,
    weights: planAt(100),
    isUndo: true,
    revision: 19,
    fromImage: 'ghcr.io/acme/checkout:3.0.0',
    toImage: 'ghcr.io/acme/checkout:2.0.0',
    metrics: [],
    series: undefined,
    nextAtMs: undefined,
    git: {
      tool: 'argo-cd',
      source: { kind: 'Application', namespace: 'argocd', name: 'checkout' },
      putsBack: 'unknown',
      link: undefined,
      file: undefined,
      asksFor: 'ghcr.io/acme/checkout:3.0.0',
      isAtOdds: true,
      putBack: undefined,
    },
  }),
};

/** A plain Deployment of six pods. */
function aRolling(
  state: DeliveryState,
  pods: { readonly canaryPods: number; readonly stablePods: number },
  changes: Partial<Delivery> = {},
): Delivery {
  const soakEndsAtMs = pods.stablePods === 0 ? noonMs + 240_000 : undefined;
  return aDelivery(state, {
    weights: planAt(100),
    ...changes,
    name: 'deploy/checkout',
    pods: { ready: pods.canaryPods, desired: 6 },
    rolling: { ...pods, soakEndsAtMs },
    state,
  });
}

const sha = '9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c';
const longName = 'recommendations-personalised-checkout-service-for-business-customers';
const longReason = `Metric "${longName}-success-rate" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): image ghcr.io/acme/${longName}@sha256:${'0123456789abcdef'.repeat(4)} 👩‍👩‍👧‍👦 עברית <!channel> *bold* _it_ ~no~`;

/** The same with everything as long as it gets: names, versions, plans, metrics, reasons. */
export function crowded(delivery: Delivery): Delivery {
  const { state, metrics, weights } = delivery;
  const many = metrics.length === 0 ? [] : manyMetrics(metrics[0]?.verdict ?? 'passing');
  const guilty =
    delivery.guilty === undefined ? undefined : aMetric({ ...many[0], verdict: 'failed', failed: 100, taken: 120 });
  const series =
    delivery.series === undefined ? undefined : aSeries(Array.from({ length: 40 }, (_, n) => 0.9 + n / 500));
  const hasReason: readonly DeliveryState[] = ['inconclusive', 'noData', 'stalled', 'invalidSpec'];
  return {
    ...delivery,
    name: longName,
    namespace: 'team-recommendations-production-europe',
    fromImage: `ghcr.io/acme/${longName}:${sha}`,
    toImage: `ghcr.io/acme/${longName}@sha256:${'0123456789abcdef'.repeat(4)}`,
    weightPercent: crowdedPercent(delivery),
    weights: weights.length === 0 ? [] : Array.from({ length: 30 }, (_, n) => longPlan(n)),
    metrics: many,
    guilty,
    series: series === undefined ? undefined : { ...series, metric: `${longName}-success-rate` },
    ...(state === 'moving' ? { contest } : {}),
    startedBy: 'system:serviceaccount:continuous-delivery:production-releases',
    reason: hasReason.includes(state) ? longReason : delivery.reason,
  };
}

function crowdedPercent({ state, blueGreen, weightPercent }: Delivery): number {
  if (blueGreen !== undefined) return weightPercent;
  return state === 'starting' ? 0 : 33.333;
}

const contest: NonNullable<Delivery['contest']> = {
  manager: 'argocd-application-controller-of-the-production-clusters',
  what: `Service ${longName}-canary:spec.selector, Ingress ${longName}-canary:metadata.annotations`,
  podHash: '6f7d9c5b8',
  count: 3,
  atMs: noonMs,
  retryAtMs: noonMs + 60_000,
};

function longPlan(index: number): Delivery['weights'][number] {
  const percent = Math.round((index + 1) * 3333) / 1000;
  if (index === 9) return { percent, state: 'current' };
  return { percent, state: index < 9 ? 'done' : 'ahead' };
}

function manyMetrics(verdict: Delivery['metrics'][number]['verdict']): Delivery['metrics'] {
  return Array.from({ length: 40 }, (_, index) =>
    aMetric({
      name: `${index}-${longName}-latency-p95`,
      verdict,
      value: verdict === 'noData' ? undefined : 0.4 + index / 100,
      limit: { comparison: '<=', value: 12.5 },
      taken: 100,
      planned: 120,
      message: longReason,
      sight: { kind: 'allTraffic', faults: undefined },
    }),
  );
}

/** As if it happened now: cards show times. */
export function movedTo(delivery: Delivery, nowMs: number): Delivery {
  const { series, nextAtMs, startedAtMs, finishedAtMs } = delivery;
  return {
    ...delivery,
    nextAtMs: nextAtMs === undefined ? undefined : nowMs + 20_000,
    startedAtMs: startedAtMs === undefined ? undefined : nowMs - 44_000,
    finishedAtMs: finishedAtMs === undefined ? undefined : nowMs,
    series:
      series === undefined
        ? undefined
        : {
            ...series,
            points: series.points.map((point, index) => ({
              ...point,
              atMs: nowMs - (series.points.length - 1 - index) * 60_000,
            })),
          },
  };
}
