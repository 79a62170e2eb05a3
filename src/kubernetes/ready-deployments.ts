import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import type { Cluster } from './cluster.ts';
import { resources } from './resources.ts';

const Deployment = z.looseObject({
  metadata: ObjectMeta,
  status: z.looseObject({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
});

/** Names of the Deployments with at least one ready pod. */
export async function readReadyDeployments(
  cluster: Pick<Cluster, 'list'>,
  query: { readonly namespace: string; readonly labelSelector: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await cluster.list(resources.deployments, query, signal);
  return found
    .map((object) => Deployment.parse(object))
    .filter(({ status }) => status.readyReplicas > 0)
    .map(({ metadata }) => metadata.name);
}
