import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ExperimentTools, takeExperimentTurn } from '../../../src/engine/experiment.ts';
import {
  type ConnectedCluster,
  createAnalysisRuns,
  createExperiments,
  createWorkloads,
  type KubernetesObject,
  managerOf,
  projectAnalysisRun,
  projectAnalysisTemplate,
  projectReplicaSet,
  projectRollout,
  projectService,
  type Reflector,
  type Resource,
  resources,
} from '../../../src/kubernetes/index.ts';
import { createObjectCache } from '../../../src/kubernetes/object-cache.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { Experiment } from '../../../src/rollout/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { at, expectObject, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

const definitions = ['experiments', 'analysisruns', 'analysistemplates', 'clusteranalysistemplates', 'rollouts'].map(
  (plural): JsonObject =>
    parse(readFileSync(new URL(`../../../manifests/install/crds-argo/${plural}.yaml`, import.meta.url), 'utf8')),
);

let world: TestCluster;
beforeAll(async () => {
  world = await startTestCluster(definitions);
});
afterAll(() => world.stop());

class KilledError extends Error {}

/** A process that dies at its n-th write: before the API server hears of it, or before its answer is heard. */
function mortal(cluster: ConnectedCluster, diesAt: number, moment: 'before' | 'after'): ConnectedCluster {
  let left = diesAt;
  const write = async <T>(perform: () => Promise<T>): Promise<T> => {
    if (left === 0 && moment === 'before') throw new KilledError();
    const answer = await perform();
    if (left-- === 0) throw new KilledError();
    return answer;
  };
  return {
    ...cluster,
    create: (...args) => write(() => cluster.create(...args)),
    patchJson: (...args) => write(() => cluster.patchJson(...args)),
    patchMerge: (...args) => write(() => cluster.patchMerge(...args)),
    delete: (...args) => write(() => cluster.delete(...args)),
  };
}

/** What a process that has just been started knows: a list of each kind. */
async function listed<T>(
  namespace: string,
  resource: Resource,
  project: (object: KubernetesObject) => T | undefined,
  ownerOf?: (object: KubernetesObject) => string | undefined,
): Promise<Reflector<T>> {
  const cache = createObjectCache(project, silentLog, ownerOf);
  for (const object of await world.cluster.list(resource, { namespace }, world.signal))
    cache.setLearnt(object, undefined);
  const { get, list, ownedBy, onChange } = cache;
  return {
    ...{ get, list, ownedBy, onChange },
    learn: (object) => cache.setLearnt(object, undefined),
    start: async () => undefined,
    stop: async () => undefined,
    ageMs: () => 0,
  };
}

async function turnOf(namespace: string, cluster: ConnectedCluster) {
  const caches = {
    rollouts: await listed(namespace, resources.rollouts, projectRollout),
    replicaSets: await listed(namespace, resources.replicaSets, projectReplicaSet),
    services: await listed(namespace, resources.services, projectService, managerOf),
    experiments: await listed(namespace, resources.experiments, (object) => Experiment.parse(object)),
    analysisRuns: await listed(namespace, resources.analysisRuns, projectAnalysisRun),
    analysisTemplates: await listed(namespace, resources.analysisTemplates, projectAnalysisTemplate),
    clusterAnalysisTemplates: await listed('', resources.clusterAnalysisTemplates, projectAnalysisTemplate),
  };
  const tools: ExperimentTools = {
    caches,
    experiments: createExperiments(cluster, caches),
    workloads: createWorkloads(cluster, caches.replicaSets, 'Experiment'),
    analysisRuns: createAnalysisRuns(cluster, caches.analysisRuns, 'Experiment'),
    readTemplate: async () => undefined,
    isOurs: () => true,
    evidence: 'strict',
    sendEvent: () => undefined,
    nowMs: cluster.nowMs,
    log: silentLog,
  };
  return takeExperimentTurn({ namespace, name: 'exp' }, tools, world.signal);
}

/** One turn that is killed, and one of whoever takes over. Says whether the first was. */
async function killed(namespace: string, diesAt: number, moment: 'before' | 'after'): Promise<boolean> {
  let isKilled = false;
  await turnOf(namespace, mortal(world.cluster, diesAt, moment)).catch((error: unknown) => {
    if (!(error instanceof KilledError)) throw error;
    isKilled = true;
  });
  await turnOf(namespace, world.cluster);
  return isKilled;
}

const spec = {
  scaleDownDelaySeconds: 0,
  templates: [
    {
      name: 'pods',
      replicas: 2,
      service: {},
      selector: { matchLabels: { app: 'pods' } },
      template: {
        metadata: { labels: { app: 'pods' } },
        spec: {
          containers: [
            { name: 'app', image: 'pods:1', ports: [{ containerPort: 8080 }, { containerPort: 53, protocol: 'UDP' }] },
          ],
        },
      },
    },
  ],
  analyses: [{ name: 'slo', templateName: 'slo', requiredForCompletion: true }],
};

async function names(namespace: string, resource: Resource): Promise<readonly string[]> {
  return (await world.cluster.list(resource, { namespace }, world.signal))
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kubernetes');
}

async function read(namespace: string, resource: Resource, name: string): Promise<KubernetesObject> {
  return expectObject(await world.cluster.get(resource, { namespace, name }, world.signal));
}

/** Its controller's part: pods are there, and available. */
async function setPods(namespace: string, count: number): Promise<void> {
  const { generation } = (await read(namespace, resources.replicaSets, 'exp-pods')).metadata;
  const counts = { replicas: count, fullyLabeledReplicas: count, readyReplicas: count, availableReplicas: count };
  const status = { ...counts, observedGeneration: Number(generation) };
  const options = { signal: world.signal, subresource: 'status' as const };
  await world.cluster.patchMerge(resources.replicaSets, { namespace, name: 'exp-pods' }, { status }, options);
}

test.each(['before', 'after'] as const)(
  'killed %s any write, it makes everything once, and leaves nothing',
  { timeout: 180_000 },
  async (moment) => {
    let wasKilled = true;
    for (let diesAt = 0; wasKilled; diesAt++) {
      const namespace = await world.namespace();
      const { cluster, signal } = world;
      const metric = { name: 'up', successCondition: 'true', provider: { prometheus: { query: 'up' } } };
      const template = { metadata: { namespace, name: 'slo' }, spec: { metrics: [metric] } };
      await cluster.create(resources.analysisTemplates, template, { signal });
      await cluster.create(resources.experiments, { metadata: { namespace, name: 'exp' }, spec }, { signal });

      wasKilled = await killed(namespace, diesAt, moment);
      expect(at(await read(namespace, resources.replicaSets, 'exp-pods'), 'spec', 'replicas')).toBe(2);
      expect(await names(namespace, resources.services)).toEqual(['exp-pods']);
      expect(await names(namespace, resources.analysisRuns)).toEqual([]);

      await setPods(namespace, 2);
      wasKilled = (await killed(namespace, diesAt, moment)) || wasKilled;
      const running = await read(namespace, resources.experiments, 'exp');
      expect(at(running, 'status', 'phase')).toBe('Running');
      expect(await names(namespace, resources.analysisRuns)).toEqual(['exp-slo']);

      const counts = { count: 1, successful: 1 };
      const result = { name: 'up', phase: 'Successful', ...counts };
      const status = { phase: 'Successful', metricResults: [result], completedAt: '2026-11-20T10:00:00Z' };
      await cluster.patchMerge(resources.analysisRuns, { namespace, name: 'exp-slo' }, { status }, { signal });
      wasKilled = (await killed(namespace, diesAt, moment)) || wasKilled;
      expect(at(await read(namespace, resources.experiments, 'exp'), 'status', 'phase')).toBe('Successful');
      expect(at(await read(namespace, resources.replicaSets, 'exp-pods'), 'spec', 'replicas')).toBe(0);

      await setPods(namespace, 0);
      wasKilled = (await killed(namespace, diesAt, moment)) || wasKilled;
      expect(await names(namespace, resources.services)).toEqual([]);
      expect(await names(namespace, resources.replicaSets)).toEqual(['exp-pods']);
      expect(await names(namespace, resources.analysisRuns)).toEqual(['exp-slo']);
    }
  },
);

test('does not touch what belongs to somebody else, and says so', async () => {
  const namespace = await world.namespace();
  const { cluster, signal } = world;
  const service = {
    metadata: { namespace, name: 'exp-pods' },
    spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
  };
  await cluster.create(resources.services, service, { signal });
  const { analyses: _, ...without } = spec;
  await cluster.create(resources.experiments, { metadata: { namespace, name: 'exp' }, spec: without }, { signal });
  await turnOf(namespace, cluster);
  const { status } = Experiment.parse(await read(namespace, resources.experiments, 'exp'));
  expect(status).toMatchObject({ phase: 'Error' });
  expect(status.message).toMatch(/^Failed to create Service exp-pods for template 'pods': .*already exists/);
  expect(at(await read(namespace, resources.services, 'exp-pods'), 'spec', 'selector')).toEqual({ app: 'x' });
});

test('made again under the same name, it waits until what the one before has left is gone', async () => {
  const namespace = await world.namespace();
  const { cluster, signal } = world;
  const { analyses: _, ...without } = spec;
  const ownerReferences = [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', name: 'exp', uid: 'the-one-before', controller: true },
  ];
  const pods = { metadata: { labels: { app: 'pods' } }, spec: { containers: [{ name: 'app', image: 'pods:1' }] } };
  const left = { replicas: 0, selector: { matchLabels: { app: 'pods' } }, template: pods };
  // Held, so that the garbage collector is late for certain.
  const metadata = { namespace, name: 'exp-pods', ownerReferences, finalizers: ['acme.dev/held'] };
  await cluster.create(resources.replicaSets, { metadata, spec: left }, { signal });
  await cluster.create(resources.experiments, { metadata: { namespace, name: 'exp' }, spec: without }, { signal });
  expect(await turnOf(namespace, cluster)).toEqual({ isUnfinished: true });
  const waiting = Experiment.parse(await read(namespace, resources.experiments, 'exp'));
  expect(waiting.status.phase).toBe('Pending');

  const name = { namespace, name: 'exp-pods' };
  await cluster.delete(
    resources.replicaSets,
    name,
    (await read(namespace, resources.replicaSets, 'exp-pods')).metadata.uid,
    { signal },
  );
  await cluster.patchMerge(resources.replicaSets, name, { metadata: { finalizers: null } }, { signal });
  await turnOf(namespace, cluster);
  const made = await read(namespace, resources.replicaSets, 'exp-pods');
  expect(at(made, 'metadata', 'ownerReferences', '0', 'uid')).toBe(waiting.metadata.uid);
  expect(at(made, 'spec', 'replicas')).toBe(2);
});

test('pods that the API server refuses end it in its words', async () => {
  const namespace = await world.namespace();
  const { cluster, signal } = world;
  const [template] = spec.templates;
  const templates = [{ ...template, selector: { matchLabels: { app: 'others' } } }];
  await cluster.create(
    resources.experiments,
    { metadata: { namespace, name: 'exp' }, spec: { templates } },
    { signal },
  );
  await turnOf(namespace, cluster);
  const { status } = Experiment.parse(await read(namespace, resources.experiments, 'exp'));
  expect(status.message).toMatch(
    /^Failed to create ReplicaSet for template 'pods': .*`selector` does not match template `labels`/,
  );
});
