import { liveReturnAnnotation, passedReturnAnnotation } from '../../names.ts';
import { type LiveReturn, type PassedReturn, readPassedReturn, readPointOfNoReturn } from '../../point-of-no-return.ts';
import { revisionOf } from '../../replica-sets.ts';
import type { Scene } from '../../scene.ts';
import type { Standing } from './advance.ts';
import type { Posture } from './posture.ts';

/**
 * The note of a point of no return, where it has to change. It is written before the step is stored, and so before anything of that
 * step is done: an abort that was decided on the Rollout without the note then fails its precondition, and looks again.
 */
export function planPassedReturn(
  scene: Scene,
  posture: Posture,
  standing: Standing,
): Readonly<Record<string, string | null>> {
  const before = readPassedReturn(scene.rollout);
  const next = nextNote(scene, posture, standing, before);
  if (next === before) return {};
  const live = posture.isChanged || !posture.isPromoted ? undefined : liveNote(scene, before);
  return {
    [passedReturnAnnotation]: next === undefined ? null : JSON.stringify(next),
    ...(live === undefined ? {} : { [liveReturnAnnotation]: JSON.stringify(live) }),
  };
}

/** What passed it is live now: what ran before it may not work any more, by whatever revision number it would come back. */
function liveNote(scene: Scene, before: PassedReturn | undefined): LiveReturn | undefined {
  if (before === undefined || before.isGoneBack === true || before.stable === scene.status.stableRS) return undefined;
  const { what, revision } = before;
  const earlier = scene.world.replicaSets.filter((one) => revisionOf(one) < revision);
  return { what, revision, before: earlier.map(({ podHash }) => podHash) };
}

function nextNote(
  scene: Scene,
  posture: Posture,
  standing: Standing,
  before: PassedReturn | undefined,
): PassedReturn | undefined {
  // What the status is about is another template: looked at once this one is stored.
  if (posture.isChanged) return before;
  const stable = scene.status.stableRS ?? '';
  const isSameStable = before?.stable === stable;
  // Aborted, or its template replaced by that of stable.
  if (posture.abort !== undefined || posture.isPromoted) {
    if (!isSameStable) return undefined;
    return before.isGoneBack === true ? before : { ...before, isGoneBack: true };
  }
  const asked = readPointOfNoReturn(scene.rollout);
  // To finish is to leave out the rest of the plan: a migration that is one of its steps does not run.
  const isOnItsWay = !posture.isFirst && !posture.isFull;
  const index = Math.max(scene.stepIndex, standing.currentStepIndex ?? 0);
  if (isOnItsWay && asked !== undefined && index >= asked.step) {
    const isNoted = isSameStable && before.isGoneBack !== true;
    return isNoted ? before : { stable, revision: scene.revision, ...asked };
  }
  return isSameStable ? before : undefined;
}
