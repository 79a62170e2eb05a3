/**
 * kubernetes: the API server as we use it: client, caches, resources, lease, events.
 * Never decides anything about a rollout. Begin reading at cluster.ts.
 */
export { type AccessReviews, createAccessReviews, type RightQuestion } from './access-reviews.ts';
export { type AccessRules, createAccessRules } from './access-rules.ts';
export { type AnalysisRuns, createAnalysisRuns } from './analysis-runs.ts';
export type { ApiAnswer } from './api-client.ts';
export { type ArgoController, readArgoControllers } from './argo-controllers.ts';
export type {
  AccessQuestion,
  Cluster,
  JsonPatch,
  KubernetesObject,
  ObjectName,
  Reflector,
  Resource,
  WriteOptions,
} from './cluster.ts';
export { type ClusterSettings, type ConnectedCluster, createCluster } from './create-cluster.ts';
export {
  createDeployments,
  type Deployments,
  projectDeployment,
  withDeploymentRevisions,
  withDeployments,
} from './deployments.ts';
export { createEventOutbox, type EventOutbox } from './event-outbox.ts';
export { type EventToSend, sendEvent } from './events.ts';
export { createExperiments, type Experiments } from './experiments.ts';
export {
  type Installation,
  readInstallation,
  readPodNames,
  scaleArgoController,
  switchController,
} from './installation.ts';
export { createJobs, type Jobs } from './jobs.ts';
export { createKnownRollouts, type KnownRollouts } from './known-rollouts.ts';
export {
  createHolderName,
  createLease,
  createLeaseTiming,
  driveLeaseName,
  keeperLeaseName,
  type LeaderLease,
  type LeaseSettings,
  type LeaseTiming,
} from './lease.ts';
export { readLeaseHolder, readLeaseTrace } from './lease-holder.ts';
export { createLeaseWatch, type LeaseWatch } from './lease-watch.ts';
export { type KubeConfigSettings, loadKubeConfig } from './load-kube-config.ts';
export { createPods, type Pods } from './pods.ts';
export {
  type DeliveryPolicyView,
  parseReplicaSet,
  projectAnalysisRun,
  projectAnalysisTemplate,
  projectDeliveryPolicy,
  projectExperiment,
  projectReplicaSet,
  projectRollout,
  projectService,
  projectWhole,
} from './projections.ts';
export { readReadyDeployments } from './ready-deployments.ts';
export { readRecentWriters } from './recent-writers.ts';
export {
  createReferencedWorkloads,
  type ReferencedWorkloads,
  type WorkloadVersion,
  watchWorkloads,
} from './referenced-workloads.ts';
export { createReflector, type ReflectorSettings, type ReflectorTiming } from './reflector.ts';
export { apiVersionOf, resources } from './resources.ts';
export { drivenRights, neededDefinitions, neededRights, type Right } from './rights.ts';
export { createRollouts, type Rollouts } from './rollouts.ts';
export { type InstalledSchemas, readInstalledSchemas, readServedVersions } from './schema.ts';
export { createServices, managerOf, type Services } from './services.ts';
export type { RateLimits } from './token-bucket.ts';
export { createTrials, type Trial, type TrialAct, type Trials } from './trials.ts';
export { createWorkloads, type Workloads } from './workloads.ts';
