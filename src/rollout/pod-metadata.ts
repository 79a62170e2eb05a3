import { isDeepEqual, isObject } from './deep-equal.ts';
import type { Effect } from './effect.ts';
import { ephemeralMetadataAnnotation, podMetadataAnnotation } from './names.ts';
import type { PodMetadata, PodTemplate } from './pod-template.ts';
import type { OwnedPod, ReplicaSetView } from './world.ts';

/*
 * Labels and annotations that pods carry for the role of their revision (canaryMetadata, stableMetadata): in the ReplicaSet's
 * template for pods to come, and on the pods that are there, without a restart. The ReplicaSet says which it was given
 * (`rollout.argoproj.io/ephemeral-metadata`, as Argo writes it).
 *
 * Unlike Argo, which changes the pods first and may miss those that come meanwhile, the template is first; that same write notes
 * what pods may still carry from before, and the note stays until no pod differs. Killed anywhere, the next turn goes on.
 */

/** How many pods one decision changes: an abort never stands behind a thousand of them. */
const MOST_PODS = 50;

/** What a ReplicaSet is created with: the template with the metadata of its role, and the annotations that say so. */
export function injectMetadata(template: PodTemplate, wanted: PodMetadata | undefined) {
  const given = mapsOf(wanted);
  if (isNothing(given)) return { template, annotations: {} };
  const own = mapsOf(template.metadata);
  const annotations = { ...own.annotations, ...given.annotations };
  const metadata = {
    ...template.metadata,
    labels: { ...own.labels, ...given.labels },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const note = { own: within(own, given) };
  return {
    template: { ...template, metadata },
    annotations: {
      [ephemeralMetadataAnnotation]: toText(given),
      ...(isNothing(note.own) ? {} : { [podMetadataAnnotation]: JSON.stringify(note) }),
    },
  };
}

/**
 * Whether this ReplicaSet's pods have to be read: its template was changed, the ReplicaSet controller has seen that (no pod of the
 * former template comes any more), and pods may differ.
 */
export function mayHaveStalePods(replicaSet: ReplicaSetView): boolean {
  return readNote(replicaSet).stale !== undefined && replicaSet.isUnobserved !== true;
}

/** What a template says itself under keys that were given to its ReplicaSet: what its author wrote. */
export function ownMetadata(annotations: Readonly<Record<string, string>>): PodMetadata {
  return readNote({ annotations }).own;
}

/** Gives one ReplicaSet, and then its pods, the metadata of its role. `template`: as its author wrote it, where that is known. */
export function planMetadata(
  replicaSet: ReplicaSetView,
  wanted: PodMetadata | undefined,
  seen: { readonly template: PodTemplate | undefined; readonly pods: readonly OwnedPod[] | undefined },
): Effect[] {
  const given = mapsOf(wanted);
  const present = readMaps(parse(replicaSet.annotations[ephemeralMetadataAnnotation]));
  const note = readNote(replicaSet);
  if (!isDeepEqual(given, present)) return [changeTemplate(replicaSet, { given, present, note }, seen.template)];
  const { own, stale } = note;
  if (stale === undefined || !mayHaveStalePods(replicaSet) || seen.pods === undefined) return [];
  const changes = seen.pods
    .filter((pod) => pod.podHash === replicaSet.podHash && !pod.isGoing)
    .flatMap((pod) => changePod(pod, { given, stale, own }));
  if (changes.length > 0) return changes.slice(0, MOST_PODS);
  return [annotate(replicaSet, { [podMetadataAnnotation]: noteText({ own: within(own, given) }) })];
}

interface Note {
  /** What the template itself says under keys that were given: it comes back when they go. */
  readonly own: Maps;
  /** What pods may still carry that were there before the template was changed. */
  readonly stale?: Maps;
}

function changeTemplate(
  replicaSet: ReplicaSetView,
  { given, present, note }: { readonly given: Maps; readonly present: Maps; readonly note: Note },
  template: PodTemplate | undefined,
): Effect {
  const stale = join(note.stale ?? nothing, present);
  const own = join(note.own, within(mapsOf(template?.metadata), join(stale, given)));
  const kept = replicaSet.specReplicas > 0 ? { own, stale } : { own: within(own, given) };
  return {
    ...annotate(replicaSet, {
      [ephemeralMetadataAnnotation]: isNothing(given) ? null : toText(given),
      [podMetadataAnnotation]: noteText(kept),
    }),
    template: {
      labels: differenceOf(given.labels, present.labels, own.labels),
      annotations: differenceOf(given.annotations, present.annotations, own.annotations),
    },
  };
}

function changePod(
  pod: OwnedPod,
  { given, stale, own }: { readonly given: Maps; readonly stale: Maps; readonly own: Maps },
): Effect[] {
  const labels = changesOf(pod.labels, differenceOf(given.labels, stale.labels, own.labels), stale.labels);
  const annotations = changesOf(
    pod.annotations,
    differenceOf(given.annotations, stale.annotations, own.annotations),
    stale.annotations,
  );
  if (Object.keys(labels).length + Object.keys(annotations).length === 0) return [];
  return [{ kind: 'patchPodMetadata', name: pod.name, uid: pod.uid, labels, annotations }];
}

/** What is given, and what was given before and is no more: back to the template's own, or gone. */
function differenceOf(given: Values, before: Values, own: Values): Record<string, string | null> {
  const change: Record<string, string | null> = { ...given };
  for (const key of Object.keys(before)) if (!(key in given)) change[key] = own[key] ?? null;
  return change;
}

/** Only what differs on this pod; what somebody has set to another value since is no longer ours to take away. */
function changesOf(present: Values, wanted: Readonly<Record<string, string | null>>, stale: Values) {
  const differs = ([key, value]: readonly [string, string | null]) =>
    (present[key] ?? null) !== value && (value !== null || present[key] === stale[key]);
  return Object.fromEntries(Object.entries(wanted).filter(differs));
}

function annotate({ name, uid }: ReplicaSetView, annotations: Readonly<Record<string, string | null>>) {
  return { kind: 'annotateReplicaSet' as const, name, uid, annotations };
}

type Values = Readonly<Record<string, string>>;
type Maps = { readonly labels: Values; readonly annotations: Values };
const nothing: Maps = { labels: {}, annotations: {} };

function mapsOf(metadata: PodMetadata | undefined): Maps {
  return { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} };
}

function isNothing({ labels, annotations }: Maps): boolean {
  return Object.keys(labels).length + Object.keys(annotations).length === 0;
}

function join(left: Maps, right: Maps): Maps {
  return {
    labels: { ...left.labels, ...right.labels },
    annotations: { ...left.annotations, ...right.annotations },
  };
}

/** The entries of `maps` under keys that `keys` has too. */
function within(maps: Maps, keys: Maps): Maps {
  const pick = (values: Values, of: Values) => Object.fromEntries(Object.entries(values).filter(([key]) => key in of));
  return { labels: pick(maps.labels, keys.labels), annotations: pick(maps.annotations, keys.annotations) };
}

/** As Argo writes it: without empty maps, keys in order. */
function toText({ labels, annotations }: Maps): string {
  const sorted = (values: Values) => Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({
    ...(Object.keys(labels).length === 0 ? {} : { labels: sorted(labels) }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations: sorted(annotations) }),
  });
}

function noteText(note: Note): string | null {
  return isNothing(note.own) && note.stale === undefined ? null : JSON.stringify(note);
}

function readNote({ annotations }: Pick<ReplicaSetView, 'annotations'>): Note {
  const value = parse(annotations[podMetadataAnnotation]);
  if (!isObject(value)) return { own: nothing };
  return { own: readMaps(value.own), ...(value.stale === undefined ? {} : { stale: readMaps(value.stale) }) };
}

function readMaps(value: unknown): Maps {
  if (!isObject(value)) return nothing;
  return { labels: readValues(value.labels), annotations: readValues(value.annotations) };
}

function readValues(value: unknown): Values {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Somebody else's text in that annotation: nothing of it was given by us. */
function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
