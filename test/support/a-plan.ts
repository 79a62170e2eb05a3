import type { CheckAnswer, CheckedMetric, PlanAnswer } from '../../src/operations/index.ts';
import { type PlannedImage, planRollout, type Rollout, type World } from '../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from './builders.ts';

/** A world where nothing moves: what a plan is made of. */
export function aQuietWorld(rollout: Rollout, change: Partial<World> = {}): World {
  return {
    nowMs: 1_780_000_000_000,
    rollout,
    replicaSets: [],
    services: {
      'checkout-canary': { name: 'checkout-canary', selector: { app: 'checkout' }, annotations: {} },
      'checkout-stable': { name: 'checkout-stable', selector: { app: 'checkout' }, annotations: {} },
    },
    analysisRuns: [],
    templates: { 'AnalysisTemplate/slo': anAnalysisTemplate('slo') },
    router: { canaryWeight: 0 },
    evidence: 'strict',
    ...change,
  };
}

export const anImage: PlannedImage = {
  container: 'checkout',
  from: 'ghcr.io/acme/checkout:1.4.2',
  to: 'ghcr.io/acme/checkout:2.0.0',
  isSame: false,
  isForeign: false,
  isUnusualTag: false,
};

/** `plan checkout 2.0.0`, for a person who may do all of it. */
export function aPlanAnswer(change: Partial<PlanAnswer> = {}): PlanAnswer {
  const analysis = { analysis: { templates: [{ templateName: 'slo' }] } };
  const rollout = aRollout()
    .routed()
    .steps(
      { setWeight: 10 },
      analysis,
      { setWeight: 50 },
      { pause: {} },
      { setWeight: 75 },
      { pause: { duration: 30 } },
    )
    .build();
  return {
    done: true,
    plan: planRollout(aQuietWorld(rollout), [anImage]),
    access: {
      channel: 'C0SHOP',
      isBoundHere: true,
      you: { start: true, promote: true, abort: true },
      others: undefined,
    },
    ...change,
  };
}

export function aCheckedMetric(change: Partial<CheckedMetric> = {}): CheckedMetric {
  return {
    name: 'success-rate',
    templates: ['slo'],
    provider: 'prometheus',
    limit: { comparison: '>=', value: 0.95 },
    condition: 'result[0] >= 0.95',
    isDryRun: false,
    sight: { kind: 'canary', by: 'service="checkout-canary"' },
    atPercents: [10, 50],
    reading: { kind: 'measured', value: 0.996, text: '[0.996]', verdict: 'passes', message: undefined, queryMs: 12.4 },
    ...change,
  };
}

/** `check checkout`: one metric, well. */
export function aCheckAnswer(change: Partial<CheckAnswer> = {}): CheckAnswer {
  return {
    done: true,
    namespace: 'shop',
    name: 'checkout',
    metrics: [aCheckedMetric()],
    problems: [],
    update: 'none',
    tookMs: 31,
    ...change,
  };
}
