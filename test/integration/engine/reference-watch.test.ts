import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createReferenceWatch } from '../../../src/engine/reference-watch.ts';
import {
  createReflector,
  projectRollout,
  type Resource,
  resources,
  watchWorkloads,
} from '../../../src/kubernetes/index.ts';
import type { JsonObject } from '../../../src/lib/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { rolloutDefinition, startTestCluster, type TestCluster } from '../../support/test-cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

const labels = { app: 'web' };
const template = (image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
});
const kinds = {
  Deployment: { resource: resources.deployments, apiVersion: 'apps/v1' },
  ReplicaSet: { resource: resources.replicaSets, apiVersion: 'apps/v1' },
  PodTemplate: { resource: resources.podTemplates, apiVersion: 'v1' },
} as const;
type Kind = keyof typeof kinds;

let tools: TestCluster;
beforeAll(async () => {
  tools = await startTestCluster([rolloutDefinition]);
});
afterAll(() => tools.stop());

function bodyOf(kind: Kind, image: string): JsonObject {
  if (kind === 'PodTemplate') return { template: template(image) };
  return { spec: { replicas: 0, selector: { matchLabels: labels }, template: template(image) } };
}

/** Rollouts in a namespace of their own, each with the object that it names, and what is nudged. */
async function begin(
  rollouts: Readonly<Record<string, readonly [Kind, string]>>,
  timing: { readonly silenceMs: number; readonly lookEveryMs: number } | undefined = undefined,
) {
  const { cluster, signal } = tools;
  const namespace = await tools.namespace();
  const write = (resource: Resource, name: string, change: JsonObject) =>
    cluster.patchMerge(resource, { namespace, name }, change, { signal });
  const refer = (name: string, [kind, to]: readonly [Kind, string]) => {
    const workloadRef = { apiVersion: kinds[kind].apiVersion, kind, name: to };
    return cluster.create(resources.rollouts, { metadata: { namespace, name }, spec: { workloadRef } }, { signal });
  };
  const make = (kind: Kind, name: string) =>
    cluster.create(
      kinds[kind].resource,
      { metadata: { namespace, name, labels }, ...bodyOf(kind, 'web:1') },
      { signal },
    );
  for (const [name, reference] of Object.entries(rollouts)) await refer(name, reference);

  const cache = createReflector({
    cluster,
    resource: resources.rollouts,
    namespaces: [namespace],
    project: projectRollout,
    log: silentLog,
  });
  await cache.start();
  const watched: Kind[] = [];
  const nudged: string[] = [];
  const watch = createReferenceWatch({
    rollouts: cache,
    watchWorkloads: (kind) => {
      watched.push(kind.split(' ')[1] as Kind);
      return watchWorkloads(cluster, kind, { namespaces: [namespace], log: silentLog });
    },
    nudge: ({ name }) => nudged.push(name),
    ...(timing === undefined ? {} : { timing }),
  });
  watch.start();
  onTestFinished(async () => {
    await watch.stop();
    await cache.stop();
  });
  return { namespace, write, refer, make, watched, nudged };
}

function heard({ nudged }: { readonly nudged: readonly string[] }): Promise<void> {
  return waitFor(() => expect(nudged).not.toEqual([]));
}

test.each(['Deployment', 'ReplicaSet', 'PodTemplate'] as const)(
  'a %s that is made, changed and deleted',
  async (kind) => {
    const { cluster, signal } = tools;
    const world = await begin({ one: [kind, 'web'], other: [kind, 'else'] });
    const nudgedOnce = (what: string) =>
      heard(world).then(() => expect(new Set(world.nudged.splice(0)), what).toEqual(new Set(['one'])));
    const made = await world.make(kind, 'web');
    await nudgedOnce('made');
    await world.write(
      kinds[kind].resource,
      'web',
      kind === 'PodTemplate' ? { template: template('web:2') } : { spec: { template: template('web:2') } },
    );
    await nudgedOnce('changed');
    await cluster.delete(kinds[kind].resource, { namespace: world.namespace, name: 'web' }, made.metadata.uid, {
      signal,
    });
    await nudgedOnce('deleted');
    expect(world.watched).toEqual([kind]);
  },
);

test('what says nothing of the template is passed over: status, other objects', async () => {
  const world = await begin({ one: ['Deployment', 'web'] });
  await world.make('Deployment', 'web');
  await heard(world);
  world.nudged.splice(0);
  const { cluster, signal } = tools;
  const status = { status: { replicas: 0, observedGeneration: 1 } };
  await cluster.patchMerge(resources.deployments, { namespace: world.namespace, name: 'web' }, status, {
    signal,
    subresource: 'status',
  });
  await world.make('Deployment', 'else');
  // The watch tells in order: once this is heard, all before it was.
  await world.write(resources.deployments, 'web', { spec: { paused: true } });
  await heard(world);
  expect(world.nudged).toEqual(['one']);
});

test('kinds that nobody names are not watched, until somebody does', async () => {
  const world = await begin({ one: ['Deployment', 'web'] });
  await world.make('PodTemplate', 'web');
  await world.make('Deployment', 'web');
  await heard(world);
  expect(world.watched).toEqual(['Deployment']);
  world.nudged.splice(0);
  await world.refer('late', ['PodTemplate', 'web']);
  await waitFor(() => expect(world.nudged).toContain('late'));
  expect(world.watched).toEqual(['Deployment', 'PodTemplate']);
});

test('while a watch is silent its Rollouts are looked at again and again', async () => {
  const world = await begin({ one: ['Deployment', 'web'] }, { silenceMs: -1, lookEveryMs: 20 });
  await waitFor(() => expect(world.nudged.length).toBeGreaterThan(3));
});
