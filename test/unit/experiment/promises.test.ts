import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isCompleted } from '../../../src/analysis/index.ts';
import type { ExperimentWorld } from '../../../src/experiment/index.ts';
import { anAnalysisTemplate } from '../../support/builders.ts';
import { SimulatedExperiment } from '../../support/simulated-experiment.ts';

const template = fc.record({
  replicas: fc.option(fc.nat(3), { nil: undefined }),
  service: fc.constantFrom(undefined, {}, { name: 'web' }),
});
const spec = fc
  .record(
    {
      templates: fc.array(template, { minLength: 1, maxLength: 3 }),
      duration: fc.constantFrom('30s', '2m'),
      scaleDownDelaySeconds: fc.constantFrom(0, 20),
      progressDeadlineSeconds: fc.constantFrom(60, 600),
      analyses: fc.array(fc.record({ requiredForCompletion: fc.boolean() }), { maxLength: 2 }),
    },
    { requiredKeys: ['templates', 'analyses'] },
  )
  .map(({ templates, analyses, ...rest }) => ({
    ...rest,
    analyses: analyses.map((analysis, index) => ({ ...analysis, name: `a${index}`, templateName: 'slo' })),
    templates: templates.map(({ replicas, service }, index) => ({
      name: `t${index}`,
      ...(replicas === undefined ? {} : { replicas }),
      // A name of its author's is for one of them.
      ...(service === undefined ? {} : { service: index === 0 ? service : {} }),
      selector: { matchLabels: { app: 'shop' } },
      template: {
        metadata: { labels: { app: 'shop' } },
        spec: { containers: [{ name: 'app', image: 'shop:1', ports: [{ containerPort: 80 }] }] },
      },
    })),
  }));

type Happening = (cluster: SimulatedExperiment) => void;
const happening = fc.oneof(
  fc.nat(2).map<Happening>((index) => (cluster) => cluster.ready(`t${index}`)),
  fc.constant<Happening>((cluster) => cluster.ready()),
  fc.nat(2).map<Happening>((index) => (cluster) => cluster.ready(`t${index}`, 0)),
  fc.integer({ min: 1, max: 700 }).map<Happening>((seconds) => (cluster) => cluster.wait(seconds)),
  fc
    .tuple(fc.nat(1), fc.constantFrom('Running', 'Successful', 'Failed', 'Inconclusive', 'Error'), fc.nat(2))
    .map<Happening>(([index, phase, measured]) => (cluster) => {
      const run = cluster.analysisRuns.findLast(({ metadata }) => metadata.name.startsWith(`exp-a${index}`));
      if (run !== undefined && !isCompleted(run.status.phase)) cluster.judge(run.metadata.name, phase, measured);
    }),
  fc.constant<Happening>((cluster) => cluster.patch({ spec: { terminate: true } })),
  fc.constant<Happening>((cluster) => cluster.patch({ spec: { terminate: false }, status: null })),
);
const moves = fc.array(
  fc.record({ happening, kill: fc.option(fc.nat(8), { nil: undefined }), isOverlapped: fc.boolean() }),
  { maxLength: 25 },
);

/** What holds after every turn, whoever was killed in it. */
function expectPromises(cluster: SimulatedExperiment): void {
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);
  const templates = cluster.experiment.spec.templates.length;
  expect(cluster.replicaSets.length).toBeLessThanOrEqual(templates);
  expect(new Set(cluster.replicaSets.map(({ podHash }) => podHash)).size).toBe(cluster.replicaSets.length);
  for (const all of [names(cluster.replicaSets), names(cluster.services)]) expect(new Set(all).size).toBe(all.length);
  const { phase, availableAt, analysisRuns = [] } = cluster.status;
  const running = cluster.analysisRuns.filter(({ status, spec: of }) => !isCompleted(status.phase) && !of.terminate);
  // Measured twice at the same time is measured wrongly; before its pods are there, nothing is.
  const perAnalysis = cluster.experiment.spec.analyses.length;
  expect(running.length).toBeLessThanOrEqual(perAnalysis);
  if (analysisRuns.some(({ analysisRun }) => analysisRun !== '')) expect(availableAt).toBeDefined();
  if (phase === 'Successful') {
    const bad = analysisRuns.filter((run) => run.phase !== '' && run.phase !== 'Successful' && isCompleted(run.phase));
    expect(bad).toEqual([]);
  }
}

it('holds its promises in every world, killed anywhere, and by two processes at once', () => {
  fc.assert(
    fc.property(spec, moves, (wanted, played) => {
      const cluster = new SimulatedExperiment(wanted, [anAnalysisTemplate('slo')]);
      let ended: { phase: string | undefined } | undefined;
      for (const { happening: happen, kill, isOverlapped } of played) {
        const stale: ExperimentWorld = cluster.world();
        happen(cluster);
        if (cluster.status.phase === undefined) ended = undefined;
        cluster.turn(kill === undefined ? {} : { crashAfterEffects: kill });
        if (isOverlapped) cluster.performLate(stale);
        expectPromises(cluster);
        if (ended !== undefined) expect(cluster.status.phase).toBe(ended.phase);
        if (isCompleted(cluster.status.phase)) ended = { phase: cluster.status.phase };
      }
      cluster.turn();
      const before = cluster.performed.length;
      cluster.turn();
      expect(cluster.performed.length, 'a second look finds nothing to do').toBe(before);
      // Whatever became of it: told to end, it ends, and nothing of it stays.
      cluster.patch({ spec: { terminate: true } });
      for (let rounds = 0; rounds < 6; rounds++) {
        cluster.turn();
        for (const { metadata, status, spec: of } of cluster.analysisRuns) {
          if (of.terminate === true && !isCompleted(status.phase)) cluster.judge(metadata.name, 'Successful');
        }
        cluster.wait(30);
      }
      expect(isCompleted(cluster.status.phase)).toBe(true);
      expect(cluster.replicaSets.filter(({ specReplicas }) => specReplicas > 0)).toEqual([]);
      expect(cluster.services).toEqual([]);
      expect(cluster.analysisRuns.filter(({ status }) => !isCompleted(status.phase))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
