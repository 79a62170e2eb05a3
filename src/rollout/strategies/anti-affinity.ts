import { isObject, withoutUndefined } from '../deep-equal.ts';
import { podHashLabel } from '../names.ts';
import type { PodTemplate } from '../rollout.ts';
import type { Ground } from '../scene.ts';

/**
 * Keeps the canary's pods off the nodes of stable's, where the author asks for it. The term is no part of the hash. It stays in the
 * template after a promotion (unlike Argo, which rewrites the ReplicaSet): the pods it names are gone by then.
 */
export function injectAntiAffinity(scene: Ground, template: PodTemplate): PodTemplate {
  const { antiAffinity } = scene;
  const stableHash = scene.status.stableRS;
  if (antiAffinity === undefined || stableHash === undefined || stableHash === scene.podHash) return template;
  const term = {
    labelSelector: { matchExpressions: [{ key: podHashLabel, operator: 'In', values: [stableHash] }] },
    namespaces: [scene.rollout.metadata.namespace],
    topologyKey: 'kubernetes.io/hostname',
  };
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = antiAffinity;
  const affinity = objectAt(template.spec, 'affinity');
  const present = objectAt(affinity, 'podAntiAffinity');
  const podAntiAffinity =
    preferred === undefined
      ? withTerm(present, 'requiredDuringSchedulingIgnoredDuringExecution', term)
      : withTerm(present, 'preferredDuringSchedulingIgnoredDuringExecution', {
          weight: preferred.weight,
          podAffinityTerm: term,
        });
  const spec = {
    ...template.spec,
    containers: template.spec?.containers ?? [],
    affinity: { ...affinity, podAntiAffinity },
  };
  return withoutUndefined({ ...template, spec });
}

function withTerm(rules: Record<string, unknown>, kind: string, term: object): Record<string, unknown> {
  const present = rules[kind];
  return { ...rules, [kind]: [...(Array.isArray(present) ? present : []), term] };
}

function objectAt(parent: unknown, key: string): Record<string, unknown> {
  const value = isObject(parent) ? parent[key] : undefined;
  return isObject(value) ? value : {};
}
