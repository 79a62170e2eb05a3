import type { Rollout } from '../rollout/index.ts';
import { mayIn } from './may-in.ts';
import type { Person } from './operations.ts';
import type { ReadTools } from './read.ts';
import { isFullyPromoted } from './situation.ts';
import { readStartable } from './start-form.ts';

/** What a person may start in one namespace, and from which channel. */
export interface Startable {
  readonly namespace: string;
  readonly rollouts: readonly { readonly name: string; readonly isMoving: boolean }[];
  /** Where it is asked; undefined: no channel is bound, so nobody can start it from Slack. */
  readonly channel: string | undefined;
}

const timeoutMs = 8000;

/** In which namespaces this person may start everything: of those named, and of those that have rollouts. */
export async function readMayStartIn(
  person: Person,
  namespaces: readonly string[],
  { known, cluster }: Pick<ReadTools, 'known' | 'cluster'>,
): Promise<readonly string[]> {
  const asked = [...new Set([...namespaces, ...known.list().map(({ metadata }) => metadata.namespace)])];
  const mayStart = mayIn(person, 'start', cluster, AbortSignal.timeout(timeoutMs));
  const answers = await Promise.all(asked.map((namespace) => mayStart(namespace, '')));
  return asked.filter((_, index) => answers[index]);
}

/** What this person may start now, and where: one entry per namespace and channel, this channel's first. */
export async function readWhere(
  person: Person,
  { channel, namespace }: { readonly channel: string; readonly namespace?: string | undefined },
  tools: ReadTools,
): Promise<readonly Startable[]> {
  const places = new Map<string, { namespace: string; channel: string | undefined; rollouts: Rollout[] }>();
  for (const name of await readStartable(person, tools)) {
    const rollout = tools.known.get(name);
    if (rollout === undefined || (namespace !== undefined && name.namespace !== namespace)) continue;
    const bound = tools.channels.channelOf(rollout);
    const key = `${name.namespace} ${bound ?? ''}`;
    const place = places.get(key) ?? { namespace: name.namespace, channel: bound, rollouts: [] };
    place.rollouts.push(rollout);
    places.set(key, place);
  }
  const rank = (place: { readonly channel: string | undefined }) =>
    place.channel === channel ? 0 : 1 + Number(place.channel === undefined);
  return [...places.values()]
    .toSorted((a, b) => rank(a) - rank(b) || (a.namespace < b.namespace ? -1 : 1))
    .map((place) => ({
      namespace: place.namespace,
      channel: place.channel,
      rollouts: place.rollouts.map((rollout) => ({
        name: rollout.metadata.name,
        isMoving: !isFullyPromoted(rollout) && rollout.status.abort !== true,
      })),
    }));
}
