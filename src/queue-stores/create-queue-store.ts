import type { Logger } from 'pino';
import { createEmbeddedStore } from './embedded.ts';
import { createFailoverStore } from './failover.ts';
import { createInProcessStore } from './in-process.ts';
import type { QueueStore } from './queue-store.ts';
import { createRedisStore } from './redis.ts';

/** Which store, and what it needs. */
export type QueueStoreSettings =
  | {
      readonly kind: 'redis';
      readonly url: string;
      readonly prefix?: string;
      readonly isKeeper: () => boolean;
      readonly log: Logger;
    }
  | { readonly kind: 'embedded'; readonly dataFolder: string; readonly log: Logger }
  | { readonly kind: 'in-process'; readonly log: Logger };

/** Creates the queue store of one service. With Redis, the keeper goes on in process while Redis is gone. */
export function createQueueStore(settings: QueueStoreSettings): QueueStore {
  switch (settings.kind) {
    case 'redis': {
      const { isKeeper, ...redis } = settings;
      return createFailoverStore({
        createPrimary: (onHealth) => createRedisStore({ ...redis, onHealth }),
        isKeeper,
        log: settings.log,
      });
    }
    case 'embedded':
      return createEmbeddedStore(settings);
    case 'in-process':
      return createInProcessStore(settings);
  }
}
