import type { Json, JsonObject } from '../../../lib/index.ts';
import { type Api, timestamp, type Write } from '../api.ts';
import { conflict, forbidden } from '../api-error.ts';
import { isSame, numberAt, objectAt, type StoredObject, textAt, textsAt, withField } from '../kubernetes-object.ts';
import { type Place, placeOf } from '../store/store.ts';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: Propagation;
  readonly uid: string;
  readonly resourceVersion: string;
}

export function parseDeleteOptions(body: JsonObject, query: URLSearchParams): DeleteOptions {
  const preconditions = objectAt(body, 'preconditions');
  const grace = body.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined;
  const asked = textAt(body, 'propagationPolicy') || query.get('propagationPolicy') || '';
  const orphans = body.orphanDependents === true || query.get('orphanDependents') === 'true';
  const otherwise = orphans ? 'Orphan' : 'Background';
  return {
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    propagation: asked === 'Foreground' || asked === 'Orphan' ? asked : otherwise,
    uid: textAt(preconditions, 'uid'),
    resourceVersion: textAt(preconditions, 'resourceVersion'),
  };
}

const lasting: readonly string[] = ['default', 'kube-system', 'kube-public'];
const finalizerOf = { Background: undefined, Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** Deletes at once, or marks as going where finalizers or a grace period must end first. `gone` says which. */
export function deleteObject(
  api: Api,
  write: Write,
  current: StoredObject,
  options: DeleteOptions,
): { readonly object: StoredObject; readonly gone: boolean } {
  checkPreconditions(write, current, options);
  if (current.kind === 'Namespace' && lasting.includes(current.metadata.name)) {
    throw forbidden(write.resource, current.metadata.name, 'this namespace may not be deleted');
  }
  const graceSeconds = graceSecondsOf(current, options);
  const finalizers = textsAt(current.metadata, 'finalizers');
  const own = finalizerOf[options.propagation];
  const wanted = own === undefined || finalizers.includes(own) ? finalizers : [...finalizers, own];
  const isNamespace = current.kind === 'Namespace';
  const mustWait = wanted.length > 0 || graceSeconds > 0 || isNamespace;
  const place = placeOf(write.resource.collection, current);
  if (!mustWait) {
    if (write.isDryRun) return { object: current, gone: true };
    return { object: removeObject(api, place) ?? current, gone: true };
  }
  const marked = mark(api, current, wanted, graceSeconds);
  if (write.isDryRun || isSame(marked, current)) return { object: marked, gone: false };
  return { object: api.store.put(place, marked), gone: false };
}

function mark(api: Api, current: StoredObject, finalizers: readonly string[], graceSeconds: number): StoredObject {
  const { metadata } = current;
  const isMarked = metadata.deletionTimestamp !== undefined;
  const graceBefore = numberAt(metadata, 'deletionGracePeriodSeconds') ?? 0;
  const grace = isMarked ? Math.min(graceBefore, graceSeconds) : graceSeconds;
  const generation = numberAt(metadata, 'generation');
  const changed: Record<string, Json> = { ...metadata, deletionGracePeriodSeconds: grace };
  if (finalizers.length > 0) changed.finalizers = finalizers;
  if (!isMarked || grace < graceBefore) changed.deletionTimestamp = timestamp(api.nowMs() + grace * 1000);
  if (!isMarked && generation !== undefined) changed.generation = generation + 1;
  const marked = { ...current, metadata: { ...metadata, ...changed } };
  return current.kind === 'Namespace'
    ? withField(marked, 'status', { ...objectAt(current, 'status'), phase: 'Terminating' })
    : marked;
}

/** Only a pod that runs on a node is given time to end; somebody (a kubelet) must delete it for good with grace 0. */
function graceSecondsOf(object: StoredObject, options: DeleteOptions): number {
  if (object.kind !== 'Pod') return 0;
  const spec = objectAt(object, 'spec');
  const phase = textAt(objectAt(object, 'status'), 'phase');
  if (textAt(spec, 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return options.gracePeriodSeconds ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
}

function checkPreconditions(write: Write, current: StoredObject, options: DeleteOptions): void {
  const { name, uid, resourceVersion } = current.metadata;
  const named = { group: write.resource.group, plural: write.resource.kind };
  if (options.uid !== '' && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name, why);
  }
  if (options.resourceVersion !== '' && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(named, name, why);
  }
}

/** Takes an object out of the store. What it owned is the garbage collector's. */
export function removeObject(api: Api, place: Place, lastState?: StoredObject): StoredObject | undefined {
  return api.store.remove(place, lastState);
}
