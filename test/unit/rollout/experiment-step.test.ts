import { describe, expect, it } from 'vitest';
import { Experiment, validateRollout } from '../../../src/rollout/index.ts';
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

describe('the weights of an experiment step', () => {
  const gateway = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'checkout' } } };
  const weighted = {
    templates: [
      { name: 'baseline', specRef: 'stable', weight: 15 },
      { name: 'candidate', specRef: 'canary', weight: 20 },
      { name: 'quiet', specRef: 'canary' },
    ],
  };
  const templateStatuses = ['baseline', 'candidate', 'quiet'].map((name) => ({
    name,
    status: 'Running',
    serviceName: `exp-${name}`,
    podTemplateHash: `hash-${name}`,
  }));

  /** A second revision at 10 %, at its experiment, whose pods are running. */
  function giving(...after: readonly object[]): SimulatedCluster {
    const containers = [{ name: 'checkout', image: 'checkout:1', ports: [{ containerPort: 8080 }] }];
    const rollout = aRollout()
      .routed()
      .canary({ trafficRouting: gateway })
      .steps({ setWeight: 10 }, { experiment: weighted }, ...after)
      .build();
    rollout.spec.template = { metadata: { labels: { app: 'checkout' } }, spec: { containers } };
    const cluster = new SimulatedCluster(rollout);
    cluster.settle();
    const next = [{ name: 'checkout', image: 'checkout:2', ports: [{ containerPort: 8080 }] }];
    cluster.patch({ spec: { template: { spec: { containers: next } } } });
    cluster.settle();
    expect(cluster.additional).toEqual([]);
    cluster.conclude(
      nameOf(cluster),
      Experiment.parse({ metadata: { name: 'x' }, status: { phase: 'Running', templateStatuses } }).status,
    );
    cluster.settle();
    return cluster;
  }
  const shares = [
    { serviceName: 'exp-baseline', weight: 15 },
    { serviceName: 'exp-candidate', weight: 20 },
  ];

  it('are given while it is running, and the status says so', () => {
    const cluster = giving();
    expect(cluster).toMatchObject({ weight: 10, additional: shares });
    expect(cluster.rollout.status.canary?.weights).toMatchObject({
      canary: { weight: 10 },
      stable: { weight: 55 },
      additional: [
        { serviceName: 'exp-baseline', weight: 15, podTemplateHash: 'hash-baseline' },
        { serviceName: 'exp-candidate', weight: 20, podTemplateHash: 'hash-candidate' },
      ],
    });
  });

  it('go back to stable when it is over', () => {
    const cluster = giving({ pause: {} });
    cluster.conclude(nameOf(cluster), { phase: 'Successful' });
    cluster.settle();
    expect(cluster).toMatchObject({ weight: 10, additional: [] });
    expect(cluster.rollout.status.canary?.weights).toMatchObject({ canary: { weight: 10 }, stable: { weight: 90 } });
    expect(cluster.rollout.status.canary?.weights).not.toHaveProperty('additional');
  });

  it.each([
    ['an abort', { status: { abort: true } }, 0],
    ['the wish to finish', { status: { promoteFull: true } }, undefined],
    ['a skip', { status: { currentStepIndex: 2 } }, 10],
  ])('are taken back first by %s', (_, patch, weight) => {
    const cluster = giving({ pause: {} });
    const before = cluster.performed.length;
    cluster.patch(patch);
    cluster.turn();
    const [first] = cluster.performed.slice(before);
    expect(first).toMatchObject({ kind: 'setWeight', ...(weight === undefined ? {} : { canaryWeight: weight }) });
    expect(cluster.additional).toEqual([]);
  });

  it('are taken back when its pods are lost, and given again', () => {
    const cluster = giving();
    cluster.conclude(nameOf(cluster), { phase: 'Pending' });
    cluster.settle();
    expect(cluster.additional).toEqual([]);
    cluster.conclude(nameOf(cluster), { phase: 'Running' });
    cluster.settle();
    expect(cluster.additional).toEqual(shares);
  });

  it('are not given while the rollout is paused, and kept if they were', () => {
    const cluster = giving();
    cluster.patch({ spec: { paused: true } });
    cluster.settle();
    expect(cluster.additional).toEqual(shares);
    cluster.conclude(nameOf(cluster), { phase: 'Pending' });
    cluster.settle();
    cluster.conclude(nameOf(cluster), { phase: 'Running' });
    cluster.settle();
    expect(cluster.additional).toEqual([]);
    cluster.patch({ spec: { paused: false } });
    cluster.settle();
    expect(cluster.additional).toEqual(shares);
  });

  it('cannot be more than everything, nor go where no port is', () => {
    const [baseline, candidate] = weighted.templates;
    const rollout = aRollout()
      .routed()
      .canary({ trafficRouting: gateway })
      .steps({ setWeight: 80 }, { experiment: { templates: [baseline, candidate] } })
      .build();
    expect(validateRollout(new SimulatedCluster(rollout).world())).toEqual([
      'spec.strategy.steps[1].experiment.templates[1].weight: Invalid value: 20: its pods declare no containerPort',
      'spec.strategy.steps[1].experiment.templates: Invalid value: 35: the weights of its templates (35) and of the canary (80) are more than 100',
    ]);
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
      'spec.strategy.steps[0].experiment.templates[0].weight: Invalid value: 20: Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time',
    ]);
  });
});
