import type { Rollout } from '../rollout/index.ts';
import type { Channels } from './channels.ts';

const countedForMs = 5000;

/** How many rollouts of a channel are under way, as every replica sees them: counted anew every five seconds at most. */
export function createLiveCards(tools: {
  readonly rollouts: { list(): readonly Rollout[] };
  readonly channels: Pick<Channels, 'channelOf'>;
  readonly now: () => number;
}): (channel: string) => number {
  const { rollouts, channels, now } = tools;
  let counts = new Map<string, number>();
  let countedAtMs = Number.NEGATIVE_INFINITY;

  function count(): void {
    counts = new Map();
    for (const rollout of rollouts.list()) {
      const { phase } = rollout.status;
      if (phase !== 'Progressing' && phase !== 'Paused') continue;
      const channel = channels.channelOf(rollout);
      if (channel !== undefined) counts.set(channel, (counts.get(channel) ?? 0) + 1);
    }
  }

  return (channel) => {
    if (now() - countedAtMs >= countedForMs) {
      countedAtMs = now();
      count();
    }
    return counts.get(channel) ?? 0;
  };
}
