import type { Ground } from '../scene.ts';
import { isFastUndoAsked } from '../undo.ts';

/**
 * A person asked to go to this very template at once. Honoured only where the change of template is stored, so that it acts once
 * however often the turn is repeated: before that write the annotation remembers the wish, after it promoteFull does.
 */
export function isFastUndo(scene: Ground): boolean {
  const { rollout, podHash, revision, status } = scene;
  return isFastUndoAsked(rollout, podHash, revision) && status.currentPodHash !== podHash;
}
