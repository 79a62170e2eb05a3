import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { isFullyPromoted, refuse } from './situation.ts';

/** Holds the rollout where it is: no step, no scaling. Works from any card of the revision, however old. */
export const pause: Act<Wish> = {
  verb: 'pause',
  raisesRisk: false,
  isBoundTo: 'revision',
  choose({ rollout }) {
    if (rollout.spec.paused === true) return refuse('alreadyPaused');
    if (isFullyPromoted(rollout)) return refuse('nothingMoving');
    return { done: true, patches: patchesFor('pause', rollout) };
  },
};
