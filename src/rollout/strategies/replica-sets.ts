import { formatTimestamp } from '../../analysis/index.ts';
import { injectAntiAffinity } from '../anti-affinity.ts';
import type { Effect, NewReplicaSet } from '../effect.ts';
import { announceEvent } from '../events.ts';
import {
  desiredReplicasAnnotation,
  isCopiedToReplicaSets,
  podHashLabel,
  revisionAnnotation,
  revisionHistoryAnnotation,
  scaleDownDeadlineAnnotation,
} from '../names.ts';
import { injectMetadata } from '../pod-metadata.ts';
import type { PodTemplate } from '../pod-template.ts';
import { revisionOf } from '../replica-sets.ts';
import type { Ground } from '../scene.ts';
import type { ReplicaSetView } from '../world.ts';
import { antiAffinityOf, metadataOf } from './roles.ts';

/** The canary's ReplicaSet, where it is missing. At 0 replicas: pods are another effect. */
export function planCanaryReplicaSet(scene: Ground, marks: Readonly<Record<string, string>> = {}): Effect[] {
  const { template } = scene.spec;
  if (scene.canary !== undefined || template === undefined) return [];
  const replicaSet = newReplicaSet(scene, template, marks);
  const message = `Created ReplicaSet ${replicaSet.name} (revision ${scene.revision})`;
  return [
    { kind: 'createReplicaSet', replicaSet },
    announceEvent(scene, { reason: 'NewReplicaSetCreated', message, occasion: scene.podHash }),
  ];
}

export function replicaSetName(scene: Ground): string {
  return `${scene.rollout.metadata.name}-${scene.podHash}`;
}

function newReplicaSet(scene: Ground, template: PodTemplate, marks: Readonly<Record<string, string>>): NewReplicaSet {
  const labels = { ...template.metadata?.labels, [podHashLabel]: scene.podHash };
  const { matchLabels, matchExpressions } = scene.spec.selector ?? {};
  const hashed = { ...template, metadata: { ...template.metadata, labels } };
  const injected = injectMetadata(hashed, metadataOf(scene, undefined));
  return {
    name: replicaSetName(scene),
    podHash: scene.podHash,
    labels,
    annotations: {
      ...copiedAnnotations(scene),
      ...marks,
      ...injected.annotations,
      [revisionAnnotation]: String(scene.revision),
      [desiredReplicasAnnotation]: String(scene.replicas),
    },
    selector: {
      matchLabels: { ...matchLabels, [podHashLabel]: scene.podHash },
      ...(matchExpressions === undefined ? {} : { matchExpressions }),
    },
    template: injectAntiAffinity(injected.template, antiAffinityOf(scene)),
    minReadySeconds: scene.spec.minReadySeconds ?? 0,
  };
}

function copiedAnnotations(scene: Ground): Record<string, string> {
  const all = Object.entries(scene.rollout.metadata.annotations);
  return Object.fromEntries(all.filter(([name]) => isCopiedToReplicaSets(name)));
}

/**
 * Keeps the annotations of canary and stable as Argo's clients expect them: revision, former revisions, desired replicas, the
 * Rollout's own ones; and takes a deadline away from pods that are needed again.
 */
export function planAnnotations(scene: Ground, isDeadlineKept: boolean): Effect[] {
  const effects: Effect[] = [];
  const { canary, stable } = scene;
  if (canary !== undefined) {
    const wanted: Record<string, string | null> = {
      ...copiedAnnotations(scene),
      ...revisionAnnotations(scene, canary),
    };
    wanted[desiredReplicasAnnotation] = String(scene.replicas);
    if (!isDeadlineKept) wanted[scaleDownDeadlineAnnotation] = null;
    effects.push(...annotate(canary, wanted, scene.spec.minReadySeconds ?? 0));
  }
  if (stable !== undefined && stable !== canary) {
    const wanted: Record<string, string | null> = { [scaleDownDeadlineAnnotation]: null };
    if (stable.specReplicas > 0) wanted[desiredReplicasAnnotation] = String(scene.replicas);
    effects.push(...annotate(stable, wanted));
  }
  return effects;
}

const LONGEST_HISTORY = 2000;

/**
 * A ReplicaSet that comes back under a higher number keeps a list of its former ones: unlike Argo the latest of them only, as a
 * Deployment's do, since an object has room for so many annotations and then takes no write at all.
 */
function revisionAnnotations(scene: Ground, canary: ReplicaSetView): Record<string, string> {
  const present = revisionOf(canary);
  if (present >= scene.revision) return {};
  if (present === 0) return { [revisionAnnotation]: String(scene.revision) };
  const history = canary.annotations[revisionHistoryAnnotation];
  const former = history === undefined || history === '' ? String(present) : `${history},${present}`;
  const kept = former.length <= LONGEST_HISTORY ? former : former.slice(-LONGEST_HISTORY).replace(/^[^,]*,/, '');
  return { [revisionAnnotation]: String(scene.revision), [revisionHistoryAnnotation]: kept };
}

/** Only what differs; nothing when nothing does. */
export function annotate(
  replicaSet: ReplicaSetView,
  wanted: Readonly<Record<string, string | null>>,
  minReadySeconds = replicaSet.minReadySeconds,
): Effect[] {
  const changed = Object.entries(wanted).filter(([name, value]) => (replicaSet.annotations[name] ?? null) !== value);
  const isReadySame = minReadySeconds === replicaSet.minReadySeconds;
  if (changed.length === 0 && isReadySame) return [];
  return [
    {
      kind: 'annotateReplicaSet',
      name: replicaSet.name,
      uid: replicaSet.uid,
      annotations: Object.fromEntries(changed),
      ...(isReadySame ? {} : { minReadySeconds }),
    },
  ];
}

export function scale(scene: Ground, replicaSet: ReplicaSetView | undefined, to: number): Effect[] {
  if (replicaSet === undefined || replicaSet.specReplicas === to) return [];
  const { name, uid, specReplicas: from } = replicaSet;
  const revision = replicaSet === scene.canary ? scene.revision : revisionOf(replicaSet);
  const direction = to > from ? 'up' : 'down';
  const message = `Scaled ${direction} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`;
  return [
    { kind: 'scaleReplicaSet', name, uid, from, to },
    announceEvent(scene, { reason: 'ScalingReplicaSet', message, occasion: `${name}.${from}-${to}` }),
  ];
}

export function deadlineAfter(scene: Ground, seconds: number): string {
  return formatTimestamp(scene.nowMs + seconds * 1000);
}
