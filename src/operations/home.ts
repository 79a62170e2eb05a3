import type { ObjectName } from '../kubernetes/index.ts';
import type { Delivery } from '../rollout/index.ts';
import { authorise, type Verb } from './authorise.ts';
import { type LookBackTools, type RecentChanges, readChanges } from './look-back.ts';
import { mayIn } from './may-in.ts';
import type { CardPlace, Person } from './operations.ts';
import { isFullyPromoted } from './situation.ts';

/** One rollout under way, and what this person may do about it. */
export interface Moving {
  readonly delivery: Delivery;
  readonly card: CardPlace | undefined;
  readonly mayPromote: boolean;
  readonly mayAbort: boolean;
}

/** What a person's Home shows. */
export interface HomeFacts {
  /** Under way in all that this person may list, oldest first. */
  readonly moving: readonly Moving[];
  /** More are under way than were read. */
  readonly more: number;
  readonly changes: RecentChanges;
  /** There are rollouts, and this person may list none of them. */
  readonly seesNothing: boolean;
}

const timeoutMs = 10_000;
/** Each costs some calls. */
const mostRead = 20;
const lastMs = 3_600_000;

/** What is under way and what changed in the last hour, as far as this person may see it. */
export async function readHome(person: Person, tools: LookBackTools): Promise<HomeFacts> {
  const signal = AbortSignal.timeout(timeoutMs);
  const mayList = mayIn(person, 'list', tools.cluster, signal);
  const all = tools.known.list();
  const seen = [];
  for (const rollout of all) if (await mayList(rollout.metadata.namespace, rollout.metadata.name)) seen.push(rollout);
  const underWay = seen.filter((rollout) => !isFullyPromoted(rollout) && rollout.status.stableRS !== undefined);
  const may = mayOn(person, tools, signal);
  const read = underWay.slice(0, mostRead).map(async (rollout): Promise<Moving | undefined> => {
    const { namespace, name } = rollout.metadata;
    const on = { namespace, name };
    const delivery = await tools.deliveryOf(on, signal);
    if (delivery === undefined) return undefined;
    const card = await tools.cardOf(rollout, signal).catch(() => undefined);
    return { delivery, card, mayPromote: await may('promote', on), mayAbort: await may('abort', on) };
  });
  const [moving, changes] = await Promise.all([Promise.all(read), readChanges(person, { lastMs }, tools)]);
  return {
    moving: moving
      .filter((one) => one !== undefined)
      .toSorted((a, b) => (a.delivery.startedAtMs ?? 0) - (b.delivery.startedAtMs ?? 0)),
    more: Math.max(0, underWay.length - mostRead),
    changes,
    seesNothing: all.length > 0 && seen.length === 0,
  };
}

/** Asks for the whole namespace once, and for the one rollout where the whole is not allowed. */
function mayOn(person: Person, { cluster }: Pick<LookBackTools, 'cluster'>, signal: AbortSignal) {
  const inNamespace = new Map<Verb, ReturnType<typeof mayIn>>();
  return async (verb: Verb, on: ObjectName): Promise<boolean> => {
    const whole = inNamespace.get(verb) ?? mayIn(person, verb, cluster, signal);
    inNamespace.set(verb, whole);
    if (await whole(on.namespace, on.name)) return true;
    return (await authorise(person, verb, on, cluster, signal)) === undefined;
  };
}
