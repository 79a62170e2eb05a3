import { isDeepEqual } from '../deep-equal.ts';
import type { Effect } from '../effect.ts';
import { ephemeralMetadataAnnotation, podMetadataAnnotation } from '../names.ts';
import type { PodMetadata, PodTemplate } from '../rollout.ts';
import type { Ground } from '../scene.ts';
import { readInjectedMetadata } from '../template-equality.ts';
import type { ReplicaSetView } from '../world.ts';

/*
 * What pods carry for their role (`previewMetadata`, `activeMetadata`): in the ReplicaSet's template, and on the pods that are there.
 * An annotation of the ReplicaSet lists it, as Argo writes it, so that it can be taken away again and is no part of the hash.
 */

/** What the strategy gives to the revision that is on its way, and to the stable one. */
export interface Roles {
  readonly canary: PodMetadata | undefined;
  readonly stable: PodMetadata | undefined;
}

type Texts = Readonly<Record<string, string>>;
interface Injected {
  readonly labels: Texts;
  readonly annotations: Texts;
}

/** Gives each ReplicaSet what its role asks for. Other revisions have no role. */
export function planRoleMetadata(scene: Ground, roles: Roles): Effect[] {
  return scene.world.replicaSets.flatMap((one) => planOne(one, injectedOf(roleOf(scene, one, roles))));
}

/** The template and the annotations of a ReplicaSet that is made for the revision asked for. */
export function withRole(
  template: PodTemplate,
  metadata: PodMetadata | undefined,
): { readonly template: PodTemplate; readonly annotations: Texts } {
  const wanted = injectedOf(metadata);
  if (isEmpty(wanted)) return { template, annotations: {} };
  const labels = { ...template.metadata?.labels, ...wanted.labels };
  const annotations = { ...template.metadata?.annotations, ...wanted.annotations };
  const injected = { ...template.metadata, labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  return {
    template: { ...template, metadata: injected },
    annotations: { [ephemeralMetadataAnnotation]: write(wanted) },
  };
}

/** Of the revision asked for: it is stable from the first where nothing was before. */
export function roleOfNew(scene: Ground, roles: Roles): PodMetadata | undefined {
  const { stableRS = '' } = scene.status;
  return stableRS === '' || stableRS === scene.podHash ? roles.stable : roles.canary;
}

function roleOf(scene: Ground, replicaSet: ReplicaSetView, roles: Roles): PodMetadata | undefined {
  if (replicaSet === scene.canary) return roleOfNew(scene, roles);
  return replicaSet === scene.stable ? roles.stable : undefined;
}

function planOne({ name, uid, podHash, annotations }: ReplicaSetView, wanted: Injected): Effect[] {
  const present = readInjectedMetadata(annotations[ephemeralMetadataAnnotation]);
  const isPending = annotations[podMetadataAnnotation] !== undefined;
  if (!isPending && isDeepEqual(present, wanted)) return [];
  const both = {
    labels: { ...present.labels, ...wanted.labels },
    annotations: { ...present.annotations, ...wanted.annotations },
  };
  return [
    {
      kind: 'setPodMetadata',
      name,
      uid,
      podHash,
      metadata: {
        labels: changeOf(present.labels, wanted.labels),
        annotations: changeOf(present.annotations, wanted.annotations),
      },
      annotationsBefore: { [ephemeralMetadataAnnotation]: write(both), [podMetadataAnnotation]: 'pending' },
      annotationsAfter: {
        [ephemeralMetadataAnnotation]: isEmpty(wanted) ? null : write(wanted),
        [podMetadataAnnotation]: null,
      },
    },
  ];
}

function changeOf(present: Texts, wanted: Texts): Record<string, string | null> {
  const gone = Object.keys(present).filter((key) => wanted[key] === undefined);
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...wanted };
}

function injectedOf(metadata: PodMetadata | undefined): Injected {
  return { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} };
}

function isEmpty({ labels, annotations }: Injected): boolean {
  return Object.keys(labels).length + Object.keys(annotations).length === 0;
}

/** As Go writes it: keys sorted, empty maps left out. */
function write({ labels, annotations }: Injected): string {
  const maps = Object.entries({ labels, annotations }).filter(([, map]) => Object.keys(map).length > 0);
  return JSON.stringify(Object.fromEntries(maps.map(([name, map]) => [name, sorted(map)])));
}

function sorted(map: Texts): Texts {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
