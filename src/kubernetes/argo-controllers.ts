import { z } from 'zod';
import { ForbiddenError, NotFoundError, ObjectMeta } from '../lib/index.ts';
import type { Cluster } from './cluster.ts';
import { resources } from './resources.ts';

/** A Deployment of Argo's controller, as installed. */
export interface ArgoController {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly wantedReplicas: number;
  /** Pods that are there, ready or not; those that end already count in no Deployment's status. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** `v1.8.3`, from the image's tag; undefined where it has none. */
  readonly version: string | undefined;
  /** Labels that its pods have. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** `--leader-elect=false`: it runs whoever holds the Lease. */
  readonly ignoresLease: boolean;
  /** `--instance-id` */
  readonly instanceId: string;
}

const Deployment = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().default(1),
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).default({}) }).prefault({}),
    template: z.looseObject({
      spec: z.looseObject({
        containers: z
          .array(
            z.looseObject({
              image: z.string().default(''),
              command: z.array(z.string()).default([]),
              args: z.array(z.string()).default([]),
            }),
          )
          .default([]),
      }),
    }),
  }),
  status: z.looseObject({ replicas: z.number().default(0), readyReplicas: z.number().default(0) }).prefault({}),
});

const labelSelector = 'app.kubernetes.io/name=argo-rollouts';

/** Argo's controllers of one namespace (its dashboard has another label); undefined: they may not be looked at. */
export async function readArgoControllers(
  cluster: Pick<Cluster, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly ArgoController[] | undefined> {
  try {
    const found = await cluster.list(resources.deployments, { namespace, labelSelector }, signal);
    return found.map((object) => projectController(Deployment.parse(object)));
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

function projectController({ metadata, spec, status }: z.infer<typeof Deployment>): ArgoController {
  const { containers } = spec.template.spec;
  const main = containers.find(({ image }) => /argo-rollouts/.test(image)) ?? containers[0];
  const words = [...(main?.command ?? []), ...(main?.args ?? [])];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion ?? '',
    annotations: metadata.annotations,
    wantedReplicas: spec.replicas,
    replicas: status.replicas,
    readyReplicas: status.readyReplicas,
    version: /:([^:@/]+)(?:@|$)/.exec(main?.image ?? '')?.[1],
    podLabels: spec.selector.matchLabels,
    ignoresLease: flagOf(words, 'leader-elect') === 'false',
    instanceId: flagOf(words, 'instance-id') ?? '',
  };
}

/** `--flag=value` or `--flag value`, as Argo's command line takes them; the last one counts. */
function flagOf(words: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (const [index, word] of words.entries()) {
    if (word.startsWith(`--${name}=`)) value = word.slice(name.length + 3);
    // A flag that is true or false takes no next word.
    else if (word === `--${name}` && name !== 'leader-elect') value = words[index + 1];
  }
  return value;
}
