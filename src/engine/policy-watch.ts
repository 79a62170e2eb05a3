import type { Logger } from 'pino';
import type { DeliveryPolicyView, Reflector } from '../kubernetes/index.ts';
import type { QueueStore } from '../queue-stores/index.ts';
import type { Rollout } from '../rollout/index.ts';

interface PolicyTools {
  readonly policies: Reflector<DeliveryPolicyView>;
  readonly rollouts: Pick<Reflector<Rollout>, 'list'>;
  readonly store: Pick<QueueStore, 'nudge'>;
  readonly log: Logger;
}

/** How long a start waits for the policies. Without them (an older installation, a missing right) the setting CHANNELS is all there is. */
const longestWaitMs = 10_000;

/** Keeps the DeliveryPolicies, and has the cards looked at that a changed one is about. */
export function createPolicyWatch({ policies, rollouts, store, log }: PolicyTools) {
  let unsubscribe: () => void = () => undefined;

  /** A revision under way that nobody heard of so far has a channel now. What has ended is no news. */
  function nudgeCards(namespace: string): void {
    for (const { metadata, status } of rollouts.list(namespace)) {
      if (status.stableRS === status.currentPodHash && status.phase === 'Healthy') continue;
      store.nudge({ kind: 'card', namespace, name: metadata.name }).catch((error: unknown) => {
        log.warn({ namespace, name: metadata.name, err: error }, 'nudge not stored');
      });
    }
  }

  return {
    async start(): Promise<void> {
      const waiting = Promise.withResolvers<'late'>();
      const timer = setTimeout(() => waiting.resolve('late'), longestWaitMs);
      const listed = policies.start().then(() => 'listed' as const);
      // A stop in the middle of the start rejects it; who waits for nothing any more must not fail by that.
      listed.catch(() => undefined);
      const outcome = await Promise.race([listed, waiting.promise]).finally(() => clearTimeout(timer));
      if (outcome === 'late') log.warn('DeliveryPolicies not read yet: CHANNELS alone says which channel is bound');
      unsubscribe = policies.onChange(({ name }) => nudgeCards(name.namespace));
    },
    async stop(): Promise<void> {
      unsubscribe();
      await policies.stop();
    },
  };
}
