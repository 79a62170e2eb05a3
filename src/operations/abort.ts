import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { isFullyPromoted, refuse } from './situation.ts';

/** Sends all traffic back to stable. Works from any card of the revision, in any channel, and never waits. */
export const abort: Act<Wish> = {
  verb: 'abort',
  raisesRisk: false,
  isBoundTo: 'revision',
  choose({ rollout }) {
    if (rollout.status.abort === true) return refuse('alreadyAborted');
    if (isFullyPromoted(rollout)) return refuse('nothingMoving');
    return { done: true, patches: patchesFor('abort', rollout) };
  },
};
