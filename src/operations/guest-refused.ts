import type { OperationTools } from './act.ts';
import { searchRollout } from './find.ts';
import type { Target, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';

/** Guests are refused before anything is asked of the cluster: their line is left here. */
export function guestRefused(
  { person, channel, target }: Pick<Wish, 'person' | 'channel'> & { readonly target: Target | undefined },
  verb: string,
  { known, channels, tellDenial, log }: Pick<OperationTools & ReadTools, 'known' | 'channels' | 'tellDenial' | 'log'>,
): void {
  const reason = 'guest';
  log.warn({ audit: true, verb, ...target, by: person.user, reason }, 'act denied');
  if (target === undefined) return;
  const search = searchRollout(target, {
    rollouts: known.list().map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    channelNamespaces: channels.namespacesOf(channel),
  });
  const rollout = search.kind === 'one' ? known.get(search.name) : undefined;
  if (rollout !== undefined) tellDenial(rollout, { verb, by: person.slackId, reason });
}
