import { describe, expect, it } from 'vitest';
import { type ExperimentWait, experimentWords, planRollout, readDelivery } from '../../../src/rollout/index.ts';
import { anAnalysisRun, anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const experiment = {
  duration: '5m',
  templates: [
    { name: 'baseline', specRef: 'stable' },
    { name: 'candidate', specRef: 'canary', replicas: 2 },
  ],
  analyses: [{ name: 'compare', templateName: 'slo', requiredForCompletion: true }],
};

const slo = anAnalysisTemplate('slo');

function atExperiment(): SimulatedCluster {
  const cluster = new SimulatedCluster(aRollout().steps({ setWeight: 25 }, { experiment }).build(), [slo]);
  cluster.settle();
  cluster.release('checkout:2');
  cluster.settle();
  return cluster;
}

describe('what an experiment step says', () => {
  const wait: ExperimentWait = {
    experiment: 'exp',
    phase: undefined,
    message: undefined,
    missing: [],
    untilMs: undefined,
    required: [],
  };
  it.each([
    [{}, 'experiment exp begins'],
    [
      { phase: 'Pending', missing: ['candidate 0 of 2 pods', 'baseline 0 of 1 pods'] },
      'experiment exp waits for its pods: candidate 0 of 2 pods, baseline 0 of 1 pods',
    ],
    [{ phase: 'Running' }, 'experiment exp runs'],
    [{ phase: 'Running', required: ['compare'] }, 'experiment exp runs, and waits for its analysis compare'],
  ])('%j', (change, words) => {
    expect(experimentWords({ ...wait, ...change })).toBe(words);
  });

  it('in its plan: whose pods, for how long, and what is measured of them', () => {
    const plan = planRollout(atExperiment().world(), []);
    expect(plan.steps[1]).toMatchObject({
      kind: 'experiment',
      atPercent: 25,
      durationMs: 300_000,
      pods: [
        { count: 1, of: 'stable', weight: 0 },
        { count: 2, of: 'canary', weight: 0 },
      ],
      analyses: [{ templates: ['slo'] }],
    });
  });

  it('on its card: that it runs, until when, and who has to decide', () => {
    const cluster = atExperiment();
    const name = cluster.rollout.status.canary?.currentExperiment ?? '';
    const look = () => readDelivery(cluster.world(), { clusterUid: 'c' });
    expect(look()).toMatchObject({ state: 'checking', isExperiment: true, reason: `experiment ${name} begins` });
    const begun = look().binding;
    cluster.conclude(name, { phase: 'Running', availableAt: '2027-01-15T08:00:00Z' });
    cluster.settle();
    expect(look()).toMatchObject({ state: 'checking', nextAtMs: Date.parse('2027-01-15T08:05:00Z') });
    // That it begins is no news for whoever clicked.
    expect(look().binding).toEqual(begun);
    const measuring = anAnalysisRun(
      `${name}-compare`,
      {},
      {
        phase: 'Running',
        metricResults: [{ name: 'slo-metric', phase: 'Running', successful: 2, count: 2 }],
      },
    );
    const world = { ...cluster.world(), experimentRuns: [{ ...measuring, spec: slo.spec }] };
    expect(readDelivery(world, { clusterUid: 'c' }).metrics).toMatchObject([{ name: 'slo-metric', taken: 2 }]);
    const during = look().binding;
    cluster.conclude(name, { phase: 'Inconclusive', message: "Analysis 'compare' has not measured anything" });
    // Whoever clicks on a card that was drawn before means something else, even before the Rollout has taken its turn.
    expect(look().binding).toEqual({ ...during, analysis: `${name}=Inconclusive` });
    cluster.settle();
    expect(look()).toMatchObject({
      state: 'inconclusive',
      reason: "Analysis 'compare' has not measured anything",
    });
  });
});
