import type { ObjectName, Reflector } from '../kubernetes/index.ts';
import type { Delivery, Rollout, World } from '../rollout/index.ts';
import type { OperationTools } from './act.ts';
import { authorise, type Verb } from './authorise.ts';
import { findFor } from './find.ts';
import { mayIn } from './may-in.ts';
import type { Look, Person, Refusal, Wish } from './operations.ts';
import { isFullyPromoted } from './situation.ts';

export interface ReadTools extends Pick<OperationTools, 'cluster' | 'channels' | 'cardOf'> {
  readonly known: Pick<Reflector<Rollout>, 'list' | 'get'>;
  /** A rollout and all that belongs to it, as it is now; undefined when it is gone. */
  readonly worldOf: (name: ObjectName, signal: AbortSignal) => Promise<World | undefined>;
  /** The delivery of a rollout as it is now; undefined when it is gone. */
  readonly deliveryOf: (name: ObjectName, signal: AbortSignal) => Promise<Delivery | undefined>;
}

/** One rollout, read for a person who may see it. */
export async function readOne(wish: Wish, verb: Verb, tools: ReadTools): Promise<Refusal | Look> {
  const signal = AbortSignal.timeout(10_000);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const denied = await authorise(wish.person, verb, found.name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const delivery = await tools.deliveryOf(found.name, signal);
  const rollout = tools.known.get(found.name);
  if (delivery === undefined || rollout === undefined)
    return { done: false, reason: 'unknownRollout', facts: { ...found.name } };
  const card = await tools.cardOf(rollout, signal).catch(() => undefined);
  return { done: true, delivery, card };
}

/** How many rollouts one list shows: more is no answer to read. */
const longestList = 20;

/** All that this person may see, moving ones first. One question per namespace where they may see all of it. */
export async function readList(
  person: Person,
  { channel, namespace: only }: { readonly channel: string; readonly namespace?: string | undefined },
  tools: ReadTools,
): Promise<readonly Delivery[]> {
  const signal = AbortSignal.timeout(10_000);
  const here = tools.channels.namespacesOf(channel);
  const ranked = tools.known
    .list()
    .filter(({ metadata }) => only === undefined || metadata.namespace === only)
    .toSorted((a, b) => rank(a, here) - rank(b, here) || compareNames(a, b));
  const mayListIn = mayIn(person, 'list', tools.cluster, signal);
  const deliveries: Delivery[] = [];
  for (const { metadata } of ranked) {
    if (deliveries.length >= longestList) break;
    const { namespace, name } = metadata;
    if (!(await mayListIn(namespace, name))) continue;
    const delivery = await tools.deliveryOf({ namespace, name }, signal);
    if (delivery !== undefined) deliveries.push(delivery);
  }
  return deliveries;
}

function rank(rollout: Rollout, here: readonly string[]): number {
  return (isFullyPromoted(rollout) ? 2 : 0) + (here.includes(rollout.metadata.namespace) ? 0 : 1);
}

function compareNames(a: Rollout, b: Rollout): number {
  return `${a.metadata.namespace}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace}/${b.metadata.name}`);
}
