import type { TurnKey } from '../queue-stores/index.ts';

/** Who moves Rollouts. `own`: we do. `drive`: an Argo controller does; we show them, and write what people ask for. */
export type Mode = 'own' | 'drive';

/** What only tells people. Everything else acts on the cluster, and belongs to whoever runs it. */
const tellingKinds: readonly TurnKey['kind'][] = ['card', 'builds'];

export function takesTurns(mode: Mode, kind: TurnKey['kind']): boolean {
  return mode === 'own' || tellingKinds.includes(kind);
}
