import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import {
  type ConnectedCluster,
  createHolderName,
  createLease,
  createLeaseTiming,
  keeperLeaseName,
  type LeaderLease,
} from './kubernetes/index.ts';
import { createQueueStore, type QueueStore } from './queue-stores/index.ts';

/** The Lease of the one replica that turns what happens into wake-ups. */
export function createKeeperLease(cluster: ConnectedCluster, config: Config, log: Logger): LeaderLease {
  return createLease({
    cluster,
    namespace: config.ARGO_NAMESPACE,
    name: keeperLeaseName(config.INSTANCE_ID),
    holder: createHolderName(config.POD_NAME || hostname()),
    timing: createLeaseTiming(config.LEASE_SECONDS),
    log,
  });
}

/** Where wake-ups wait: in Redis, or in this process where there is none. */
export function createStore(config: Config, lease: LeaderLease, log: Logger): QueueStore {
  if (config.REDIS_URL === '') {
    log.info({ folder: config.DATA_DIR }, 'embedded queue: one process, good for about 50 moving rollouts');
    return createQueueStore({ kind: 'embedded', dataFolder: config.DATA_DIR, log });
  }
  return createQueueStore({
    kind: 'redis',
    url: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    isKeeper: lease.isMine,
    log,
  });
}
