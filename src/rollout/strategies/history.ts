import type { AnalysisRun } from '../../analysis/index.ts';
import type { Effect } from '../effect.ts';
import { runReferencesOf } from '../rollout.ts';
import type { Ground } from '../scene.ts';
import { isFinished, podHashOf } from './runs.ts';

const DEFAULT_REVISIONS = 10;
const DEFAULT_RUNS = 5;

/** Deletes what is beyond the history limits: empty old ReplicaSets with their runs, and finished runs. */
export function planHistory(scene: Ground): Effect[] {
  const effects: Effect[] = [];
  const limit = scene.spec.revisionHistoryLimit ?? DEFAULT_REVISIONS;
  const surplus = [...scene.retired]
    .sort((a, b) => a.createdAtMs - b.createdAtMs)
    .slice(0, Math.max(0, scene.retired.length - limit))
    .filter((one) => one.specReplicas === 0 && one.replicas === 0);
  for (const { name, uid } of surplus) effects.push({ kind: 'deleteReplicaSet', name, uid });
  for (const run of surplusRuns(scene, new Set(surplus.map((one) => one.podHash)))) {
    effects.push({ kind: 'deleteAnalysisRun', name: run.metadata.name, uid: run.metadata.uid });
  }
  return effects;
}

function surplusRuns(scene: Ground, deletedHashes: ReadonlySet<string>): AnalysisRun[] {
  const named = runReferencesOf(scene.status).map(({ name }) => name);
  const hashes = new Set(scene.world.replicaSets.map((one) => one.podHash));
  const free = scene.world.analysisRuns.filter((run) => !named.includes(run.metadata.name));
  const isOrphan = (run: AnalysisRun) => {
    const hash = podHashOf(run);
    return hash !== undefined && hash !== scene.podHash && (!hashes.has(hash) || deletedHashes.has(hash));
  };
  const finished = free.filter((run) => isFinished(run) && !isOrphan(run)).sort(byNewest);
  const { successfulRunHistoryLimit = DEFAULT_RUNS, unsuccessfulRunHistoryLimit = DEFAULT_RUNS } =
    scene.spec.analysis ?? {};
  return [
    ...free.filter(isOrphan),
    ...finished.filter((run) => run.status.phase === 'Successful').slice(Math.max(0, successfulRunHistoryLimit)),
    ...finished.filter((run) => run.status.phase !== 'Successful').slice(Math.max(0, unsuccessfulRunHistoryLimit)),
  ];
}

function byNewest(left: AnalysisRun, right: AnalysisRun): number {
  return (right.metadata.creationTimestamp ?? '').localeCompare(left.metadata.creationTimestamp ?? '');
}
