import { describe, expect, it } from 'vitest';
import { anAnalysisTemplate } from '../../support/builders.ts';
import { SimulatedExperiment } from '../../support/simulated-experiment.ts';

function aTemplate(name: string, change: object = {}) {
  return {
    name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'shop:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
    },
    ...change,
  };
}

const two = { templates: [aTemplate('baseline'), aTemplate('candidate', { replicas: 3 })] };
const slo = anAnalysisTemplate('slo');
const analysis = (change: object = {}) => ({ name: 'slo', templateName: 'slo', ...change });

/** An Experiment whose pods are all there. */
function running(spec: object): SimulatedExperiment {
  const cluster = new SimulatedExperiment({ ...two, ...spec }, [slo]);
  cluster.settle();
  return cluster;
}

describe('an Experiment', () => {
  it('makes a ReplicaSet for each template, named, marked and labelled as Argo does', () => {
    const cluster = new SimulatedExperiment(two);
    cluster.turn();
    expect(cluster.status).toMatchObject({
      phase: 'Pending',
      templateStatuses: [
        { name: 'baseline', status: 'Progressing', replicas: 1, availableReplicas: 0 },
        { name: 'candidate', status: 'Progressing', replicas: 3, availableReplicas: 0 },
      ],
      conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }],
    });
    for (const [index, name] of ['baseline', 'candidate'].entries()) {
      const replicaSet = cluster.replicaSets[index];
      expect(replicaSet).toMatchObject({
        name: `exp-${name}`,
        labels: { app: name, 'rollouts-pod-template-hash': replicaSet?.podHash },
        annotations: { 'experiment.argoproj.io/name': 'exp', 'experiment.argoproj.io/template-name': name },
        template: { metadata: { labels: { app: name, 'rollouts-pod-template-hash': replicaSet?.podHash } } },
      });
    }
    cluster.ready();
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Running', availableAt: '2027-01-15T08:00:00Z' });
    expect(cluster.eventReasons()).toEqual([
      'TemplateProgressing',
      'TemplateProgressing',
      'ExperimentPending',
      'ScalingReplicaSet',
      'ScalingReplicaSet',
      'TemplateRunning',
      'TemplateRunning',
      'ExperimentRunning',
    ]);
  });

  it('gives equal pods hashes of their own, and none that others have', () => {
    const same = { selector: { matchLabels: { app: 'x' } }, template: aTemplate('x').template };
    const templates = [aTemplate('a', same), aTemplate('b', same)];
    const alone = new SimulatedExperiment({ templates: templates.slice(0, 1) });
    alone.turn();
    const others = alone.replicaSets.map(({ podHash }) => podHash);
    const cluster = new SimulatedExperiment({ templates });
    cluster.takenPodHashes = others;
    cluster.turn();
    const hashes = cluster.replicaSets.map(({ podHash }) => podHash);
    expect(new Set([...hashes, ...others]).size).toBe(3);
  });

  it('counts its duration from when all of them are available, and takes them down after a while', () => {
    const cluster = new SimulatedExperiment({ ...two, duration: '1m', scaleDownDelaySeconds: 10 });
    cluster.turn();
    cluster.ready('baseline');
    cluster.wait(100);
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Pending', templateStatuses: [{ status: 'Running' }, {}] });
    cluster.ready();
    expect(cluster.turn()).toBe(cluster.nowMs + 60_000);
    cluster.wait(59);
    cluster.turn();
    expect(cluster.status.phase).toBe('Running');
    cluster.wait(1);
    expect(cluster.turn()).toBe(cluster.nowMs + 10_000);
    expect(cluster.status).toMatchObject({
      phase: 'Successful',
      templateStatuses: [{ status: 'Successful' }, { status: 'Successful' }],
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ExperimentCompleted' }],
    });
    expect(cluster.replicaSets.map(({ specReplicas }) => specReplicas)).toEqual([1, 3]);
    cluster.wait(10);
    cluster.turn();
    expect(cluster.replicaSets.map(({ specReplicas }) => specReplicas)).toEqual([0, 0]);
    expect(cluster.status.templateStatuses).toMatchObject([{ replicas: 0, status: 'Successful' }, { replicas: 0 }]);
  });

  it.each([
    [undefined, 30],
    [5, 5],
    [0, 0],
  ])('with scaleDownDelaySeconds %s keeps its pods for %s s', (scaleDownDelaySeconds, seconds) => {
    const cluster = running({ ...(scaleDownDelaySeconds === undefined ? {} : { scaleDownDelaySeconds }) });
    cluster.patch({ spec: { terminate: true } });
    cluster.turn();
    expect(cluster.status.phase).toBe('Successful');
    const sizes = () => cluster.replicaSets.map(({ specReplicas }) => specReplicas);
    if (seconds > 0) {
      cluster.wait(seconds - 1);
      cluster.turn();
      expect(sizes()).toEqual([1, 3]);
    }
    cluster.wait(1);
    cluster.turn();
    expect(sizes()).toEqual([0, 0]);
  });

  it('keeps its pods as long as its Rollout still sends requests to them', () => {
    const cluster = running({ templates: [aTemplate('a', { service: {} })], scaleDownDelaySeconds: 0 });
    cluster.routedServices = ['exp-a'];
    cluster.patch({ spec: { terminate: true } });
    expect(cluster.turn()).toBeGreaterThan(cluster.nowMs);
    expect(cluster.replicaSets).toMatchObject([{ specReplicas: 1 }]);
    cluster.routedServices = [];
    cluster.turn();
    expect(cluster.replicaSets).toMatchObject([{ specReplicas: 0 }]);
    expect(cluster.services).toEqual([]);
  });

  it('fails when a template is not available in time, and says why', () => {
    const cluster = new SimulatedExperiment({ ...two, progressDeadlineSeconds: 60 });
    cluster.turn();
    cluster.ready('baseline');
    cluster.turn();
    const candidate = cluster.replicaSets.find(({ name }) => name === 'exp-candidate');
    if (candidate !== undefined) candidate.failure = { reason: 'FailedCreate', message: 'exceeded quota' };
    const wake = cluster.turn() ?? 0;
    expect(wake).toBeGreaterThan(cluster.nowMs);
    cluster.nowMs = wake;
    cluster.turn();
    expect(cluster.status).toMatchObject({
      phase: 'Failed',
      message: "Template 'candidate' exceeded its progressDeadlineSeconds (60): exceeded quota",
      templateStatuses: [{ status: 'Successful' }, { status: 'Failed' }],
    });
    expect(cluster.eventReasons()).toContain('TemplateFailed');
  });

  it('is Pending again when its pods are lost, and fails only after the deadline', () => {
    const cluster = running({ progressDeadlineSeconds: 60 });
    cluster.wait(500);
    cluster.ready('candidate', 1);
    cluster.turn();
    expect(cluster.status.phase).toBe('Pending');
    cluster.wait(59);
    cluster.turn();
    expect(cluster.status.phase).toBe('Pending');
    cluster.ready();
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Running', availableAt: '2027-01-15T08:00:00Z' });
  });

  it('errs when the API server will not have its pods or its Service', () => {
    const refused = new SimulatedExperiment(two);
    refused.refused = { 'exp-candidate': 'replicasets.apps "exp-candidate" already exists' };
    refused.turn();
    expect(refused.status).toMatchObject({
      phase: 'Error',
      message:
        'Failed to create ReplicaSet for template \'candidate\': replicasets.apps "exp-candidate" already exists',
    });
    const named = new SimulatedExperiment({ templates: [aTemplate('a', { service: { name: 'web' } })] });
    named.refused = { web: 'services "web" already exists' };
    named.turn();
    expect(named.status).toMatchObject({
      phase: 'Error',
      message: 'Failed to create Service web for template \'a\': services "web" already exists',
    });
    named.wait(60);
    named.turn();
    expect(named.replicaSets.every(({ specReplicas }) => specReplicas === 0)).toBe(true);
  });

  it('takes the pods of a template that is no longer in its spec', () => {
    const cluster = running({});
    cluster.patch({ spec: { templates: two.templates.slice(0, 1) } });
    cluster.settle();
    expect(cluster.replicaSets.map(({ specReplicas }) => specReplicas)).toEqual([1, 0]);
    expect(cluster.status).toMatchObject({ phase: 'Running', templateStatuses: [{ name: 'baseline' }] });
  });
});

describe('the Service of a template', () => {
  it.each([
    ['named as its ReplicaSet', {}, 'exp-a'],
    ['named by its author', { name: 'web' }, 'web'],
  ])('is %s, leads to its pods, and goes with them', (_, service, name) => {
    const cluster = running({ templates: [aTemplate('a', { service })], scaleDownDelaySeconds: 1 });
    const [replicaSet] = cluster.replicaSets;
    expect(cluster.services).toMatchObject([
      {
        name,
        selector: { app: 'a', 'rollouts-pod-template-hash': replicaSet?.podHash },
        ports: [{ name: 'http', port: 8080, targetPort: 8080 }],
        annotations: { 'experiment.argoproj.io/template-name': 'a' },
      },
    ]);
    expect(cluster.status.templateStatuses).toMatchObject([
      { serviceName: name, podTemplateHash: replicaSet?.podHash },
    ]);
    cluster.patch({ spec: { terminate: true } });
    cluster.settle();
    expect(cluster.services).toHaveLength(1);
    cluster.wait(2);
    cluster.settle();
    expect(cluster.services).toEqual([]);
  });

  it.each([
    ['a'.repeat(80), /^exp-a{10,}-[a-z0-9]+$/],
    ['a.b', /^exp-a-b-[a-z0-9]+$/],
  ])('has a name that a Service may have, where its ReplicaSet is called after %s', (template, name) => {
    const { services, status, replicaSets } = running({ templates: [aTemplate(template, { service: {} })] });
    const [service] = services;
    expect(service?.name).toMatch(name);
    expect(service?.name.length).toBeLessThanOrEqual(63);
    expect(service?.name.endsWith(`-${replicaSets[0]?.podHash}`)).toBe(true);
    expect(status.templateStatuses?.[0]?.serviceName).toBe(service?.name);
  });

  it('is not made without ports, and has a name for each of several', () => {
    const containers = [{ name: 'app', image: 'shop:1' }];
    const silent = aTemplate('a', {
      service: {},
      template: { metadata: { labels: { app: 'a' } }, spec: { containers } },
    });
    expect(running({ templates: [silent] }).services).toEqual([]);
    const ports = [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }, { containerPort: 80 }];
    const spec = { containers: [{ name: 'app', image: 'shop:1', ports }] };
    const many = aTemplate('a', { service: {}, template: { metadata: { labels: { app: 'a' } }, spec } });
    expect(running({ templates: [many] }).services[0]?.ports).toMatchObject([
      { name: 'port-80-tcp', port: 80 },
      { name: 'port-53-udp', port: 53, protocol: 'UDP' },
    ]);
  });
});

describe('the analyses of an Experiment', () => {
  it('begin when all templates are available, each once, with their arguments', () => {
    const template = anAnalysisTemplate('slo');
    template.spec.args.push({ name: 'hash' }, { name: 'since' }, { name: 'until' }, { name: 'set' }, { name: 'team' });
    const args = [
      { name: 'hash', value: 'pods-{{templates.candidate.podTemplateHash}}' },
      { name: 'set', value: '{{ templates.baseline.replicaset.name }}' },
      { name: 'since', value: '{{experiment.availableAt}}' },
      { name: 'until', value: '{{experiment.finishedAt}}' },
      { name: 'team', valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } },
    ];
    const spec = { ...two, duration: '1h', analyses: [analysis({ args })], dryRun: [{ metricName: '.*' }] };
    const cluster = new SimulatedExperiment(spec, [template], { team: 'pay' });
    cluster.turn();
    expect(cluster.analysisRuns).toEqual([]);
    cluster.settle();
    expect(cluster.analysisRuns.map(({ metadata }) => metadata.name)).toEqual(['exp-slo']);
    const hash = cluster.replicaSets.find(({ name }) => name === 'exp-candidate')?.podHash;
    expect(cluster.analysisRuns[0]?.spec).toMatchObject({
      args: [
        { name: 'hash', value: `pods-${hash}` },
        { name: 'since', value: '2027-01-15T08:00:00Z' },
        { name: 'until', value: '2027-01-15T09:00:00Z' },
        { name: 'set', value: 'exp-baseline' },
        { name: 'team', value: 'pay' },
      ],
      dryRun: [{ metricName: '.*' }],
    });
    expect(cluster.status.analysisRuns).toEqual([{ name: 'slo', analysisRun: 'exp-slo', phase: 'Pending' }]);
  });

  it.each([
    [
      'that is not there',
      { templateName: 'gone' },
      'AnalysisTemplate verification failed for analysis \'slo\': analysistemplate.argoproj.io "gone" not found',
    ],
    [
      'that is not there for the cluster',
      { clusterScope: true },
      'ClusterAnalysisTemplate verification failed for analysis \'slo\': clusteranalysistemplate.argoproj.io "slo" not found',
    ],
  ])('%s end it before it began', (_, change, message) => {
    const cluster = new SimulatedExperiment({ ...two, analyses: [analysis(change)] }, [slo]);
    cluster.settle();
    expect(cluster.status).toMatchObject({ phase: 'Error', message });
  });

  it('end it when an argument cannot be resolved', () => {
    const template = anAnalysisTemplate('slo');
    template.spec.args.push({ name: 'hash' });
    const args = [{ name: 'hash', value: '{{templates.none.podTemplateHash}}' }];
    const cluster = new SimulatedExperiment({ ...two, analyses: [analysis({ args })] }, [template]);
    cluster.settle();
    expect(cluster.status).toMatchObject({
      phase: 'Error',
      message: "Failed to create AnalysisRun for analysis 'slo': failed to resolve {{templates.none.podTemplateHash}}",
    });
    expect(cluster.analysisRuns).toEqual([]);
  });

  it.each(['Failed', 'Error', 'Inconclusive'] as const)('%s end it at once, and the others with it', (phase) => {
    const spec = { duration: '1h', analyses: [analysis(), analysis({ name: 'other' })] };
    const cluster = running(spec);
    cluster.judge('exp-slo', phase, 1, 'too many errors');
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase, message: 'too many errors' });
    const other = cluster.analysisRuns.find(({ metadata }) => metadata.name === 'exp-other');
    expect(other?.spec.terminate).toBe(true);
    expect(cluster.eventReasons()).toContain(`AnalysisRun${phase}`);
  });

  it('are waited for when they are required, longer than the duration', () => {
    const cluster = running({ duration: '1m', analyses: [analysis({ requiredForCompletion: true })] });
    cluster.judge('exp-slo', 'Running');
    cluster.wait(90);
    cluster.turn();
    expect(cluster.status.phase).toBe('Running');
    expect(cluster.replicaSets).toMatchObject([{ specReplicas: 1 }, { specReplicas: 3 }]);
    cluster.judge('exp-slo', 'Successful');
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Successful', message: 'Required AnalysisRuns completed' });
  });

  it('end it when all that are required are done, and the rest is asked to end', () => {
    const cluster = running({ analyses: [analysis({ requiredForCompletion: true }), analysis({ name: 'endless' })] });
    cluster.judge('exp-endless', 'Running');
    cluster.judge('exp-slo', 'Successful');
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Successful', message: 'Required AnalysisRuns completed' });
    expect(cluster.analysisRuns.map(({ spec }) => spec.terminate)).toEqual([undefined, true]);
  });

  it('end with its duration when they are not required', () => {
    const cluster = running({ duration: '1m', analyses: [analysis()] });
    cluster.judge('exp-slo', 'Running');
    cluster.wait(60);
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Successful' });
    expect(cluster.analysisRuns[0]?.spec.terminate).toBe(true);
  });

  it.each([
    ['that have measured nothing', 'strict', 'Inconclusive'],
    ['that have measured nothing, as Argo reads it,', 'argo', 'Successful'],
  ] as const)('%s prove as much as %s evidence says', (_, evidence, phase) => {
    const cluster = running({ duration: '1m', analyses: [analysis()] });
    cluster.evidence = evidence;
    cluster.wait(60);
    cluster.turn();
    expect(cluster.status.phase).toBe(phase);
    if (phase === 'Inconclusive') expect(cluster.status.message).toBe("Analysis 'slo' has not measured anything");
  });

  it('have the last word when somebody ends it', () => {
    const cluster = running({ analyses: [analysis({ requiredForCompletion: true })] });
    cluster.judge('exp-slo', 'Running');
    cluster.patch({ spec: { terminate: true } });
    cluster.turn();
    expect(cluster.analysisRuns[0]?.spec.terminate).toBe(true);
    expect(cluster.status.phase).toBe('Running');
    cluster.judge('exp-slo', 'Failed', 1, 'too many errors');
    cluster.turn();
    expect(cluster.status).toMatchObject({ phase: 'Failed', message: 'too many errors' });
  });

  it('are not waited for when they were named, and not begun before the end', () => {
    const cluster = running({ analyses: [analysis({ requiredForCompletion: true })] });
    cluster.analysisRuns = [];
    cluster.patch({ spec: { terminate: true } });
    cluster.settle();
    expect(cluster.status).toMatchObject({
      phase: 'Inconclusive',
      message: "Analysis 'slo' has not measured anything",
    });
    expect(cluster.analysisRuns).toEqual([]);
  });

  it('get another name after a retry, or where others have it', () => {
    const cluster = running({ duration: '1m', analyses: [analysis()] });
    cluster.judge('exp-slo', 'Failed');
    cluster.settle();
    cluster.takenRunNames = ['exp-slo.1'];
    cluster.patch({ status: null });
    cluster.wait(60);
    cluster.settle();
    expect(cluster.status).toMatchObject({ phase: 'Running', analysisRuns: [{ analysisRun: 'exp-slo.2' }] });
    expect(cluster.replicaSets.map(({ annotations }) => annotations['scale-down-deadline'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('an Experiment that cannot be', () => {
  const [baseline] = two.templates;
  it.each([
    ['no templates', { templates: [] }, 'Experiment exp has no templates'],
    [
      'no selector',
      { templates: [{ ...baseline, selector: undefined }] },
      "Rollout has missing field '.Spec.Templates[0].Selector'",
    ],
    [
      'an empty selector',
      { templates: [{ ...baseline, selector: {} }] },
      'This experiment is selecting all pods at index 0. A non-empty selector is required.',
    ],
    [
      'pods that are never ready in time',
      { templates: [{ ...baseline, minReadySeconds: 601 }] },
      'MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0',
    ],
    [
      'a template without a name',
      { templates: [{ ...baseline, name: '' }] },
      'Experiment exp has empty template name at index 0',
    ],
    [
      'two of one name',
      { templates: [baseline, baseline] },
      "Experiment exp has repeated template name 'baseline' in templates",
    ],
    [
      'a duration without a unit',
      { duration: '10' },
      'Experiment exp has an invalid duration: time: missing unit in duration "10"',
    ],
    [
      'two analyses of one name',
      { analyses: [analysis(), analysis()] },
      "Experiment exp has repeated analysis name 'slo' in analyses",
    ],
  ])('for %s says so, and begins when it is mended', (_, change, message) => {
    const cluster = new SimulatedExperiment({ ...two, ...change }, [slo]);
    cluster.settle();
    expect(cluster.status.conditions).toMatchObject([
      { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message },
    ]);
    expect(cluster.status.phase).toBeUndefined();
    expect(cluster.replicaSets).toEqual([]);
    cluster.patch({ spec: { ...two, duration: '1h', analyses: [] } });
    cluster.settle();
    expect(cluster.status.phase).toBe('Running');
    expect(cluster.status.conditions?.map(({ type }) => type)).toEqual(['Progressing']);
  });
});
