import { describe, expect, it } from 'vitest';
import { type AnalysisRun, AnalysisTemplate } from '../../../src/analysis/index.ts';
import { computePodHash } from '../../../src/rollout/pod-hash.ts';
import { anAnalysisTemplate, aRollout } from '../../support/builders.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';

const INLINE = { analysis: { templates: [{ templateName: 'success' }] } };
const BACKGROUND = { analysis: { templates: [{ templateName: 'watch' }] } };
const TEMPLATES = [anAnalysisTemplate('success'), anAnalysisTemplate('watch', 0)];

interface Given {
  readonly steps: readonly object[];
  readonly strategy?: object;
  readonly spec?: object;
  readonly templates?: readonly AnalysisTemplate[];
}

/** At the first step of its second revision that waits. */
function underWay({ steps, strategy = {}, spec = {}, templates = TEMPLATES }: Given): SimulatedCluster {
  const rollout = aRollout()
    .image('app:1')
    .routed()
    .canary(strategy)
    .steps(...steps);
  const cluster = new SimulatedCluster(rollout.spec(spec).build(), templates);
  cluster.settle();
  cluster.release('app:2');
  cluster.settle();
  return cluster;
}

function aTemplate(name: string, spec: object, kind = 'AnalysisTemplate'): AnalysisTemplate {
  return AnalysisTemplate.parse({
    kind,
    metadata: { name, namespace: kind === 'AnalysisTemplate' ? 'shop' : '' },
    spec,
  });
}

const { metrics } = anAnalysisTemplate('success').spec;

function onlyRun(cluster: SimulatedCluster): AnalysisRun {
  const [run] = cluster.analysisRuns;
  if (run === undefined || cluster.analysisRuns.length > 1) throw new Error(`${cluster.analysisRuns.length} runs`);
  return run;
}

describe('what a run is made of', () => {
  const secret = { valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } };
  it.each<[string, object, object | undefined, object]>([
    ['a value of the template', { value: 'a' }, undefined, { value: 'a' }],
    ['a value of the rollout before it', { value: 'a' }, { value: 'b' }, { value: 'b' }],
    ['a secret, by reference', secret, undefined, secret],
    ['the canary’s hash', {}, { valueFrom: { podTemplateHashValue: 'Latest' } }, { value: 'CANARY' }],
    ['the stable hash', {}, { valueFrom: { podTemplateHashValue: 'Stable' } }, { value: 'STABLE' }],
    ['a label', {}, { valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } }, { value: 'shop' }],
    [
      'a label that is not there',
      {},
      { valueFrom: { fieldRef: { fieldPath: "metadata.labels['x']" } } },
      { value: '' },
    ],
    [
      'all labels',
      {},
      { valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
      { value: 'app="web"\nteam="shop"' },
    ],
    ['its uid', {}, { valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }, { value: 'uid-checkout' }],
    [
      'any scalar of the spec',
      {},
      { valueFrom: { fieldRef: { fieldPath: 'spec.strategy.canary.steps[0].setWeight' } } },
      { value: '20' },
    ],
    [
      'any scalar of the status',
      {},
      { valueFrom: { fieldRef: { fieldPath: 'status.canary.weights.canary.weight' } } },
      { value: '20' },
    ],
    [
      'a field that the template itself names',
      { valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      undefined,
      { value: 'shop' },
    ],
    [
      'a value of the rollout before such a field',
      { valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { value: 'pay' },
      { value: 'pay' },
    ],
  ])('has %s as its argument', (_, declared, passed, expected) => {
    const template = aTemplate('success', { metrics, args: [{ name: 'it', ...declared }] });
    const args = passed === undefined ? [] : [{ name: 'it', ...passed }];
    const step = {
      analysis: { templates: [{ templateName: 'success' }], args: [...args, { name: 'other', value: 'x' }] },
    };
    const rollout = aRollout().image('app:1').routed().steps({ setWeight: 20 }, step).build();
    const labels = { team: 'shop', app: 'web' };
    const cluster = new SimulatedCluster({ ...rollout, metadata: { ...rollout.metadata, labels } }, [template]);
    cluster.settle();
    cluster.release('app:2');
    cluster.settle();
    const hashes = { CANARY: cluster.canary()?.podHash, STABLE: cluster.rollout.status.stableRS };
    const value = Object.entries(expected).map(([key, text]) => [key, hashes[text as keyof typeof hashes] ?? text]);

    expect(onlyRun(cluster).spec.args).toEqual([{ name: 'it', ...Object.fromEntries(value) }]);
  });

  it('has the metrics of templates and of those they name, the cluster’s last', () => {
    const metric = (name: string) => ({ ...metrics[0], name });
    const templates = [
      aTemplate('cluster', { metrics: [metric('c')], dryRun: [{ metricName: 'c' }] }, 'ClusterAnalysisTemplate'),
      aTemplate('outer', { templates: [{ templateName: 'cluster', clusterScope: true }, { templateName: 'inner' }] }),
      aTemplate('inner', { metrics: [metric('i')], templates: [{ templateName: 'outer' }] }),
    ];
    const dryRun = [{ metricName: 'i' }];
    const measurementRetention = [{ metricName: '.*', limit: 20 }];
    const step = { analysis: { templates: [{ templateName: 'outer' }], dryRun, measurementRetention } };
    const { spec } = onlyRun(underWay({ steps: [step], templates }));

    expect(spec.metrics.map(({ name }) => name)).toEqual(['i', 'c']);
    expect(spec.dryRun).toEqual([{ metricName: 'i' }, { metricName: 'c' }]);
    expect(spec).toMatchObject({ measurementRetention });
  });

  it('has the labels and annotations that the author gives; the selector’s win', () => {
    const analysisRunMetadata = {
      labels: { app: 'x', team: 'shop', 'rollout-type': 'Mine' },
      annotations: { why: 'slo' },
    };
    const cluster = underWay({ steps: [{ analysis: { ...INLINE.analysis, analysisRunMetadata } }] });
    const { name, labels, annotations } = onlyRun(cluster).metadata;
    const hash = computePodHash(cluster.rollout.spec.template, undefined);

    expect(name).toBe(`checkout-${hash}-2-0`);
    expect(labels).toEqual({
      app: 'checkout',
      team: 'shop',
      'rollout-type': 'Mine',
      'step-index': '0',
      'rollouts-pod-template-hash': hash,
    });
    expect(annotations).toEqual({ why: 'slo', 'rollout.argoproj.io/revision': '2' });
  });
});

describe('a run that nobody waits for any more', () => {
  it.each<[string, (cluster: SimulatedCluster) => void, 'ends' | 'goes on']>([
    ['when a person aborts', (cluster) => cluster.patch({ status: { abort: true } }), 'ends'],
    ['when another template supersedes it', (cluster) => cluster.release('app:3'), 'ends'],
    ['when the template goes back to stable', (cluster) => cluster.release('app:1'), 'ends'],
    ['when the rollout is promoted in full', (cluster) => cluster.patch({ status: { promoteFull: true } }), 'ends'],
    ['when its step is skipped', (cluster) => cluster.patch({ status: { currentStepIndex: 1 } }), 'ends'],
    ['when somebody pauses the rollout', (cluster) => cluster.patch({ spec: { paused: true } }), 'goes on'],
    ['when it is scaled', (cluster) => cluster.patch({ spec: { replicas: 4 } }), 'goes on'],
  ])('%s', (_, act, fate) => {
    const cluster = underWay({ steps: [INLINE, { pause: {} }] });
    const { name } = onlyRun(cluster).metadata;
    cluster.judge(name, 'Running');
    act(cluster);
    cluster.settle();

    const terminate = cluster.analysisRuns.find(({ metadata }) => metadata.name === name)?.spec.terminate;
    expect(terminate).toBe(fate === 'ends' ? true : undefined);
  });

  it.each([
    ['step', { steps: [INLINE, { pause: {} }] }],
    ['background', { steps: [{ pause: {} }], strategy: BACKGROUND }],
  ])('is made again when somebody deletes that of the %s: nothing is promoted without it', (_, given) => {
    const cluster = underWay(given);
    const run = onlyRun(cluster);
    cluster.judge(run.metadata.name, 'Running');
    cluster.settle();
    cluster.analysisRuns = [];
    cluster.settle();

    expect(onlyRun(cluster)).toMatchObject({ metadata: { name: run.metadata.name }, status: { metricResults: [] } });
    expect(cluster.rollout.status.currentStepIndex).toBe(0);
  });

  it('is not made again after an abort: its verdict stands in the status', () => {
    const cluster = underWay({ steps: [INLINE, { pause: {} }] });
    const { name } = onlyRun(cluster).metadata;
    cluster.judge(name, 'Failed', 1, 'too many errors');
    cluster.settle();
    cluster.analysisRuns = [];
    cluster.settle();

    expect(cluster.analysisRuns).toEqual([]);
    expect(cluster.rollout.status.canary?.currentStepAnalysisRunStatus).toMatchObject({ name, status: 'Failed' });
  });
});

describe('finished runs', () => {
  it.each([
    ['by default', {}, 5, 5],
    ['as the author says', { successfulRunHistoryLimit: 2, unsuccessfulRunHistoryLimit: 1 }, 2, 1],
    ['none', { successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0 }, 0, 0],
  ])('are kept %s, the newest of each kind', (_, analysis, successful, unsuccessful) => {
    const cluster = underWay({ steps: [{ pause: {} }], spec: { analysis } });
    const hash = cluster.canary()?.podHash ?? '';
    const phases = ['Successful', 'Failed', 'Successful', 'Error', 'Successful', 'Inconclusive'] as const;
    for (let n = 0; n < 18; n++) {
      const phase = phases[n % phases.length] ?? 'Failed';
      const metadata = {
        name: `run-${n}`,
        namespace: 'shop',
        uid: `uid-${n}`,
        labels: { 'rollouts-pod-template-hash': hash },
        creationTimestamp: `2026-11-20T10:00:${String(n).padStart(2, '0')}Z`,
        annotations: {},
        ownerReferences: [],
      };
      const spec = { metrics: [], args: [], dryRun: [], measurementRetention: [], templates: [] };
      cluster.analysisRuns.push({ metadata, spec, status: { phase, metricResults: [] } });
    }
    cluster.settle();
    const left = cluster.analysisRuns.map(
      ({ metadata, status }) => [Number(metadata.name.slice(4)), status.phase] as const,
    );
    const good = left.filter(([, phase]) => phase === 'Successful').map(([n]) => n);
    const bad = left.filter(([, phase]) => phase !== 'Successful').map(([n]) => n);

    expect(good).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16].slice(9 - successful));
    expect(bad).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17].slice(9 - unsuccessful));
  });
});

describe('a reference that can never name a value', () => {
  const notSupported = 'Analyses arguments must refer to valid object metadata supported by downwardAPI';
  it.each([
    ['metadata.name', undefined],
    ["metadata.annotations['k']", undefined],
    ['status.canary.stablePingPong', undefined],
    ['metadata.generation', notSupported],
    ['metadata', notSupported],
    ["metadata.labels['k", notSupported],
    ['spec.strategy.canary.steps[9].setWeight', 'no text, number or truth value is there'],
    ['spec.strategy', 'no text, number or truth value is there'],
  ])('%s is an invalid spec', (fieldPath, reason) => {
    const template = aTemplate('success', { metrics, args: [{ name: 'it' }] });
    const args = [{ name: 'it', valueFrom: { fieldRef: { fieldPath } } }];
    const cluster = underWay({ steps: [{ analysis: { ...INLINE.analysis, args } }], templates: [template] });
    const invalid = cluster.rollout.status.conditions?.find(({ type }) => type === 'InvalidSpec');
    const field = 'spec.strategy.canary.steps[0].analysis.args[0].valueFrom.fieldRef.fieldPath';

    expect(invalid?.message).toBe(
      reason === undefined
        ? undefined
        : `The Rollout "checkout" is invalid: ${field}: Invalid value: ${JSON.stringify(fieldPath)}: ${reason}`,
    );
  });
});
