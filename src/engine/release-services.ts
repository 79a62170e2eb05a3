import type { ObjectName, Rollouts, Services } from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import type { Caches } from './keeper.ts';

export interface ReleaseTools {
  readonly rollouts: Pick<Rollouts, 'read'>;
  readonly services: Pick<Services, 'release'>;
  readonly caches: { readonly services: Pick<Caches['services'], 'ownedBy'> };
}

/**
 * Gives back the Services of a Rollout that is gone: with its pod hash they would lead nowhere for ever, and with its mark no other
 * Rollout could have them.
 */
export async function releaseServices(name: ObjectName, tools: ReleaseTools, signal: AbortSignal): Promise<void> {
  const services = tools.caches.services.ownedBy(`${name.namespace}/${name.name}`);
  // Live: it may be going, not ours, or newer than every cache.
  if (services.length === 0 || (await tools.rollouts.read(name, signal)) !== undefined) return;
  for (const service of services) {
    try {
      await tools.services.release(name, { name: service.name, fromSelector: service.selector }, { signal });
    } catch (error) {
      // Somebody else wrote it first: that write comes by the watch, and with it another turn.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
