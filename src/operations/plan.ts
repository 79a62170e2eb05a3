import type { Cluster, ObjectName } from '../kubernetes/index.ts';
import { mainContainer, type Plan, type PlannedImage, planRollout } from '../rollout/index.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import { chooseImages, isForeign, isUnusualTag } from './images.ts';
import type { ImageChange, Refusal, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { isWorkloadLost, refuse } from './situation.ts';

export type PlanWish = Wish & { readonly images: readonly ImageChange[] };

/** What a start would come to, and what it takes to be allowed. */
export interface PlanAnswer {
  readonly done: true;
  readonly plan: Plan;
  readonly access: PlanAccess;
}

export interface PlanAccess {
  /** The channel that this rollout is bound to, and whether it is the one that was asked in. */
  readonly channel: string | undefined;
  readonly isBoundHere: boolean;
  /** What Kubernetes says of the person who asks; undefined: it could not say. */
  readonly you: Readonly<Record<PlannedVerb, boolean | undefined>>;
  /** Users and groups that bindings name, by verb; undefined: we may not read the bindings. */
  readonly others: Readonly<Record<PlannedVerb, readonly string[]>> | undefined;
}

export const plannedVerbs = ['start', 'promote', 'abort'] as const;
export type PlannedVerb = (typeof plannedVerbs)[number];

export interface PlanTools extends Pick<ReadTools, 'channels' | 'worldOf'> {
  readonly cluster: Pick<Cluster, 'mayI'>;
  readonly known: Pick<ReadTools['known'], 'list'>;
  /** Whom bindings let do what; undefined: they cannot be read. */
  readonly whoMay: (
    verbs: readonly PlannedVerb[],
    on: ObjectName,
    signal: AbortSignal,
  ) => Promise<PlanAccess['others']>;
}

/** Reads, never writes: whoever may see a rollout may see what a start of it would do. */
export async function plan(wish: PlanWish, tools: PlanTools): Promise<Refusal | PlanAnswer> {
  const signal = AbortSignal.timeout(10_000);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const denied = await authorise(wish.person, 'get', found.name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const world = await tools.worldOf(found.name, signal);
  if (world === undefined) return refuse('unknownRollout', { ...found.name });
  const { rollout } = world;
  const lost = wish.images.length === 0 ? undefined : isWorkloadLost(rollout);
  if (lost !== undefined) return lost;
  const template = rollout.spec.template ?? {};
  const chosen = chooseImages(template, wish.images, mainContainer(template, rollout.metadata.name)?.name);
  if (!chosen.done) return chosen;
  const images: PlannedImage[] = chosen.changes.map(({ container, from, to }) => ({
    container,
    from,
    to,
    isSame: from === to,
    isForeign: isForeign(from, to),
    isUnusualTag: isUnusualTag(from, to),
  }));
  const may = async (verb: PlannedVerb | 'start-foreign') => {
    const refusal = await authorise(wish.person, verb, found.name, tools.cluster, signal);
    return refusal?.reason === 'accessUnknown' ? undefined : refusal === undefined;
  };
  const [start, promote, abort, others] = await Promise.all([
    may(images.some((image) => image.isForeign) ? 'start-foreign' : 'start'),
    may('promote'),
    may('abort'),
    // To know whom to ask is a help, not a part of the plan.
    tools.whoMay(plannedVerbs, found.name, signal).catch(() => undefined),
  ]);
  return {
    done: true,
    plan: planRollout(world, images),
    access: {
      channel: tools.channels.channelOf(rollout),
      isBoundHere: tools.channels.isBound(wish.channel, rollout),
      you: { start, promote, abort },
      others,
    },
  };
}
