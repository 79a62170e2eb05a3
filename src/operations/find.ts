import type { Cluster, ObjectName } from '../kubernetes/index.ts';
import { editDistance } from '../lib/index.ts';
import type { OperationTools } from './act.ts';
import { authorise } from './authorise.ts';
import type { Refusal, Target, Wish } from './operations.ts';

/** What the search looks through: every rollout that is known, and the namespaces of the channel that was written in. */
export interface Known {
  readonly rollouts: readonly ObjectName[];
  readonly channelNamespaces: readonly string[];
}

/** `several` fit equally well; `none` does, and these are close. */
export type Search =
  | { readonly kind: 'one'; readonly name: ObjectName }
  | { readonly kind: 'several'; readonly names: readonly ObjectName[] }
  | { readonly kind: 'none'; readonly close: readonly ObjectName[] };

/**
 * Which rollout is meant: exact in the channel's namespaces, exact anywhere, a unique `name-…` prefix. Two that fit are never
 * guessed between, and a typo is suggested, never acted on.
 */
export function searchRollout(target: Target, known: Known): Search {
  const inScope = known.rollouts.filter(
    ({ namespace }) => target.namespace === undefined || namespace === target.namespace,
  );
  const exact = inScope.filter(({ name }) => name === target.name);
  const here = exact.filter(({ namespace }) => known.channelNamespaces.includes(namespace));
  const prefixed = inScope.filter(({ name }) => name.startsWith(`${target.name}-`));
  for (const matches of [here, exact, prefixed]) {
    const [only, ...others] = matches;
    if (only === undefined) continue;
    // Sorted: the same question has the same answer, in whatever order the cluster told of them.
    return others.length === 0 ? { kind: 'one', name: only } : { kind: 'several', names: sorted(matches) };
  }
  return { kind: 'none', close: closest(target.name, inScope) };
}

/** How many names are asked about before some are named: each is a question to Kubernetes. */
const mostAsked = 12;
const mostNamed = 5;

export interface FindTools extends Pick<OperationTools, 'channels'> {
  readonly cluster: Pick<Cluster, 'mayI'>;
  readonly known: { list(): readonly { readonly metadata: ObjectName }[] };
}

/** The rollout that this person means. Only names that they may see are told to them, or chosen between. */
export async function findFor(
  { person, channel, target }: Pick<Wish, 'person' | 'channel' | 'target'>,
  tools: FindTools,
  signal: AbortSignal,
): Promise<{ readonly done: true; readonly name: ObjectName } | Refusal> {
  const search = searchRollout(target, {
    rollouts: tools.known.list().map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    channelNamespaces: tools.channels.namespacesOf(channel),
  });
  if (search.kind === 'one' && search.name.name === target.name) return { done: true, name: search.name };
  const asked = namesIn(search).slice(0, mostAsked);
  const denials = await Promise.all(asked.map((name) => authorise(person, 'get', name, tools.cluster, signal)));
  const visible = asked.filter((_, index) => denials[index] === undefined);
  const [only, ...others] = visible;
  if (search.kind !== 'none' && only !== undefined) {
    if (others.length === 0) return { done: true, name: only };
    return { done: false, reason: 'ambiguousName', facts: { name: target.name }, candidates: namesOf(visible) };
  }
  return {
    done: false,
    reason: 'unknownRollout',
    facts: { name: target.name, ...(target.namespace === undefined ? {} : { namespace: target.namespace }) },
    candidates: search.kind === 'none' ? namesOf(visible).slice(0, 3) : [],
  };
}

/** The names that a search came to: the one, those that fit, or those that are close. */
export function namesIn(search: Search): readonly ObjectName[] {
  if (search.kind === 'one') return [search.name];
  return search.kind === 'several' ? search.names : search.close;
}

function namesOf(names: readonly ObjectName[]): readonly string[] {
  return names.slice(0, mostNamed).map(({ namespace, name }) => `${namespace}/${name}`);
}

function sorted(names: readonly ObjectName[]): readonly ObjectName[] {
  return names.toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

function closest(typed: string, rollouts: readonly ObjectName[]): readonly ObjectName[] {
  return rollouts
    .map((name) => ({ name, distance: editDistance(typed, name.name) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(typed.length / 4)))
    .sort(
      (a, b) => a.distance - b.distance || (a.name.name + a.name.namespace < b.name.name + b.name.namespace ? -1 : 1),
    )
    .map(({ name }) => name);
}
