import { patchesFor } from '../rollout/index.ts';
import type { Act } from './act.ts';
import type { Wish } from './operations.ts';
import { isUnderWay, refuse } from './situation.ts';

/** Goes past the current step without its evidence. */
export const skip: Act<Wish> = {
  verb: 'skip',
  raisesRisk: true,
  isBoundTo: 'step',
  needsReason: () => true,
  choose(seen) {
    const blocked = isUnderWay(seen);
    if (blocked !== undefined) return blocked;
    const steps = seen.rollout.spec.strategy?.canary?.steps ?? [];
    const index = seen.rollout.status.currentStepIndex ?? 0;
    if (index >= steps.length) return refuse('notAtGate', { step: String(index) });
    return {
      done: true,
      patches: patchesFor('skip', seen.rollout),
      facts: { step: String(index + 1) },
    };
  },
};
