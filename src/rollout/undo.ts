import type { Json } from '../lib/index.ts';
import { fastUndoAnnotation, revisionAnnotation, undoneAnnotation } from './names.ts';
import { revisionOf } from './replica-sets.ts';
import type { PodTemplate, Rollout } from './rollout.ts';
import { withoutInjections } from './template-equality.ts';
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

/** The JSON patch of the Rollout that goes back to a ReplicaSet's template, which was read live; with its steps, or at once. */
export function undoPatch(
  rollout: Rollout,
  target: ReplicaSetView & { readonly template: PodTemplate },
  isWithSteps: boolean,
): readonly { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }[] {
  const template = withoutInjections(target);
  const { annotations } = rollout.metadata;
  const marks = {
    [undoneAnnotation]: `${annotations[revisionAnnotation] ?? 0}/${target.podHash}`,
    ...(isWithSteps ? {} : { [fastUndoAnnotation]: target.podHash }),
  };
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: rollout.metadata.resourceVersion ?? '' },
    { op: 'replace', path: '/spec/template', value: template as Json },
    ...annotate(annotations, marks),
  ];
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
export function isUndo({ metadata, status }: Rollout, revision: number): boolean {
  return metadata.annotations[undoneAnnotation] === `${revision - 1}/${status.currentPodHash ?? ''}`;
}
