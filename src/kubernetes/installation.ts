import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import type { ArgoController } from './argo-controllers.ts';
import type { Cluster, ObjectName } from './cluster.ts';
import { resources } from './resources.ts';

/** Stepwise as it is installed in a cluster: its Deployment, and the ConfigMap with its settings. */
export interface Installation {
  readonly namespace: string;
  readonly deployment: string;
  readonly configMap: string;
  /** As the ConfigMap has them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly wantedReplicas: number;
  /** All of its pods are of the present settings, and ready. */
  readonly isRolled: boolean;
}

const Deployment = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().default(1),
    template: z.looseObject({
      spec: z.looseObject({
        serviceAccountName: z.string().default('default'),
        containers: z
          .array(
            z.looseObject({
              envFrom: z
                .array(z.looseObject({ configMapRef: z.looseObject({ name: z.string() }).optional() }))
                .default([]),
            }),
          )
          .default([]),
      }),
    }),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
    })
    .prefault({}),
});
const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

const labelSelector = 'app.kubernetes.io/name=stepwise';
const rolledAnnotation = 'stepwise.dev/controller';
/** On Argo's Deployment: how many replicas it had before a take-over. */
const replicasBeforeAnnotation = 'stepwise.dev/replicas-before-take-over';

/** Undefined: none, or one whose settings come from elsewhere. */
export async function readInstallation(
  cluster: Pick<Cluster, 'get' | 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Installation | undefined> {
  for (const object of await cluster.list(resources.deployments, { namespace, labelSelector }, signal)) {
    const { metadata, spec, status } = Deployment.parse(object);
    const pod = spec.template.spec;
    const refs = pod.containers.flatMap(({ envFrom }) => envFrom.map(({ configMapRef }) => configMapRef?.name));
    const configMap = refs.find((name) => name !== undefined);
    if (configMap === undefined) continue;
    const found = await cluster.get(resources.configMaps, { namespace, name: configMap }, signal);
    const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
    const isSeen = observedGeneration >= (metadata.generation ?? 0);
    return {
      namespace,
      deployment: metadata.name,
      configMap,
      settings: ConfigMap.parse(found ?? {}).data,
      serviceAccount: pod.serviceAccountName,
      wantedReplicas: spec.replicas,
      isRolled: isSeen && replicas === spec.replicas && updatedReplicas === replicas && readyReplicas === replicas,
    };
  }
  return undefined;
}

interface ActOptions {
  readonly signal: AbortSignal;
  readonly fieldManager: string;
}

/**
 * Sets CONTROLLER, and rolls the pods. The ConfigMap first: a pod that starts between the two writes has the setting already. Whoever
 * applies another value over it with server-side apply is told of the conflict.
 */
export async function switchController(
  cluster: Pick<Cluster, 'patchMerge'>,
  { namespace, configMap, deployment }: Installation,
  mode: 'own' | 'drive',
  options: ActOptions,
): Promise<void> {
  await cluster.patchMerge(
    resources.configMaps,
    { namespace, name: configMap },
    { data: { CONTROLLER: mode } },
    options,
  );
  await cluster.patchMerge(
    resources.deployments,
    { namespace, name: deployment },
    { spec: { template: { metadata: { annotations: { [rolledAnnotation]: mode } } } } },
    options,
  );
}

/** Scales Argo's controller, with a note of what it had (null removes it). Precondition: as it was read. */
export async function scaleArgoController(
  cluster: Pick<Cluster, 'patchMerge'>,
  { namespace, name, resourceVersion }: ArgoController,
  { replicas, note }: { readonly replicas: number; readonly note: string | null },
  options: ActOptions,
): Promise<void> {
  const metadata = { resourceVersion, annotations: { [replicasBeforeAnnotation]: note } };
  await cluster.patchMerge(resources.deployments, { namespace, name }, { metadata, spec: { replicas } }, options);
}

/** Names of the pods with these labels that are there, those that end among them: until they are gone they may act. */
export async function readPodNames(
  cluster: Pick<Cluster, 'list'>,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly ObjectName['name'][]> {
  const selector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  const found = await cluster.list(resources.pods, { namespace, labelSelector: selector }, signal);
  return found.map(({ metadata }) => metadata.name);
}
