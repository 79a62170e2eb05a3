import { heldByOf, passedReturnOf, patchesFor } from '../rollout/index.ts';
import type { Act, Change } from './act.ts';
import type { Refusal, Wish } from './operations.ts';
import { isFullyPromoted, refuse } from './situation.ts';

export type AbortWish = Wish & { readonly isForced?: boolean | undefined };

/**
 * Sends all traffic back to stable. Works from any card of the revision, in any channel, and never waits. Behind the point of no
 * return stable may no longer work: there it holds the rollout where it is (a freeze), unless somebody forces it and says why.
 */
export const abort: Act<AbortWish> = {
  verb: 'abort',
  raisesRisk: false,
  isBoundTo: 'revision',
  needsReason: ({ rollout }, { isForced }) => isForced === true && passedReturnOf(rollout) !== undefined,
  choose({ rollout }, { isForced }): Refusal | Change {
    if (rollout.status.abort === true) return refuse('alreadyAborted');
    if (isFullyPromoted(rollout)) return refuse('nothingMoving');
    const passed = passedReturnOf(rollout);
    if (passed === undefined) return { done: true, patches: patchesFor('abort', rollout) };
    const point = { point: passed.what };
    if (isForced === true)
      return { done: true, patches: patchesFor('abort', rollout), facts: { ...point, forced: 'true' } };
    const heldBy = heldByOf(rollout);
    if (heldBy !== undefined) return refuse('alreadyFrozen', { ...point, heldBy });
    const facts = { ...point, became: 'freeze' };
    return { done: true, patches: patchesFor('pause', rollout), facts, recordedAs: 'pause' };
  },
};
