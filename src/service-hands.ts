import type { Logger } from 'pino';
import type { Config } from './config/index.ts';
import type { Caches } from './engine/index.ts';
import {
  type AnalysisRuns,
  type ConnectedCluster,
  createAnalysisRuns,
  createDeployments,
  createExperiments,
  createPods,
  createReferencedWorkloads,
  createReflector,
  createRollouts,
  createServices,
  createTrials,
  createWorkloads,
  type DeliveryPolicyView,
  type Deployments,
  type Experiments,
  type KubernetesObject,
  managerOf,
  type Pods,
  projectAnalysisRun,
  projectAnalysisTemplate,
  projectDeliveryPolicy,
  projectDeployment,
  projectExperiment,
  projectReplicaSet,
  projectRollout,
  projectService,
  projectWhole,
  type ReferencedWorkloads,
  type Reflector,
  type ReflectorSettings,
  type Resource,
  type Rollouts,
  readInstalledSchemas,
  resources,
  type Services,
  type Trials,
  type Workloads,
  withDeploymentRevisions,
  withDeployments,
} from './kubernetes/index.ts';
import { podHashLabel } from './rollout/index.ts';
import { createTrafficRouters, type TrafficRouters } from './traffic-routers/index.ts';

/** Everything that reads and writes the cluster, with the caches that writes teach. */
export interface Hands {
  readonly caches: Caches;
  /** Guarded Deployments too, by the name `deploy/<name>`. */
  readonly rollouts: Rollouts;
  readonly workloads: Workloads;
  readonly services: Services;
  readonly analysisRuns: AnalysisRuns;
  readonly experiments: Experiments;
  readonly trials: Trials;
  /** What belongs to Experiments. */
  readonly ofExperiments: { readonly workloads: Workloads; readonly analysisRuns: AnalysisRuns };
  /** Guarded Deployments, and the runs that judge them. */
  readonly ofDeployments: { readonly deployments: Deployments; readonly analysisRuns: AnalysisRuns };
  readonly pods: Pods;
  readonly referencedWorkloads: ReferencedWorkloads;
  readonly routers: TrafficRouters;
  readonly policies: Reflector<DeliveryPolicyView>;
}

export async function createHands(cluster: ConnectedCluster, config: Config, log: Logger): Promise<Hands> {
  function cacheOf<T>(
    resource: Resource,
    project: (object: KubernetesObject) => T | undefined,
    more: Pick<ReflectorSettings<T>, 'labelSelector' | 'ownerOf'> = {},
  ): Reflector<T> {
    const isClusterWide = resource === resources.clusterAnalysisTemplates;
    return createReflector({
      cluster,
      resource,
      namespaces: isClusterWide ? [] : config.WATCH_NAMESPACES,
      project,
      log,
      ...more,
    });
  }
  const caches: Caches = {
    rollouts: cacheOf(resources.rollouts, projectRollout),
    deployments: cacheOf(resources.deployments, projectDeployment),
    // Those of Deployments are not sent at all.
    replicaSets: cacheOf(resources.replicaSets, projectReplicaSet, { labelSelector: podHashLabel }),
    experiments: cacheOf(resources.experiments, projectExperiment),
    analysisRuns: cacheOf(resources.analysisRuns, projectAnalysisRun),
    services: cacheOf(resources.services, projectService, { ownerOf: managerOf }),
    analysisTemplates: cacheOf(resources.analysisTemplates, projectAnalysisTemplate),
    clusterAnalysisTemplates: cacheOf(resources.clusterAnalysisTemplates, projectAnalysisTemplate),
    ingresses: cacheOf(resources.ingresses, projectWhole),
  };
  const schemas = await readInstalledSchemas(
    cluster,
    [resources.rollouts, resources.analysisRuns, resources.deliveryPolicies],
    AbortSignal.timeout(15_000),
  );
  for (const { plural, group } of schemas.missing)
    log.error(
      { definition: `${plural}.${group}` },
      'not installed in this cluster: apply manifests/install; waiting for it',
    );
  const deployments = createDeployments(cluster, caches.deployments);
  return {
    caches,
    rollouts: withDeployments(cluster, createRollouts(cluster, caches.rollouts, schemas), deployments),
    workloads: withDeploymentRevisions(cluster, createWorkloads(cluster, caches.replicaSets)),
    services: createServices(cluster, caches.services),
    analysisRuns: createAnalysisRuns(cluster, caches.analysisRuns),
    experiments: createExperiments(cluster, caches),
    trials: createTrials(cluster, caches),
    ofExperiments: {
      workloads: createWorkloads(cluster, caches.replicaSets, 'Experiment'),
      analysisRuns: createAnalysisRuns(cluster, caches.analysisRuns, 'Experiment'),
    },
    ofDeployments: { deployments, analysisRuns: createAnalysisRuns(cluster, caches.analysisRuns, 'Deployment') },
    pods: createPods(cluster),
    referencedWorkloads: createReferencedWorkloads(cluster),
    routers: createTrafficRouters(cluster, caches.ingresses),
    policies: cacheOf(resources.deliveryPolicies, projectDeliveryPolicy),
  };
}
