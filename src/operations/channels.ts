import type { Rollout } from '../rollout/index.ts';

const channelAnnotation = 'stepwise.dev/channel';

/** Which channel hears of which namespace. Raising risk needs a bound channel; lowering it does not. */
export interface Channels {
  /** Where this rollout's card belongs; undefined: nobody asked to hear of it. */
  channelOf(rollout: Rollout): string | undefined;
  /** Namespaces bound to this channel; `*` means every namespace without a channel of its own. */
  namespacesOf(channel: string): readonly string[];
  /** Whether risk may be raised from this channel for this rollout. */
  isBound(channel: string, rollout: Rollout): boolean;
}

export function createChannels(channelOfNamespace: Readonly<Record<string, string>>): Channels {
  function channelOf(rollout: Rollout): string | undefined {
    return (
      rollout.metadata.annotations[channelAnnotation] ??
      channelOfNamespace[rollout.metadata.namespace] ??
      channelOfNamespace['*']
    );
  }
  return {
    channelOf,
    namespacesOf: (channel) =>
      Object.entries(channelOfNamespace)
        .filter(([, bound]) => bound === channel)
        .map(([namespace]) => namespace),
    isBound: (channel, rollout) => channel !== '' && channelOf(rollout) === channel,
  };
}
