import { isDeepEqual, isObject, withoutUndefined } from './deep-equal.ts';
import type { Effect } from './effect.ts';
import { podHashLabel } from './names.ts';
import type { AntiAffinity, PodTemplate } from './pod-template.ts';
import type { ReplicaSetView } from './world.ts';

/** Whose pods shall keep off which nodes. */
export interface AntiAffinityWish {
  readonly rules: AntiAffinity | undefined;
  readonly namespace: string;
  /** Of the pods that keep off. */
  readonly podHash: string;
  /** Of the pods on the nodes that they keep off; undefined or the same: nothing is asked. */
  readonly stableHash: string | undefined;
}

const kinds = [
  'requiredDuringSchedulingIgnoredDuringExecution',
  'preferredDuringSchedulingIgnoredDuringExecution',
] as const;

/** Puts the term into a template, where the author asks for it. It is no part of the hash. */
export function injectAntiAffinity(template: PodTemplate, wish: AntiAffinityWish): PodTemplate {
  const { rules, stableHash, podHash } = wish;
  if (rules === undefined || !stableHash || stableHash === podHash) return template;
  const term = {
    labelSelector: { matchExpressions: [{ key: podHashLabel, operator: 'In', values: [stableHash] }] },
    namespaces: [wish.namespace],
    topologyKey: 'kubernetes.io/hostname',
  };
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred } = rules;
  const affinity = objectAt(template.spec, 'affinity');
  const present = objectAt(affinity, 'podAntiAffinity');
  const podAntiAffinity =
    preferred === undefined
      ? withTerm(present, kinds[0], term)
      : withTerm(present, kinds[1], { weight: preferred.weight, podAffinityTerm: term });
  const spec = {
    ...template.spec,
    containers: template.spec?.containers ?? [],
    affinity: { ...affinity, podAntiAffinity },
  };
  return withoutUndefined({ ...template, spec });
}

/**
 * The terms about pod hashes that a template holds, as one text: `required abc`. What caches keep of an affinity, to see whether it is
 * the one that is wanted.
 */
export function describeAntiAffinity(template: PodTemplate | undefined): string | undefined {
  const rules = objectAt(objectAt(template?.spec, 'affinity'), 'podAntiAffinity');
  const terms = kinds.flatMap((kind) => {
    const present = rules[kind];
    if (!Array.isArray(present)) return [];
    return present.filter(isObject).flatMap((entry) => {
      const term = isObject(entry.podAffinityTerm) ? entry.podAffinityTerm : entry;
      const hashes = hashesOf(term);
      const weight = typeof entry.weight === 'number' ? ` ${entry.weight}` : '';
      return hashes.length === 0 ? [] : [`${kind.slice(0, kind.indexOf('During'))}${weight} ${hashes.join(' ')}`];
    });
  });
  return terms.length === 0 ? undefined : terms.join(', ');
}

/**
 * Keeps the term right after creation: it goes with the promotion, and an older revision that comes back keeps off the pods that are
 * stable now. `template` is the author's, which this ReplicaSet was made of. No pod is restarted for it.
 */
export function planAntiAffinity(replicaSet: ReplicaSetView, template: PodTemplate, wish: AntiAffinityWish): Effect[] {
  const wanted = injectAntiAffinity(template, wish);
  if (describeAntiAffinity(wanted) === replicaSet.antiAffinity) return [];
  const { name, uid } = replicaSet;
  const affinity = patchTo(objectAt(wanted.spec, 'affinity'));
  return [{ kind: 'annotateReplicaSet', name, uid, annotations: {}, template: { affinity } }];
}

/** A merge patch leaves alone what it does not name: what is to go has to be named. */
function patchTo(affinity: Record<string, unknown>): Record<string, unknown> | null {
  if (isDeepEqual(affinity, {})) return null;
  const { podAntiAffinity } = affinity;
  if (!isObject(podAntiAffinity)) return { ...affinity, podAntiAffinity: null };
  const terms = Object.fromEntries(kinds.map((kind) => [kind, podAntiAffinity[kind] ?? null]));
  return { ...affinity, podAntiAffinity: { ...podAntiAffinity, ...terms } };
}

function hashesOf(term: Record<string, unknown>): readonly string[] {
  const expressions = objectAt(term, 'labelSelector').matchExpressions;
  if (!Array.isArray(expressions)) return [];
  const found = expressions.filter(isObject).find(({ key }) => key === podHashLabel);
  return Array.isArray(found?.values) ? found.values.map(String) : [];
}

function withTerm(rules: Record<string, unknown>, kind: string, term: object): Record<string, unknown> {
  const present = rules[kind];
  return { ...rules, [kind]: [...(Array.isArray(present) ? present : []), term] };
}

function objectAt(parent: unknown, key: string): Record<string, unknown> {
  const value = isObject(parent) ? parent[key] : undefined;
  return isObject(value) ? value : {};
}
