import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import type { Mode } from './engine/index.ts';
import {
  type ConnectedCluster,
  createHolderName,
  createLease,
  createLeaseTiming,
  driveLeaseName,
  keeperLeaseName,
  type LeaderLease,
} from './kubernetes/index.ts';
import { createQueueStore, type QueueStore } from './queue-stores/index.ts';

/**
 * The Lease of the one replica that turns what happens into wake-ups: Argo's own, so that an Argo controller waits; in `drive` one of
 * ours, because that one is Argo's to hold.
 */
export function createKeeperLease(
  cluster: ConnectedCluster,
  { config, mode }: { readonly config: Config; readonly mode: Mode },
  log: Logger,
): LeaderLease {
  const isOwn = mode === 'own';
  return createLease({
    cluster,
    namespace: isOwn ? config.ARGO_NAMESPACE : config.POD_NAMESPACE,
    name: isOwn ? keeperLeaseName(config.INSTANCE_ID) : driveLeaseName(config.INSTANCE_ID),
    holder: createHolderName(config.POD_NAME || hostname()),
    timing: createLeaseTiming(config.LEASE_SECONDS),
    log,
  });
}

/**
 * Where wake-ups wait: in Redis, or in this process where there is none. The two modes never share a queue: while one set of replicas
 * replaces the other, a turn that only one of them takes must not be eaten by the other.
 */
export function createStore(
  { config, mode }: { readonly config: Config; readonly mode: Mode },
  lease: LeaderLease,
  log: Logger,
): QueueStore {
  if (config.REDIS_URL === '') {
    log.info({ folder: config.DATA_DIR }, 'embedded queue: one process, good for about 50 moving rollouts');
    return createQueueStore({ kind: 'embedded', dataFolder: config.DATA_DIR, log });
  }
  return createQueueStore({
    kind: 'redis',
    url: config.REDIS_URL,
    prefix: mode === 'own' ? config.QUEUE_PREFIX : `${config.QUEUE_PREFIX}-drive`,
    isKeeper: lease.isMine,
    log,
  });
}
