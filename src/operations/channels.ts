import type { Rollout } from '../rollout/index.ts';

const channelAnnotation = 'stepwise.dev/channel';

/** A Rollout, or another object of a namespace. */
interface Placed {
  readonly metadata: Pick<Rollout['metadata'], 'namespace' | 'annotations'>;
}

/** Which channel hears of which namespace. Raising risk needs a bound channel; lowering it does not. */
export interface Channels {
  /** Where this rollout's card belongs; undefined: nobody asked to hear of it. */
  channelOf(rollout: Placed): string | undefined;
  /** Where cards of a namespace's rollouts belong that name no channel themselves. */
  channelOfNamespace(namespace: string): string | undefined;
  /** Namespaces bound to this channel; `*` means every namespace without a channel of its own. */
  namespacesOf(channel: string): readonly string[];
  /** Whether risk may be raised from this channel for this rollout. */
  isBound(channel: string, rollout: Placed): boolean;
}

/** What a DeliveryPolicy says of channels. */
export interface ChannelPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly channels: readonly string[];
}

/**
 * A rollout's own annotation goes before the policies of its namespace, these before CHANNELS, and a namespace's own entry there before
 * `*`: whoever is nearer to the rollout knows better. `policies` is asked each time, so that a change works at once.
 */
export function createChannels(
  channelOfNamespace: Readonly<Record<string, string>>,
  policies: () => readonly ChannelPolicy[] = () => [],
): Channels {
  /** The first is where cards go. */
  function channelsOf(namespace: string): readonly string[] {
    const byPolicy = policies()
      .filter((policy) => policy.namespace === namespace)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ channels }) => channels);
    if (byPolicy.length > 0) return byPolicy;
    const bySetting = channelOfNamespace[namespace] ?? channelOfNamespace['*'];
    return bySetting === undefined ? [] : [bySetting];
  }
  function channelsFor({ metadata }: Placed): readonly string[] {
    const own = metadata.annotations[channelAnnotation];
    return own === undefined ? channelsOf(metadata.namespace) : [own];
  }
  return {
    channelOf: (rollout) => channelsFor(rollout)[0],
    channelOfNamespace: (namespace) => channelsOf(namespace)[0],
    namespacesOf(channel) {
      const ruled = new Set(policies().flatMap(({ namespace, channels }) => (channels.length > 0 ? [namespace] : [])));
      const bySetting = Object.keys(channelOfNamespace).filter(
        (namespace) => channelOfNamespace[namespace] === channel && !ruled.has(namespace),
      );
      const byPolicy = [...ruled].filter((namespace) => channelsOf(namespace).includes(channel));
      return [...byPolicy.toSorted(), ...bySetting];
    },
    isBound: (channel, rollout) => channel !== '' && channelsFor(rollout).includes(channel),
  };
}
