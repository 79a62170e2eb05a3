import type { Delivery, DeliveryState, MetricLine, MetricSeries } from '../../src/rollout/index.ts';

/** Noon of a day in 2026: card tests need no clock. */
export const noonMs = Date.UTC(2026, 10, 20, 12, 0, 0);

export const deliveryStates = [
  'starting',
  'moving',
  'checking',
  'gate',
  'paused',
  'inconclusive',
  'frozen',
  'noData',
  'aborting',
  'rolledBack',
  'notVerified',
  'live',
  'invalidSpec',
  'stalled',
  'superseded',
] as const satisfies readonly DeliveryState[];

/** A metric that passes: success-rate 99.6 % of at least 95 %. */
export function aMetric(changes: Partial<MetricLine> = {}): MetricLine {
  return {
    name: 'success-rate',
    verdict: 'passing',
    value: 0.996,
    limit: { comparison: '>=', value: 0.95 },
    condition: 'result[0] >= 0.95',
    taken: 2,
    planned: 3,
    failed: 0,
    message: undefined,
    sight: undefined,
    ...changes,
  };
}

/** Points a minute apart, the last at noon. */
export function aSeries(values: readonly (number | undefined)[], changes: Partial<MetricSeries> = {}): MetricSeries {
  return {
    metric: 'success-rate',
    limit: { comparison: '>=', value: 0.95 },
    points: values.map((value, index) => ({
      atMs: noonMs - (values.length - 1 - index) * 60_000,
      value,
      isFailed: value !== undefined && value < 0.95,
    })),
    weightSteps: [{ atMs: noonMs - 120_000, percent: 25 }],
    verdict: 'running',
    ...changes,
  };
}

/** 10-25-50-75-100, having come to `percent`. */
export function planAt(percent: number): Delivery['weights'] {
  return [10, 25, 50, 75, 100].map((one) => {
    if (one === percent) return { percent: one, state: 'current' };
    return { percent: one, state: one < percent ? 'done' : 'ahead' };
  });
}

/** checkout 1.4.2 → 2.0.0 in shop, at 25 % of 10-25-50-75-100. */
export function aDelivery(state: DeliveryState, changes: Partial<Delivery> = {}): Delivery {
  const uid = '5f0c7b1e-6f2a-4a55-9d2b-0d6c1a2b3c4d';
  return {
    clusterUid: 'c1a5e8f0-1111-4222-8333-944445555666',
    namespace: 'shop',
    name: 'checkout',
    uid,
    revision: 18,
    podHash: '6f7d9c5b8',
    state,
    fromImage: 'ghcr.io/acme/checkout:1.4.2',
    toImage: 'ghcr.io/acme/checkout:2.0.0',
    weightPercent: 25,
    weights: planAt(25),
    step: { index: 3, count: 10 },
    metrics: [
      aMetric(),
      aMetric({
        name: 'latency-p95',
        value: 0.212,
        limit: { comparison: '<=', value: 0.3 },
        condition: 'result[0] <= 0.3',
      }),
    ],
    nextAtMs: noonMs + 20_000,
    nextPercent: undefined,
    approvals: undefined,
    pods: { ready: 2, desired: 2 },
    reason: undefined,
    guilty: undefined,
    verification: [],
    series: aSeries([0.998, 0.997, 0.996]),
    startedBy: 'slack:U0DANA',
    isUndo: false,
    startedAtMs: noonMs - 44_000,
    finishedAtMs: undefined,
    binding: { uid, revision: 18, step: 3, pauseStartedAt: '', analysis: 'checkout-6f7d9c5b8-18-3=Running' },
    ...changes,
  };
}

const guilty = aMetric({ verdict: 'failed', value: 0.912, taken: 2, failed: 2 });
const back = { weightPercent: 0, guilty, series: aSeries([0.97, 0.94, 0.912], { verdict: 'failed' }) };
const ticks = (seen: number) =>
  (['weightZero', 'noCanaryRequests', 'podsGone', 'metricBack'] as const).map((check, index) => ({
    check,
    isDone: index < seen,
  }));

/** One plausible delivery of each state, as its card would be met. */
export function aTypicalDelivery(state: DeliveryState): Delivery {
  switch (state) {
    case 'starting':
      return aDelivery(state, {
        weightPercent: 0,
        weights: planAt(0),
        metrics: [],
        series: undefined,
        pods: { ready: 1, desired: 2 },
      });
    case 'gate':
      return aDelivery(state, { weightPercent: 50, weights: planAt(50), nextPercent: 75, nextAtMs: undefined });
    case 'inconclusive':
      return aDelivery(state, { metrics: [aMetric({ verdict: 'inconclusive', value: 0.951 })], nextPercent: 50 });
    case 'frozen':
      return aDelivery(state, {
        metrics: [
          aMetric({ name: 'contract', verdict: 'failed', value: undefined, limit: undefined, taken: 1, failed: 1 }),
        ],
        series: undefined,
        nextAtMs: undefined,
        reason:
          'ERROR: column "email" is in use; container flyway exit code 1; Job 9dae.migration.1 failed: BackoffLimitExceeded',
        noReturn: { at: 'passed', what: 'step 4/6 (analysis contract-schema)', heldBy: 'verdict' },
      });
    case 'noData':
      return aDelivery(state, {
        metrics: [aMetric({ verdict: 'noData', value: undefined, taken: 1 })],
        series: undefined,
      });
    case 'stalled':
      return aDelivery(state, {
        pods: { ready: 1, desired: 2 },
        nextAtMs: undefined,
        reason: 'ReplicaSet "checkout-6f7d9c5b8" has timed out progressing.',
      });
    case 'aborting':
      return aDelivery(state, { ...back, weightPercent: 10, verification: ticks(0) });
    case 'rolledBack':
      return aDelivery(state, { ...back, verification: ticks(4) });
    case 'notVerified':
      return aDelivery(state, { ...back, verification: ticks(2) });
    case 'live':
      return aDelivery(state, { weightPercent: 100, weights: planAt(100), finishedAtMs: noonMs, nextAtMs: undefined });
    case 'invalidSpec':
      return aDelivery(state, {
        metrics: [],
        weightPercent: 0,
        series: undefined,
        reason:
          'The Rollout "checkout" is invalid: spec.strategy.canary.steps[0].setWeight: Invalid value: 110: must be at most 100',
      });
    case 'superseded':
      return aDelivery(state, { weightPercent: 0, nextAtMs: undefined });
    default:
      return aDelivery(state);
  }
}
