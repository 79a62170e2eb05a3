import { type AnalysisRun, expiresAtMs, isCompleted, measurementUnderWay } from '../analysis/index.ts';
import type { TurnKey } from '../queue-stores/index.ts';
import { hasPluginCalls, managedByAnnotation, namePlainDeployment } from '../rollout/index.ts';
import { buildsKey } from './builds.ts';
import { isWatched } from './deployment.ts';
import type { Caches } from './keeper.ts';

/** Every key there is: of what moves, or of what rests. */
export function everyKey(wanted: 'moving' | 'rest', caches: Caches): TurnKey[] {
  // What was heard and not told when its process died, or the queue was lost.
  const keys: TurnKey[] = wanted === 'rest' ? [buildsKey] : [];
  for (const rollout of caches.rollouts.list()) {
    const { namespace, name } = rollout.metadata;
    const isMoving = rollout.status.stableRS !== rollout.status.currentPodHash || rollout.status.phase !== 'Healthy';
    if (isMoving === (wanted === 'moving'))
      keys.push({ kind: 'rollout', namespace, name }, { kind: 'card', namespace, name });
    if (wanted === 'moving' && hasPluginCalls(rollout)) keys.push({ kind: 'step-plugin', namespace, name });
  }
  for (const { metadata, status } of caches.experiments.list()) {
    const { namespace, name } = metadata;
    if (isCompleted(status.phase) !== (wanted === 'moving')) keys.push({ kind: 'experiment', namespace, name });
  }
  for (const deployment of caches.deployments.list()) {
    const { namespace, name } = deployment.metadata;
    if (isWatched(deployment) !== (wanted === 'moving')) continue;
    keys.push({ kind: 'deployment', namespace, name });
    keys.push({ kind: 'card', namespace, name: namePlainDeployment(name) });
  }
  if (wanted === 'rest') return [...keys, ...orphanedKeys(caches)];
  for (const run of caches.analysisRuns.list()) {
    const { namespace, name } = run.metadata;
    if (hasTurnsAhead(run)) keys.push({ kind: 'analysis-run', namespace, name });
  }
  return keys;
}

/** Rollouts that are gone and whose mark is still on a Service: it is theirs to release. */
function orphanedKeys(caches: Caches): TurnKey[] {
  return caches.services.list().flatMap(({ namespace, annotations }): TurnKey[] => {
    const name = annotations[managedByAnnotation];
    if (name === undefined || caches.rollouts.get({ namespace, name }) !== undefined) return [];
    return [{ kind: 'rollout', namespace, name }];
  });
}

/** It is not over; or over, and something is to be taken back, or it is to be deleted one day. */
export function hasTurnsAhead(run: AnalysisRun): boolean {
  if (run.status.completedAt === undefined || expiresAtMs(run) !== undefined) return true;
  return run.status.metricResults.some((result) => measurementUnderWay(result) !== undefined);
}
