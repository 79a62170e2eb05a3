import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { refuse } from './situation.ts';

/** The aborted revision again, from its first step. */
export const retry: Act<Wish> = {
  verb: 'retry',
  raisesRisk: true,
  isBoundTo: 'revision',
  choose({ rollout }) {
    return rollout.status.abort === true ? { done: true, patches: patchesFor('retry', rollout) } : refuse('notAborted');
  },
};
