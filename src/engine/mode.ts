import type { TurnKey } from '../queue-stores/index.ts';

/**
 * Who moves Rollouts. `own`: we do. `drive`: an Argo controller does; we show them, and write what people ask for. Plain Deployments are
 * guarded by us in both: no Argo controller knows them.
 */
export type Mode = 'own' | 'drive';

/**
 * What only tells people; a Rollout's own key, whose turn there carries a person's undo on (`fulfil-undo.ts`); and guarded Deployments,
 * whose AnalysisRuns are Argo's to measure, as all are. Everything else acts on the cluster, and belongs to whoever runs it.
 */
const drivenKinds: readonly TurnKey['kind'][] = ['card', 'builds', 'rollout', 'deployment'];

export function takesTurns(mode: Mode, kind: TurnKey['kind']): boolean {
  return mode === 'own' || drivenKinds.includes(kind);
}
