import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { isFullyPromoted, refuse } from './situation.ts';
import { stepsLeft } from './steps-left.ts';

/** Skips all that is left of the plan. Also the one way to go on with an aborted revision without its evidence: asked for by name. */
export const finish: Act<Wish> = {
  verb: 'finish',
  raisesRisk: true,
  isBoundTo: 'step',
  needsReason: () => true,
  choose({ rollout }) {
    if (isFullyPromoted(rollout)) return refuse('nothingMoving');
    return { done: true, patches: patchesFor('promoteFull', rollout), facts: stepsLeft(rollout) };
  },
};
