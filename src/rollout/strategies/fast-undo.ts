import { fastUndoAnnotation } from '../names.ts';
import type { Ground } from '../scene.ts';

/**
 * A person asked to go to this very template at once. Honoured only where the change of template is stored, so that it acts once
 * however often the turn is repeated: before that write the annotation remembers the wish, after it promoteFull does.
 */
export function isFastUndo(scene: Ground): boolean {
  const asked = scene.rollout.metadata.annotations[fastUndoAnnotation];
  return asked === scene.podHash && scene.status.currentPodHash !== scene.podHash;
}
