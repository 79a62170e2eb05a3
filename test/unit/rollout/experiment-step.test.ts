import { describe, expect, it } from 'vitest';
import { validateRollout } from '../../../src/rollout/index.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const experiment = {
  duration: '5m',
  templates: [
    { name: 'baseline', specRef: 'stable' },
    { name: 'candidate', specRef: 'canary', replicas: 2, metadata: { labels: { side: 'new' } } },
  ],
  analyses: [
    {
      name: 'compare',
      templateName: 'slo',
      args: [{ name: 'hash', value: '{{templates.candidate.podTemplateHash}}' }],
    },
  ],
};

const slo = anAnalysisTemplate('slo');
slo.spec.args.push({ name: 'hash' });

/** A second revision that has come to the experiment at its second step. */
function atExperiment(step: object = experiment, ...after: readonly object[]): SimulatedCluster {
  const rollout = aRollout()
    .steps({ setWeight: 25 }, { experiment: step }, ...after)
    .build();
  const cluster = new SimulatedCluster(rollout, [slo]);
  cluster.settle();
  cluster.release('checkout:2');
  cluster.settle();
  return cluster;
}

const nameOf = (cluster: SimulatedCluster) => cluster.rollout.status.canary?.currentExperiment ?? '';

describe('an experiment step', () => {
  it('makes its Experiment as Argo does, once, and waits', () => {
    const cluster = atExperiment();
    const { status } = cluster.rollout;
    const name = `checkout-${status.currentPodHash}-2-1`;
    expect(status).toMatchObject({ currentStepIndex: 1, canary: { currentExperiment: name }, phase: 'Progressing' });
    expect(cluster.experiments).toHaveLength(1);
    const [made] = cluster.experiments;
    expect(made?.metadata).toMatchObject({
      name,
      labels: { 'rollouts-pod-template-hash': status.currentPodHash },
      annotations: { 'rollout.argoproj.io/revision': '2' },
    });
    expect(made?.spec).toMatchObject({
      duration: '5m',
      templates: [
        {
          name: 'baseline',
          selector: { matchLabels: { app: 'checkout', 'rollouts-pod-template-hash': status.stableRS } },
        },
        {
          name: 'candidate',
          replicas: 2,
          selector: { matchLabels: { app: 'checkout', side: 'new' } },
          template: { metadata: { labels: { app: 'checkout', side: 'new' } } },
        },
      ],
      analyses: [{ name: 'compare', templateName: 'slo' }],
    });
    const images = made?.spec.templates.map(({ template }) => template.spec?.containers[0]?.image);
    expect(images).toEqual([cluster.imageOf(status.stableRS ?? ''), 'checkout:2']);
    expect(cluster.eventReasons()).toContain('ExperimentCreated');
  });

  it('goes on when it was successful', () => {
    const cluster = atExperiment(experiment, { pause: {} });
    cluster.conclude(nameOf(cluster), { phase: 'Successful' });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
    expect(cluster.rollout.status.canary?.currentExperiment).toBeUndefined();
    expect(cluster.eventReasons()).toContain('RolloutStepCompleted');
  });

  it.each([
    ['Failed', { phase: 'Failed', message: 'Metric "errors" assessed Failed' }, 'Metric "errors" assessed Failed'],
    ['Error', { phase: 'Error', message: 'no template' }, 'no template'],
    [
      'never valid',
      { conditions: [{ type: 'InvalidSpec', status: 'True', message: 'has no templates' }] },
      'has no templates',
    ],
  ] as const)('aborts when it %s', (_, status, why) => {
    const cluster = atExperiment();
    cluster.conclude(nameOf(cluster), JSON.parse(JSON.stringify(status)));
    cluster.settle();
    const { message } = cluster.rollout.status;
    expect(cluster.rollout.status).toMatchObject({ abort: true, phase: 'Degraded' });
    expect(message).toContain(
      `Rollout aborted update to revision 2: Experiment analysis phase is error/failed: ${why}`,
    );
  });

  it('pauses when it is inconclusive, and begins another when the pause is let go', () => {
    const cluster = atExperiment();
    const first = nameOf(cluster);
    cluster.conclude(first, { phase: 'Inconclusive' });
    cluster.settle();
    expect(cluster.rollout.status).toMatchObject({
      currentStepIndex: 1,
      phase: 'Paused',
      message: 'InconclusiveExperiment',
      controllerPause: true,
    });
    cluster.patch({ status: { pauseConditions: null } });
    cluster.settle();
    expect(nameOf(cluster)).toBe(`${first}-1`);
    expect(cluster.experiments).toHaveLength(2);
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Progressing' });
  });

  it('pauses again when a client clears both fields', () => {
    const cluster = atExperiment();
    cluster.conclude(nameOf(cluster), { phase: 'Inconclusive' });
    cluster.settle();
    cluster.patch({ status: { pauseConditions: null, controllerPause: null } });
    cluster.settle();
    expect(cluster.experiments).toHaveLength(1);
    expect(cluster.rollout.status.phase).toBe('Paused');
  });

  it.each([
    ['an abort', { status: { abort: true } }],
    ['the wish to finish', { status: { promoteFull: true } }],
    ['a skip', { status: { currentStepIndex: 2 } }],
    ['another revision', { spec: { template: { spec: { containers: [{ name: 'checkout', image: 'checkout:3' }] } } } }],
  ])('%s ends it', (_, patch) => {
    const cluster = atExperiment(experiment, { pause: {} });
    const name = nameOf(cluster);
    cluster.patch(patch);
    cluster.settle();
    expect(cluster.experiments.find(({ metadata }) => metadata.name === name)?.spec.terminate).toBe(true);
  });

  it('is made anew by a retry', () => {
    const cluster = atExperiment();
    const first = nameOf(cluster);
    cluster.conclude(first, { phase: 'Failed' });
    cluster.settle();
    cluster.patch({ status: { abort: false } });
    cluster.settle();
    expect(nameOf(cluster)).toBe(`${first}-1`);
    expect(cluster.rollout.status).toMatchObject({ currentStepIndex: 1, phase: 'Progressing' });
  });

  it('has no part in a first deployment', () => {
    const cluster = new SimulatedCluster(aRollout().steps({ experiment }).build(), [slo]);
    cluster.settle();
    expect(cluster.experiments).toEqual([]);
    expect(cluster.rollout.status.phase).toBe('Healthy');
  });

  it('is made once, whatever kills the turns', () => {
    const rollout = aRollout().steps({ setWeight: 25 }, { experiment }, { pause: {} }).build();
    for (let crashAfterEffects = 0; crashAfterEffects < 30; crashAfterEffects++) {
      const cluster = new SimulatedCluster(rollout, [slo]);
      cluster.settle();
      cluster.release('checkout:2');
      cluster.turn({ crashAfterEffects: crashAfterEffects % 6 });
      cluster.readyAll();
      cluster.turn({ crashAfterEffects });
      cluster.settle();
      expect(cluster.experiments).toHaveLength(1);
      cluster.conclude(nameOf(cluster), { phase: 'Successful' });
      cluster.turn({ crashAfterEffects: crashAfterEffects % 4 });
      cluster.settle();
      expect(cluster.experiments).toHaveLength(1);
      expect(cluster.rollout.status.currentStepIndex).toBe(2);
    }
  });

  it('keeps as many as the history limits say', () => {
    const cluster = atExperiment({ ...experiment, analyses: [] });
    cluster.patch({ spec: { analysis: { unsuccessfulRunHistoryLimit: 2 } } });
    for (let tries = 0; tries < 5; tries++) {
      cluster.conclude(nameOf(cluster), { phase: 'Failed' });
      cluster.settle();
      cluster.patch({ status: { abort: false } });
      cluster.settle();
      cluster.wait(60);
    }
    const over = cluster.experiments.filter(({ status }) => status.phase === 'Failed');
    expect(over).toHaveLength(2);
    expect(cluster.experiments.map(({ metadata }) => metadata.name)).toContain(nameOf(cluster));
  });
});

describe('what an experiment step cannot be', () => {
  const [baseline] = experiment.templates;
  it.each([
    ['no templates', { templates: [] }, 'experiment.templates: Required value'],
    ['a duration without a unit', { duration: '5' }, 'experiment.duration: Invalid value: "5": time: missing unit'],
    [
      'pods of nobody',
      { templates: [{ ...baseline, specRef: 'new' }] },
      'templates[0].specRef: Invalid value: "new": Invalid template step SpecRef: must be canary or stable',
    ],
    ['two of one name', { templates: [baseline, baseline] }, 'templates[1].name: Invalid value: "baseline"'],
    [
      'a weight without a router',
      { templates: [{ ...baseline, weight: 20 }] },
      'templates[0].weight: Invalid value: 20: Experiment template weight cannot be set unless TrafficRouting is enabled',
    ],
    [
      'an analysis that is not there',
      { analyses: [{ name: 'a', templateName: 'gone' }] },
      "AnalysisTemplate 'gone' not found",
    ],
    [
      'an argument about a template that is not there',
      { analyses: [{ ...experiment.analyses[0], args: [{ name: 'hash', value: '{{templates.x.podTemplateHash}}' }] }] },
      'argument hash: this experiment has no template x',
    ],
  ])('%s', (_, change, words) => {
    const rollout = aRollout()
      .steps({ experiment: { ...experiment, ...change } })
      .build();
    const problems = validateRollout(new SimulatedCluster(rollout, [slo]).world());
    expect(problems.join('\n')).toContain(words);
  });

  it('a weight that ingress-nginx cannot give, in Argo’s words', () => {
    const step = { experiment: { ...experiment, analyses: [], templates: [{ ...baseline, weight: 20 }] } };
    const rollout = aRollout().routed().steps(step).build();
    expect(validateRollout(new SimulatedCluster(rollout, [slo]).world())).toEqual([
      'spec.strategy.steps[0].experiment.templates[0].weight: Invalid value: 20: Experiment template weight is only available for TrafficRouting with SMI, ALB, and Istio at this time',
    ]);
  });
});
