import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  behindReturn,
  passedReturnOf,
  readDelivery,
  readPassedReturn,
  wentBackPast,
} from '../../../src/rollout/index.ts';
import { findReturnProblem, readPointOfNoReturn } from '../../../src/rollout/point-of-no-return.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const annotation = 'stepwise.dev/point-of-no-return';
const analysis = (templateName: string) => ({ analysis: { templates: [{ templateName }], args: [] } });
/** expand · 10 % · gate · contract (no way back from here) · 50 % · gate */
const PLAN = [
  analysis('expand'),
  { setWeight: 10 },
  { pause: {} },
  analysis('contract'),
  { setWeight: 50 },
  { pause: {} },
];
const templates = ['expand', 'contract'].map((name) => anAnalysisTemplate(name));

function releasing(value = '3', canary: object = {}): SimulatedCluster {
  const rollout = aRollout()
    .routed()
    .steps(...PLAN)
    .canary(canary)
    .annotated({ [annotation]: value })
    .build();
  const cluster = new SimulatedCluster(rollout, templates);
  cluster.settle();
  cluster.release('ghcr.io/acme/checkout:2');
  cluster.settle();
  return cluster;
}

function stepRun(cluster: SimulatedCluster): string {
  return cluster.rollout.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
}

/** The contract's run is created and under way. */
function atContract(cluster = releasing()): SimulatedCluster {
  cluster.judge(stepRun(cluster), 'Successful');
  cluster.settle();
  cluster.patch({ status: { pauseConditions: null } });
  cluster.settle();
  return cluster;
}

/** All of it went well. */
function live(): SimulatedCluster {
  const cluster = atContract();
  cluster.judge(stepRun(cluster), 'Successful');
  cluster.settle();
  cluster.patch({ status: { pauseConditions: null } });
  cluster.settle();
  return cluster;
}

function reasons(cluster: SimulatedCluster): readonly string[] {
  return (cluster.rollout.status.pauseConditions ?? []).map(({ reason }) => reason);
}

describe('before the point of no return', () => {
  it('a failed analysis goes back as ever', () => {
    const cluster = releasing();
    expect(passedReturnOf(cluster.rollout)).toBeUndefined();
    cluster.judge(stepRun(cluster), 'Failed');
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(readPassedReturn(cluster.rollout)).toBeUndefined();
  });
});

describe('the note that it was passed', () => {
  it('is written before the step is stored, and before its run is created', () => {
    const cluster = releasing();
    cluster.judge(stepRun(cluster), 'Successful');
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null } });
    const before = cluster.performed.length;
    cluster.settle();
    const done = cluster.performed.slice(before);
    const noted = done.findIndex(
      (effect) => effect.kind === 'patchRollout' && JSON.stringify(effect).includes('passed'),
    );
    const stored = done.findIndex((effect) => effect.kind === 'writeStatus' && effect.status.currentStepIndex === 3);
    const created = done.findIndex((effect) => effect.kind === 'createAnalysisRun');
    expect(noted).toBeGreaterThanOrEqual(0);
    expect(stored).toBeGreaterThan(noted);
    expect(created).toBeGreaterThan(stored);
    expect(passedReturnOf(cluster.rollout)).toEqual({
      stable: cluster.rollout.status.stableRS,
      revision: 2,
      step: 3,
      what: 'step 4/6 (analysis contract)',
    });
  });

  it('goes when something new is stable', () => {
    const cluster = live();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(readPassedReturn(cluster.rollout)).toBeUndefined();
  });

  it('holds for a fixed version that takes its place, from its first step on', () => {
    const cluster = atContract();
    cluster.judge(stepRun(cluster), 'Failed');
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    expect(cluster.rollout.status.currentStepIndex).toBe(0);
    expect(passedReturnOf(cluster.rollout)).toMatchObject({ revision: 2, step: 3 });
    cluster.judge(stepRun(cluster), 'Failed');
    cluster.settle();
    expect(reasons(cluster)).toEqual(['PointOfNoReturn']);
    expect(cluster.rollout.status.abort).toBeUndefined();
  });

  it('is not written where somebody finishes: the steps that migrate are left out', () => {
    const cluster = releasing();
    cluster.patch({ status: { promoteFull: true } });
    cluster.turn();
    expect(readPassedReturn(cluster.rollout)).toBeUndefined();
  });
});

describe('once it is live', () => {
  const points = (cluster: SimulatedCluster, isDriven = false) =>
    Object.fromEntries(
      cluster
        .world()
        .replicaSets.map((one) => [
          one.image ?? one.template?.spec?.containers[0]?.image,
          behindReturn(cluster.rollout, one, isDriven),
        ]),
    );
  const point = 'step 4/6 (analysis contract)';
  const [one, two, three] = ['ghcr.io/acme/checkout:1', 'ghcr.io/acme/checkout:2', 'ghcr.io/acme/checkout:3'] as const;
  const noReturn = (cluster: SimulatedCluster) => readDelivery(cluster.world(), { clusterUid: 'c' }).noReturn;

  it('an undo to what ran before goes back past it, and says so', () => {
    const cluster = live();
    expect(points(cluster)).toEqual({ [one]: point, [two]: undefined });
    expect(noReturn(cluster)).toEqual({ at: 'live', what: point });
  });

  it('so it is after somebody went back all the same, and forward again: revisions have other numbers then', () => {
    const cluster = live();
    cluster.patch({ metadata: { annotations: { [annotation]: null } } });
    for (const image of [one, two]) {
      cluster.release(image);
      cluster.settle();
      cluster.patch({ status: { promoteFull: true } });
      cluster.settle();
      expect(cluster.rollout.status.phase).toBe('Healthy');
      expect(points(cluster)).toEqual({ [one]: point, [two]: undefined });
      expect(noReturn(cluster)?.at).toBe(image === one ? 'goneBack' : 'live');
    }
    cluster.release(three);
    cluster.settle();
    cluster.patch({ status: { promoteFull: true } });
    cluster.settle();
    expect(points(cluster)).toEqual({ [one]: point, [two]: undefined, [three]: undefined });
    expect(noReturn(cluster)).toBeUndefined();
  });

  it('without a note nobody is warned, but beside another controller, which leaves none', () => {
    const cluster = releasing();
    cluster.patch({ status: { promoteFull: true } });
    cluster.settle();
    expect(points(cluster)).toEqual({ [one]: undefined, [two]: undefined });
    expect(points(cluster, true)).toEqual({ [one]: point, [two]: undefined });
  });
});

describe('behind the point of no return', () => {
  it.each(['Failed', 'Error'] as const)('an analysis that ended %s holds it where it is', (phase) => {
    const cluster = atContract();
    const sofar = cluster.weights.length;
    cluster.judge(stepRun(cluster), phase);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', message: 'PointOfNoReturn', currentStepIndex: 3 });
    expect(cluster.rollout.status.abort).toBeUndefined();
    expect(cluster.weights.slice(sofar)).toEqual([]);
    expect(cluster.weight).toBe(10);
    cluster.wait(3600);
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Paused', currentStepIndex: 3 });
    expect(cluster.weight).toBe(10);
  });

  it('so does a background analysis, whatever step it is at', () => {
    const background = { analysis: { templates: [{ templateName: 'expand' }], args: [], startingStep: 0 } };
    const cluster = atContract(releasing('3', background));
    cluster.judge(cluster.rollout.status.canary?.currentBackgroundAnalysisRunStatus?.name ?? '', 'Failed');
    cluster.settle();
    expect(reasons(cluster)).toEqual(['PointOfNoReturn']);
    expect(cluster.weight).toBe(10);
  });

  it('let go of the pause, it is measured anew, and goes on when that is good', () => {
    const cluster = atContract();
    const first = stepRun(cluster);
    cluster.judge(first, 'Failed');
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    const second = stepRun(cluster);
    expect(second).toBe(`${first}.1`);
    expect(reasons(cluster)).toEqual([]);
    cluster.judge(second, 'Successful');
    cluster.settle();
    expect(cluster.weight).toBe(50);
  });

  it('it may fail again, and is held again', () => {
    const cluster = atContract();
    for (let time = 0; time < 3; time++) {
      cluster.judge(stepRun(cluster), 'Failed');
      cluster.settle();
      expect(reasons(cluster)).toEqual(['PointOfNoReturn']);
      cluster.patch({ status: { pauseConditions: null } });
      cluster.settle();
      expect(reasons(cluster)).toEqual([]);
    }
  });

  it('a deadline does not send it back', () => {
    const cluster = atContract();
    cluster.judge(stepRun(cluster), 'Successful');
    cluster.patch({ spec: { progressDeadlineSeconds: 5, progressDeadlineAbort: true } });
    cluster.turn();
    for (let time = 0; time < 3; time++) {
      cluster.wait(700);
      cluster.turn();
    }
    expect(cluster.rollout.status.abort).toBeUndefined();
  });

  it('an abort that somebody stored goes back all the same, and that is remembered', () => {
    const cluster = atContract();
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(cluster.weight).toBe(0);
    expect(passedReturnOf(cluster.rollout)).toBeUndefined();
    expect(wentBackPast(cluster.rollout)).toMatchObject({ step: 3, isGoneBack: true });
  });

  it('after that the next update goes back as ever', () => {
    const cluster = atContract();
    cluster.patch({ status: { abort: true } });
    cluster.settle();
    cluster.release('ghcr.io/acme/checkout:3');
    cluster.settle();
    expect(passedReturnOf(cluster.rollout)).toBeUndefined();
    cluster.judge(stepRun(cluster), 'Failed');
    cluster.settle();
    expect(cluster.rollout.status.abort).toBe(true);
  });

  it('asked for the stable template again it goes back as Argo does; the next update is free again', () => {
    const cluster = atContract();
    cluster.release('ghcr.io/acme/checkout:1');
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Healthy');
    expect(passedReturnOf(cluster.rollout)).toBeUndefined();
    expect(readPassedReturn(cluster.rollout)).toMatchObject({ isGoneBack: true });
  });
});

describe('the annotation', () => {
  const rollout = (value: string, steps: readonly object[] = PLAN) =>
    aRollout()
      .steps(...steps)
      .annotated({ [annotation]: value })
      .build();

  it.each([
    ['0', 'step 1/6 (analysis expand)'],
    ['1', 'step 2/6 (setWeight: 10)'],
    ['5', 'step 6/6 (pause)'],
  ])('%s is %s', (value, what) => {
    expect(readPointOfNoReturn(rollout(value))).toEqual({ step: Number(value), what });
    expect(findReturnProblem(rollout(value))).toBeUndefined();
  });

  it.each(['6', '-1', '1.5', 'contract', '', ' 3', '1e1'])('%j is a mistake', (value) => {
    expect(readPointOfNoReturn(rollout(value))).toBeUndefined();
    expect(findReturnProblem(rollout(value))).toBe(
      `metadata.annotations[${annotation}]: Invalid value: ${JSON.stringify(value)}: ` +
        'must be the index of a step of spec.strategy.canary.steps, 0 to 5',
    );
  });

  it('without steps there is none', () => {
    expect(findReturnProblem(rollout('0', []))).toMatch(/only a canary with steps has a point of no return$/);
  });

  it('that cannot be makes the spec invalid: nothing moves, and an abort still does', () => {
    const cluster = releasing();
    cluster.patch({ metadata: { annotations: { [annotation]: 'contract' } } });
    cluster.settle();
    expect(cluster.rollout.status.phase).toBe('Degraded');
    expect(cluster.rollout.status.message).toContain('Invalid value: "contract"');
  });
});

it('whatever happens behind it, nothing but a stored abort takes the canary’s share away', () => {
  const acts = fc.constantFrom('Failed', 'Error', 'Inconclusive', 'Successful', 'promote', 'wait', 'pause', 'resume');
  fc.assert(
    fc.property(fc.array(acts, { minLength: 1, maxLength: 12 }), (all) => {
      const cluster = atContract();
      const sofar = cluster.weights.length;
      for (const act of all) {
        const isMoving = cluster.rollout.status.stableRS !== cluster.rollout.status.currentPodHash;
        if (!isMoving) break;
        if (act === 'wait') cluster.wait(700);
        else if (act === 'promote') cluster.patch({ status: { pauseConditions: null } });
        else if (act === 'pause' || act === 'resume') cluster.patch({ spec: { paused: act === 'pause' } });
        else if (cluster.analysisRuns.some(({ metadata }) => metadata.name === stepRun(cluster)))
          cluster.judge(stepRun(cluster), act as 'Failed');
        cluster.settle();
        expect(cluster.rollout.status.abort).toBeUndefined();
        expect(passedReturnOf(cluster.rollout) !== undefined || cluster.rollout.status.phase === 'Healthy').toBe(true);
      }
      const after = cluster.weights.slice(sofar);
      // 0 at the end is the share of a canary that became stable.
      const isLive = cluster.rollout.status.stableRS === cluster.rollout.status.currentPodHash;
      const rising = isLive ? after.slice(0, -1) : after;
      expect([10, ...rising]).toEqual([10, ...rising].toSorted((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});
