import { z } from 'zod';
import { JsonText } from './json-text.ts';
import { type FieldOwner, type FieldStep, writersOf } from './managed-fields.ts';
import { gitOverrideAnnotation } from './names.ts';
import type { Rollout } from './rollout.ts';
import { imageField, imagePath, templateHolderOf } from './template-holder.ts';

/**
 * What a person has set against Git. Written in one patch with the change itself: from then on Git's manager owns the field no more, and
 * nothing else on the object says what it asked for.
 */
export const GitOverride = z.object({
  /** The revision that was present when it was asked for. */
  revision: z.number(),
  /** By container: what Git asked for then, and what was set instead. */
  images: z.record(z.string(), z.object({ git: z.string(), set: z.string() })),
  /** RFC 3339. */
  at: z.string(),
  /** The pod hash that was aborted then: put back, it does not begin again by itself. */
  aborted: z.string().optional(),
});
export type GitOverride = z.infer<typeof GitOverride>;

export function readGitOverride({ metadata }: Pick<Rollout, 'metadata'>): GitOverride | undefined {
  const text = metadata.annotations[gitOverrideAnnotation];
  return text === undefined ? undefined : JsonText.pipe(GitOverride).safeParse(text).data;
}

/** A field that was set against Git, and that somebody has put back. */
export interface PutBack {
  /** As managedFields name it: `argocd-controller`. */
  readonly manager: string;
  /** The API server's, whole seconds. */
  readonly at: string;
  readonly field: string;
  readonly from: string;
  readonly to: string;
  /** The revision that was present when the override was asked for: the put-back makes the second one after it. */
  readonly sinceRevision: number;
}

/** Whether a person's override was put back: the field has Git's value again, and somebody else wrote it since. */
export function readPutBack(rollout: Rollout): PutBack | undefined {
  const override = readGitOverride(rollout);
  if (override === undefined) return undefined;
  for (const { name, image } of rollout.spec.template?.spec?.containers ?? []) {
    const noted = override.images[name];
    if (noted === undefined || image !== noted.git || noted.set === noted.git) continue;
    const writer = lastWriter(rollout, imagePath(rollout, name));
    // Times are whole seconds: the second of the override itself counts.
    if (writer === undefined || Date.parse(writer.time) < Date.parse(override.at) - 999) continue;
    const field = imageField(rollout, name);
    return {
      manager: writer.manager,
      at: writer.time,
      field,
      from: noted.set,
      to: noted.git,
      sinceRevision: override.revision,
    };
  }
  return undefined;
}

/** Somebody else than the person who aborted it asks for this template again: what Argo CD repeats is no wish to retry. */
export function isAbortedAndPutBack(rollout: Rollout, podHash: string): boolean {
  return readGitOverride(rollout)?.aborted === podHash;
}

/** Why a template that Git has put back stays aborted: it was, when a person set another one against Git. */
export const putBackWords = 'it was aborted before, and Git has put it back; retry starts it again';

/** Whether the note of an override speaks of nothing any more: Git has gone on to later revisions, and has its field again. */
export function isOverrideOver(rollout: Rollout, revision: number): boolean {
  const note = rollout.metadata.annotations[gitOverrideAnnotation];
  const override = readGitOverride(rollout);
  if (override === undefined) return note !== undefined;
  if (revision <= override.revision + 2) return false;
  return Object.keys(override.images).every((name) => lastWriter(rollout, imagePath(rollout, name)) !== undefined);
}

function lastWriter(rollout: Rollout, path: readonly FieldStep[]): FieldOwner | undefined {
  const newest = writersOf(templateHolderOf(rollout).metadata, path).at(-1);
  return newest === undefined || newest.manager.startsWith('stepwise') ? undefined : newest;
}
