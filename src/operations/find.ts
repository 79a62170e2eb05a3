import type { ObjectName } from '../kubernetes/index.ts';
import { editDistance } from '../lib/index.ts';
import type { Refusal, Target } from './operations.ts';

/** What the search looks through: every rollout that is known, and the namespaces of the channel that was written in. */
export interface Known {
  readonly rollouts: readonly ObjectName[];
  readonly channelNamespaces: readonly string[];
}

/**
 * Which rollout is meant: exact in the channel's namespaces, exact anywhere, a unique `name-…` prefix. Two that fit are never
 * guessed between, and a typo is suggested, never acted on.
 */
export function findRollout(
  target: Target,
  known: Known,
): { readonly done: true; readonly name: ObjectName } | Refusal {
  const inScope = known.rollouts.filter(
    ({ namespace }) => target.namespace === undefined || namespace === target.namespace,
  );
  const exact = inScope.filter(({ name }) => name === target.name);
  const here = exact.filter(({ namespace }) => known.channelNamespaces.includes(namespace));
  const prefixed = inScope.filter(({ name }) => name.startsWith(`${target.name}-`));
  for (const matches of [here, exact, prefixed]) {
    const [only, ...others] = matches;
    if (only === undefined) continue;
    if (others.length === 0) return { done: true, name: only };
    return {
      done: false,
      reason: 'ambiguousName',
      facts: { name: target.name },
      // Sorted: the same question has the same answer, in whatever order the cluster told of them.
      candidates: matches
        .map(({ namespace, name }) => `${namespace}/${name}`)
        .sort()
        .slice(0, 5),
    };
  }
  return {
    done: false,
    reason: 'unknownRollout',
    facts: { name: target.name, ...(target.namespace === undefined ? {} : { namespace: target.namespace }) },
    candidates: closest(target.name, inScope),
  };
}

function closest(typed: string, rollouts: readonly ObjectName[]): readonly string[] {
  return rollouts
    .map(({ namespace, name }) => ({ name: `${namespace}/${name}`, distance: editDistance(typed, name) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(typed.length / 4)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}
