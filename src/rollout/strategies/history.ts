import { type AnalysisPhase, isCompleted } from '../../analysis/index.ts';
import type { ObjectMeta } from '../../lib/index.ts';
import type { Effect } from '../effect.ts';
import { podHashLabel } from '../names.ts';
import { runReferencesOf } from '../rollout-status.ts';
import type { Ground } from '../scene.ts';

const DEFAULT_REVISIONS = 10;
const DEFAULT_RUNS = 5;

/** Deletes what is beyond the history limits: empty old ReplicaSets with their runs and experiments, and finished ones. */
export function planHistory(scene: Ground): Effect[] {
  const effects: Effect[] = [];
  const limit = scene.spec.revisionHistoryLimit ?? DEFAULT_REVISIONS;
  const surplus = [...scene.retired]
    .sort((a, b) => a.createdAtMs - b.createdAtMs)
    .slice(0, Math.max(0, scene.retired.length - limit))
    .filter((one) => one.specReplicas === 0 && one.replicas === 0);
  for (const { name, uid } of surplus) effects.push({ kind: 'deleteReplicaSet', name, uid });
  const { analysisRuns, experiments = [] } = scene.world;
  const deleted = new Set(surplus.map((one) => one.podHash));
  const named = [...runReferencesOf(scene.status).map(({ name }) => name), scene.status.canary?.currentExperiment];
  for (const { metadata } of surplusOf(scene, analysisRuns, named, deleted)) {
    effects.push({ kind: 'deleteAnalysisRun', name: metadata.name, uid: metadata.uid });
  }
  for (const { metadata } of surplusOf(scene, experiments, named, deleted)) {
    effects.push({ kind: 'deleteExperiment', name: metadata.name, uid: metadata.uid });
  }
  return effects;
}

/** What is as runs are: of one revision, and over one day. */
interface Finite {
  readonly metadata: ObjectMeta;
  readonly status: { readonly phase?: AnalysisPhase | undefined };
}

function surplusOf<T extends Finite>(
  scene: Ground,
  all: readonly T[],
  named: readonly (string | undefined)[],
  deletedHashes: ReadonlySet<string>,
): T[] {
  const hashes = new Set(scene.world.replicaSets.map((one) => one.podHash));
  const free = all.filter(({ metadata }) => !named.includes(metadata.name));
  const isOrphan = ({ metadata }: T) => {
    const hash = metadata.labels[podHashLabel];
    return hash !== undefined && hash !== scene.podHash && (!hashes.has(hash) || deletedHashes.has(hash));
  };
  const finished = free.filter((one) => isCompleted(one.status.phase) && !isOrphan(one)).sort(byNewest);
  const { successfulRunHistoryLimit = DEFAULT_RUNS, unsuccessfulRunHistoryLimit = DEFAULT_RUNS } =
    scene.spec.analysis ?? {};
  return [
    ...free.filter(isOrphan),
    ...finished.filter(({ status }) => status.phase === 'Successful').slice(Math.max(0, successfulRunHistoryLimit)),
    ...finished.filter(({ status }) => status.phase !== 'Successful').slice(Math.max(0, unsuccessfulRunHistoryLimit)),
  ];
}

function byNewest(left: Finite, right: Finite): number {
  return (right.metadata.creationTimestamp ?? '').localeCompare(left.metadata.creationTimestamp ?? '');
}
