import { patchesFor, stepIndexOf, waitOf } from '../rollout/index.ts';
import type { Act, Change } from './act.ts';
import type { Refusal, Wish } from './operations.ts';
import { currentStep, isUnderWay, refuse } from './situation.ts';

/** Ends the pause in force: a gate, a timed pause, an inconclusive analysis. Beside a running analysis it is refused: skip is its own verb. */
export const promote: Act<Wish> = {
  verb: 'promote',
  raisesRisk: true,
  isBoundTo: 'step',
  choose(seen): Refusal | Change {
    const blocked = isUnderWay(seen);
    if (blocked !== undefined) return blocked;
    const { rollout } = seen;
    const index = stepIndexOf(rollout);
    if ((rollout.status.pauseConditions ?? []).length > 0)
      return { done: true, patches: patchesFor('promote', rollout) };
    if (rollout.spec.paused === true) return refuse('alreadyPaused');
    const step = currentStep(rollout);
    const isMeasuring =
      step?.analysis !== undefined ||
      step?.plugin !== undefined ||
      step?.experiment !== undefined ||
      waitOf(rollout)?.kind === 'analysis';
    const strategy = rollout.spec.strategy?.blueGreen === undefined ? 'canary' : 'blueGreen';
    if (isMeasuring) return refuse('analysisRunning', { step: String(index + 1), strategy });
    return refuse('notAtGate', { step: String(index + 1) });
  },
};
