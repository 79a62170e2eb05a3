import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { AnalysisTemplate } from '../../../src/analysis/index.ts';
import { type Reflector, resources } from '../../../src/kubernetes/index.ts';
import { registerArgoMetrics } from '../../../src/service-argo-metrics.ts';
import { readRecordedWorld, recordedStories } from '../../support/recorded.ts';

type Listener<T> = Parameters<Reflector<T>['onChange']>[0];

function cacheOf<T extends { readonly metadata: { readonly name: string } }>(objects: readonly T[]) {
  const listeners: Listener<T>[] = [];
  const gone = new Set<string>();
  const cache: Reflector<T> = {
    get: ({ name }) => objects.find(({ metadata }) => metadata.name === name && !gone.has(name)),
    list: () => objects,
    ownedBy: () => [],
    onChange(listener) {
      listeners.push(listener);
      return () => undefined;
    },
    learn: () => undefined,
    start: async () => undefined,
    stop: async () => undefined,
    ageMs: () => 0,
  };
  function tell(change: Parameters<Listener<T>>[0]): void {
    if (change.after === undefined) gone.add(change.name.name);
    for (const listener of listeners) listener(change);
  }
  return { cache, tell };
}

function register(isTelling = true) {
  const worlds = recordedStories.map((story) => readRecordedWorld(story, 'of another version'));
  const rollouts = cacheOf(worlds.map(({ rollout }) => rollout));
  const template = AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name: 'slo', namespace: 'shop' },
    spec: { metrics: [{ name: 'hook', provider: { plugin: { 'acme/hook': {} } } }] },
  });
  const registry = new Registry();
  const metrics = registerArgoMetrics({
    registry,
    caches: {
      rollouts: rollouts.cache,
      analysisRuns: cacheOf(worlds.flatMap(({ analysisRuns }) => analysisRuns)).cache,
      analysisTemplates: cacheOf([template]).cache,
      clusterAnalysisTemplates: cacheOf<AnalysisTemplate>([]).cache,
      experiments: cacheOf<never>([]).cache,
    },
    isTelling: () => isTelling,
  });
  const lines = async () =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  /** Its name has the hash of the recording. */
  const runOf = (name: string) =>
    worlds.find(({ rollout }) => rollout.metadata.name === name)?.analysisRuns[0]?.metadata.name ?? 'none';
  return { metrics, lines, rollouts, runOf };
}

it('tells of every Rollout and analysis by the names and labels that Argo has', async () => {
  const { lines, runOf } = register();
  const told = await lines();
  const run = runOf('aborted');
  const of = (name: string) => `namespace="shop",name="${name}"`;
  for (const line of [
    `rollout_info{${of('timed')},strategy="canary",traffic_router="Nginx",phase="Paused"} 1`,
    `rollout_info{${of('basic')},strategy="canary",traffic_router="",phase="Paused"} 1`,
    `rollout_info{${of('meshed')},strategy="canary",traffic_router="Istio",phase="Paused"} 1`,
    `rollout_info{${of('aborted')},strategy="canary",traffic_router="Nginx",phase="Abort"} 1`,
    `rollout_info{${of('switched')},strategy="blueGreen",traffic_router="",phase="Completed"} 1`,
    `rollout_info_replicas_available{${of('timed')}} 5`,
    `rollout_info_replicas_unavailable{${of('timed')}} 0`,
    `rollout_info_replicas_desired{${of('timed')}} 4`,
    `rollout_info_replicas_updated{${of('timed')}} 1`,
    `rollout_phase{${of('aborted')},strategy="canary",phase="Abort"} 1`,
    `rollout_phase{${of('aborted')},strategy="canary",phase="Completed"} 0`,
    `analysis_run_info{${of(run)},phase="Failed"} 1`,
    `analysis_run_phase{${of(run)},phase="Failed"} 1`,
    `analysis_run_metric_type{${of(run)},metric="success-rate",type="Prometheus"} 1`,
    `analysis_run_metric_phase{${of(run)},metric="success-rate",type="Prometheus",dry_run="false",phase="Failed"} 1`,
    `analysis_template_info{${of('slo')}} 1`,
    `analysis_template_metric_info{${of('slo')},type="acme/hook",metric="hook"} 1`,
  ])
    expect(told, line).toContain(line);
  expect(told.filter((line) => line.startsWith('rollout_phase{'))).toHaveLength(6 * recordedStories.length);
});

it('leaves objects to the one replica that tells of them', async () => {
  expect(await register(false).lines()).toEqual([]);
});

it('counts turns and events, and forgets what is gone', async () => {
  const { metrics, lines, rollouts } = register(false);
  const name = { namespace: 'shop', name: 'timed' };
  metrics.observeTurn({ kind: 'rollout', ...name, seconds: 0.2, result: 'done' });
  metrics.observeTurn({ kind: 'rollout', ...name, seconds: 0.01, result: 'failed' });
  metrics.observeTurn({ kind: 'card', ...name, seconds: 1, result: 'done' });
  const regarding = { resource: resources.rollouts, ...name, uid: 'u' };
  for (const reason of ['RolloutPaused', 'RolloutPaused', 'RolloutResumed'])
    metrics.countEvent({ regarding, type: 'Normal', reason, message: '', occasion: '' });
  const told = await lines();
  expect(told).toEqual(
    expect.arrayContaining([
      'rollout_reconcile_bucket{le="0.15",namespace="shop",name="timed"} 1',
      'rollout_reconcile_count{namespace="shop",name="timed"} 2',
      'rollout_reconcile_error{namespace="shop",name="timed"} 1',
      'rollout_events_total{namespace="shop",name="timed",type="Normal",reason="RolloutPaused"} 2',
    ]),
  );
  rollouts.tell({ name, before: undefined, after: undefined });
  expect(await lines()).toEqual([]);
  // The turn that its deletion led to.
  metrics.observeTurn({ kind: 'rollout', ...name, seconds: 0.01, result: 'done' });
  expect(await lines()).toEqual([]);
});
