import type { Effect } from '../effect.ts';
import { announceEvent } from '../events.ts';
import { isOverrideOver } from '../git-override.ts';
import { fastUndoAnnotation, gitOverrideAnnotation, putBackAnnotation, revisionAnnotation } from '../names.ts';
import type { PutBackNote } from '../put-back-note.ts';
import type { Ground } from '../scene.ts';
import { workloadAnnotations } from '../workload.ts';
import { nextPutBackNote } from './put-backs.ts';

/** The Rollout's own annotations: its revision, and the notes of what people and tools have done to it. */
export function planOwnAnnotations(
  scene: Ground,
  posture: { readonly isChanged: boolean },
  more: Readonly<Record<string, string | null>> = {},
): Effect[] {
  const present = scene.rollout.metadata.annotations;
  const annotations: Record<string, string | null> = { ...workloadAnnotations(scene.world), ...more };
  const isRevisionStale = present[revisionAnnotation] !== String(scene.revision);
  if (isRevisionStale) annotations[revisionAnnotation] = String(scene.revision);
  // Done with, or about another template: the wish ends once the change of template is stored.
  const isWishOver = !posture.isChanged || present[fastUndoAnnotation] !== scene.podHash;
  if (present[fastUndoAnnotation] !== undefined && isWishOver) annotations[fastUndoAnnotation] = null;
  if (isOverrideOver(scene.rollout, scene.revision)) annotations[gitOverrideAnnotation] = null;
  const putBack = nextPutBackNote(scene);
  const note = putBack === undefined ? undefined : JSON.stringify(putBack);
  const isNoted = note === present[putBackAnnotation];
  if (!isNoted && (note !== undefined || !posture.isChanged)) annotations[putBackAnnotation] = note ?? null;
  if (Object.keys(annotations).length === 0) return [];
  const message = `Rollout updated to revision ${scene.revision}`;
  return [
    { kind: 'patchRollout', annotations },
    ...(isRevisionStale ? [announceEvent(scene, { reason: 'RolloutUpdated', message })] : []),
    ...(putBack === undefined || isNoted ? [] : [announcePutBack(scene, putBack)]),
  ];
}

function announcePutBack(scene: Ground, { manager, what, count }: PutBackNote): Effect {
  const message = `${manager} put back what was written: ${what}`;
  return announceEvent(scene, { reason: 'FieldPutBack', message, type: 'Warning', occasion: `${count}` });
}

/** The name of the canary's ReplicaSet belongs to other pods: the next hash is another one. */
export function storeCollision(scene: Ground): Effect {
  return { kind: 'writeStatus', status: { ...scene.status, collisionCount: (scene.status.collisionCount ?? 0) + 1 } };
}
