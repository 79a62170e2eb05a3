import type { Json } from '../lib/index.ts';
import type { GitOverride } from './git-override.ts';
import { type GitOwner, gitImage, readGitOwner } from './git-owner.ts';
import { gitOverrideAnnotation, revisionAnnotation } from './names.ts';
import type { PodTemplate } from './pod-template.ts';
import type { Rollout } from './rollout.ts';
import { isSameTemplate } from './template-equality.ts';
import { imageField, templateHolderOf } from './template-holder.ts';

/** One field of the manifest that Git sets to another value than a template wants. */
export interface GitChange {
  /** `spec.template.spec.containers[name=checkout].image`; `spec.template` where more than images differs. */
  readonly field: string;
  /** Images; undefined for a whole template, which is too long to say. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What would have to change in Git before this template could stay. Empty: Git asks for it anyway, or does not set what it changes. */
export function changesAgainstGit(owner: GitOwner, rollout: Rollout, template: PodTemplate): readonly GitChange[] {
  const changes: GitChange[] = [];
  for (const { name, image } of template.spec?.containers ?? []) {
    const asked = gitImage(owner, name);
    if (asked !== undefined && asked !== image)
      changes.push({ field: imageField(rollout, name), from: asked, to: image });
  }
  const isMore = !isSameTemplate(withImagesOf(template, rollout.spec.template), rollout.spec.template);
  const field = templateHolderOf(rollout).path.join('.');
  if (isMore && owner.setsTemplate) changes.push({ field, from: undefined, to: undefined });
  return changes;
}

/** With the same images, because defaults depend on them (imagePullPolicy on the tag). */
function withImagesOf(template: PodTemplate, other: PodTemplate | undefined): PodTemplate {
  if (template.spec === undefined) return template;
  const containers = template.spec.containers.map((container) => {
    const same = other?.spec?.containers.find(({ name }) => name === container.name);
    return same?.image === undefined ? container : { ...container, image: same.image };
  });
  return { ...template, spec: { ...template.spec, containers } };
}

type JsonPatch = readonly (
  | { readonly op: 'add'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
)[];

/**
 * Notes what is set against Git, in the patch that sets it; without changes against Git, takes an older note away. `isMapMade`: an
 * operation before these has made the annotations' map.
 */
export function noteOverride(
  rollout: Rollout,
  template: PodTemplate,
  { nowMs, isMapMade = false }: { readonly nowMs: number; readonly isMapMade?: boolean },
): JsonPatch {
  const owner = readGitOwner(rollout);
  const { annotations } = rollout.metadata;
  const path = `/metadata/annotations/${gitOverrideAnnotation.replace('/', '~1')}`;
  const images: Record<string, { git: string; set: string }> = {};
  for (const { name, image = '' } of template.spec?.containers ?? []) {
    const git = gitImage(owner, name);
    if (git !== undefined && git !== image) images[name] = { git, set: image };
  }
  if (Object.keys(images).length === 0) {
    return annotations[gitOverrideAnnotation] === undefined ? [] : [{ op: 'remove', path }];
  }
  const { abort, currentPodHash, stableRS } = rollout.status;
  const note: GitOverride = {
    revision: Number(annotations[revisionAnnotation] ?? 0),
    images,
    at: new Date(nowMs).toISOString(),
    ...(abort === true && currentPodHash !== stableRS ? { aborted: currentPodHash } : {}),
  };
  const value = JSON.stringify(note);
  if (isMapMade || Object.keys(annotations).length > 0) return [{ op: 'add', path, value }];
  return [{ op: 'add', path: '/metadata/annotations', value: { [gitOverrideAnnotation]: value } }];
}
