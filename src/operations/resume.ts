import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { refuse } from './situation.ts';

/** Undoes a pause that someone asked for, and nothing else: a gate of the plan is promoted. */
export const resume: Act<Wish> = {
  verb: 'resume',
  raisesRisk: true,
  isBoundTo: 'revision',
  choose({ rollout }) {
    if (rollout.spec.paused === true) return { done: true, patches: patchesFor('resume', rollout) };
    return refuse((rollout.status.pauseConditions ?? []).length > 0 ? 'gateNeedsPromote' : 'notPaused');
  },
};
