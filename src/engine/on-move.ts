import type { Reflector } from '../kubernetes/index.ts';
import type { Rollout } from '../rollout/index.ts';

/** Calls when a rollout appears, goes, or moves in a way that people are told of; its counts and times alone are no move. */
export function onMove(rollouts: Pick<Reflector<Rollout>, 'onChange'>, listener: () => void): () => void {
  return rollouts.onChange(({ before, after }) => {
    if (before === undefined || after === undefined || postureOf(before) !== postureOf(after)) listener();
  });
}

function postureOf({ spec, status }: Rollout): string {
  const pauses = (status.pauseConditions ?? []).map(({ reason, startTime }) => `${reason} ${startTime}`);
  const { phase, abort, stableRS, currentPodHash, currentStepIndex } = status;
  return JSON.stringify([spec.paused, phase, abort, stableRS, currentPodHash, currentStepIndex, pauses]);
}
