import { afterAll, beforeAll, expect, test } from 'vitest';
import { AnalysisRunSpec } from '../../../src/analysis/index.ts';
import { readAnalysisRuns } from '../../../src/engine/index.ts';
import { createAnalysisRuns, resources } from '../../../src/kubernetes/index.ts';
import { ConflictError } from '../../../src/lib/index.ts';
import type { NewAnalysisRun } from '../../../src/rollout/index.ts';
import { aRollout } from '../../support/builders.ts';
import {
  createRollout,
  definitionOf,
  rolloutDefinition,
  startTestCluster,
  type TestCluster,
} from '../../support/test-cluster.ts';

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
let world: TestCluster;
beforeAll(async () => {
  world = await startTestCluster([
    rolloutDefinition,
    definitionOf(resources.analysisRuns, { spec: open, status: open }),
  ]);
});
afterAll(() => world.stop());

const wanted: NewAnalysisRun = {
  name: 'checkout-abc-2-1',
  labels: {},
  annotations: {},
  spec: AnalysisRunSpec.parse({ metrics: [] }),
};

test('a run that a deleted Rollout of the same name left behind is no evidence', async () => {
  const { cluster, signal } = world;
  const namespace = await world.namespace();
  const built = aRollout()
    .status({ canary: { currentStepAnalysisRunStatus: { name: wanted.name, status: 'Running' } } })
    .build();
  const of = (uid: string) => ({ ...built, metadata: { ...built.metadata, namespace, uid } });
  const analysisRuns = createAnalysisRuns(cluster, { learn: () => undefined });
  const none = { ownedBy: () => [] };
  const read = (uid: string) =>
    // Only what is asked of the caches here.
    readAnalysisRuns(of(uid), { analysisRuns, caches: { analysisRuns: none } as never }, signal);

  const first = await createRollout(world, namespace, 'first');
  const second = await createRollout(world, namespace, 'second');
  await analysisRuns.create(of(first), wanted, { signal });
  await analysisRuns.create(of(first), wanted, { signal });
  expect(await read(first)).toHaveLength(1);
  await expect(analysisRuns.create(of(second), wanted, { signal })).rejects.toBeInstanceOf(ConflictError);
  expect(await read(second)).toEqual([]);
});
