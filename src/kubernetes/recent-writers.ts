import { z } from 'zod';
import { ForbiddenError, NotFoundError } from '../lib/index.ts';
import type { ConnectedCluster } from './create-cluster.ts';
import { readPages } from './pages.ts';
import { resources } from './resources.ts';

const Written = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    managedFields: z
      .array(z.looseObject({ manager: z.string().default(''), time: z.string().default('') }))
      .default([]),
  }),
});

/** A few are enough: whoever runs Rollouts writes all of them. */
const mostLookedAt = 20;

/** Who wrote some of the Rollouts, and when: managedFields as they are stored. Nothing where there are none, or they may not be read. */
export async function readRecentWriters(
  cluster: Pick<ConnectedCluster, 'api'>,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<readonly { readonly on: string; readonly manager: string; readonly atMs: number }[]> {
  const writers: { on: string; manager: string; atMs: number }[] = [];
  for (const namespace of namespaces.length === 0 ? [''] : namespaces) {
    try {
      const query = { resource: resources.rollouts, namespace, limit: mostLookedAt, signal };
      const { value: page } = await readPages(cluster.api, query).next();
      for (const object of page?.items ?? []) {
        const { metadata } = Written.parse(object);
        for (const { manager, time } of metadata.managedFields)
          writers.push({ on: `Rollout ${metadata.namespace}/${metadata.name}`, manager, atMs: Date.parse(time) });
      }
    } catch (error) {
      if (!(error instanceof ForbiddenError || error instanceof NotFoundError)) throw error;
    }
  }
  return writers;
}
