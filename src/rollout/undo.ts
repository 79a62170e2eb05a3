import type { Json } from '../lib/index.ts';
import { fastUndoAnnotation, revisionAnnotation, undoneAnnotation } from './names.ts';
import type { PodTemplate } from './pod-template.ts';
import { revisionOf } from './replica-sets.ts';
import type { Rollout } from './rollout.ts';
import { withoutInjections } from './template-equality.ts';
import { templateHolderOf } from './template-holder.ts';
import type { RolloutPatch } from './verbs.ts';
import type { ReplicaSetView } from './world.ts';

/*
 * The fast way back: template and promoteFull would be two writes to two subresources, and a change of template resets
 * promoteFull. So the wish travels with the template: one JSON patch of the Rollout writes both the old template and the
 * annotation `stepwise.dev/fast-undo: <pod hash>`. When `decide` sees the change of template to exactly this hash it stores
 * promoteFull in the same status write that stores the change. Killed before that write, the annotation still says so; killed after
 * it, promoteFull does, and the annotation is only honoured where the stored hash is another one. Then it is removed.
 */

export type UndoChoice =
  | { readonly kind: 'target'; readonly replicaSet: ReplicaSetView; readonly revision: number }
  | { readonly kind: 'refused'; readonly reason: 'unknownRevision' | 'noEarlierRevision' | 'neverHealthy' };

/** What the records know of a revision; undefined: there is no record, it is older than we are and given the benefit of the doubt. */
export type KnownHealth = 'yes' | 'no' | 'unclear' | undefined;

/**
 * Where undo goes: the revision asked for; else, while something moves, stable; else the newest earlier revision that was healthy,
 * and only where there is none the newest of which that is unclear.
 */
export function chooseUndo(
  rollout: Rollout,
  replicaSets: readonly ReplicaSetView[],
  wish: {
    readonly toRevision?: number | undefined;
    readonly wasHealthy: (revision: number) => KnownHealth;
  },
): UndoChoice {
  const { currentPodHash, stableRS } = rollout.status;
  const others = replicaSets.filter((one) => one.podHash !== currentPodHash);
  if (wish.toRevision !== undefined) {
    const asked = replicaSets.find((one) => revisionOf(one) === wish.toRevision);
    if (asked === undefined) return { kind: 'refused', reason: 'unknownRevision' };
    if (asked.podHash !== stableRS && wish.wasHealthy(wish.toRevision) === 'no') {
      return { kind: 'refused', reason: 'neverHealthy' };
    }
    return { kind: 'target', replicaSet: asked, revision: wish.toRevision };
  }
  const stable = others.find((one) => one.podHash === stableRS);
  if (stable !== undefined) return { kind: 'target', replicaSet: stable, revision: revisionOf(stable) };
  const newestFirst = [...others].sort((a, b) => revisionOf(b) - revisionOf(a));
  const healthOf = (one: ReplicaSetView) => wish.wasHealthy(revisionOf(one));
  const target =
    newestFirst.find((one) => healthOf(one) === 'yes' || healthOf(one) === undefined) ??
    newestFirst.find((one) => healthOf(one) === 'unclear');
  if (target !== undefined) return { kind: 'target', replicaSet: target, revision: revisionOf(target) };
  return { kind: 'refused', reason: others.length === 0 ? 'noEarlierRevision' : 'neverHealthy' };
}

/**
 * The JSON patch of the object that holds the template, which goes back to that of a ReplicaSet read live; with its steps, or at once.
 * The wish travels with the template, so in the other object where `workloadRef` names one. Nobody takes it away there: it is bound
 * to the revision that is left.
 */
export function undoPatch(
  rollout: Rollout,
  target: ReplicaSetView & { readonly template: PodTemplate },
  isWithSteps: boolean,
): readonly { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }[] {
  const template = withoutInjections(target);
  const { metadata, path } = templateHolderOf(rollout);
  const left = rollout.metadata.annotations[revisionAnnotation] ?? '0';
  const wish = rollout.workload === undefined ? target.podHash : `${left}/${target.podHash}`;
  const isOldWish = rollout.workload !== undefined && metadata.annotations[fastUndoAnnotation] === wish;
  const marks = {
    [undoneAnnotation]: `${left}/${target.podHash}`,
    ...(isWithSteps ? {} : { [fastUndoAnnotation]: wish }),
    ...(isWithSteps && isOldWish ? { [fastUndoAnnotation]: '' } : {}),
  };
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' },
    { op: 'replace', path: `/${path.join('/')}`, value: template as Json },
    ...annotate(metadata.annotations, marks),
  ];
}

/** Whether a person asked to go to this very pod hash at once, from the revision before this one. */
export function isFastUndoAsked({ metadata, workload }: Rollout, podHash: string, revision: number): boolean {
  if (workload === undefined) return metadata.annotations[fastUndoAnnotation] === podHash;
  return workload.metadata.annotations[fastUndoAnnotation] === `${revision - 1}/${podHash}`;
}

function annotate(present: Readonly<Record<string, string>>, marks: Readonly<Record<string, string>>) {
  // A patch cannot add to a map that is not there.
  if (Object.keys(present).length === 0) return [{ op: 'add' as const, path: '/metadata/annotations', value: marks }];
  return Object.entries(marks).map(([key, value]) => ({
    op: 'add' as const,
    path: `/metadata/annotations/${key.replace('/', '~1')}`,
    value,
  }));
}

/** Whether this revision came to be by an undo. */
export function isUndo(rollout: Rollout, revision: number): boolean {
  const { metadata } = templateHolderOf(rollout);
  const { status } = rollout;
  return metadata.annotations[undoneAnnotation] === `${revision - 1}/${status.currentPodHash ?? ''}`;
}

/**
 * What is left to do of a fast undo where another controller takes the turns: the wish stands until it has taken the template up, then
 * its own protocol says the same. The annotation goes last, so that a kill in between repeats what harms nobody. Undefined: no wish.
 */
export function fastUndoStep({
  metadata,
  status,
}: Rollout):
  | { readonly kind: 'wait' }
  | { readonly kind: 'act'; readonly patches: readonly RolloutPatch[] }
  | undefined {
  const wished = metadata.annotations[fastUndoAnnotation];
  if (wished === undefined) return undefined;
  if (Number(status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { kind: 'wait' };
  const forget: RolloutPatch = { patch: { metadata: { annotations: { [fastUndoAnnotation]: null } } } };
  // Another template since then, or nothing to skip, or somebody aborted: then it is not what was asked for any more.
  const isOpen = status.currentPodHash === wished && status.stableRS !== wished && status.abort !== true;
  if (!isOpen || status.promoteFull === true) return { kind: 'act', patches: [forget] };
  return { kind: 'act', patches: [{ subresource: 'status', patch: { status: { promoteFull: true } } }, forget] };
}
