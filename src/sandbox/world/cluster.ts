import { type ApiAddress, type ApiClient, createApiClient } from './api-client.ts';
import { createMirror, type Mirror } from './mirror.ts';
import {
  Autoscaler,
  ConfigMap,
  Deployment,
  DisruptionBudget,
  EndpointSlice,
  Job,
  Pod,
  ReplicaSet,
  Service,
} from './objects.ts';
import { HttpRoute, Ingress } from './route-objects.ts';

/** The API and a live copy of every kind the world acts on. */
export type Cluster = {
  readonly client: ApiClient;
  readonly pods: Mirror<Pod>;
  readonly replicaSets: Mirror<ReplicaSet>;
  readonly deployments: Mirror<Deployment>;
  readonly jobs: Mirror<Job>;
  readonly autoscalers: Mirror<Autoscaler>;
  readonly disruptionBudgets: Mirror<DisruptionBudget>;
  readonly services: Mirror<Service>;
  readonly endpointSlices: Mirror<EndpointSlice>;
  readonly ingresses: Mirror<Ingress>;
  readonly httpRoutes: Mirror<HttpRoute>;
  /** Of one namespace: the image list and the load. */
  readonly configMaps: Mirror<ConfigMap>;
  stop(): void;
};

export type ClusterOptions = ApiAddress & {
  readonly configNamespace: string;
  readonly onProblem: (message: string) => void;
};

export function createCluster(options: ClusterOptions): Cluster {
  const client = createApiClient(options);
  const { onProblem } = options;
  const mirrors = {
    pods: createMirror({ client, path: '/api/v1/pods', schema: Pod, onProblem }),
    replicaSets: createMirror({ client, path: '/apis/apps/v1/replicasets', schema: ReplicaSet, onProblem }),
    deployments: createMirror({ client, path: '/apis/apps/v1/deployments', schema: Deployment, onProblem }),
    jobs: createMirror({ client, path: '/apis/batch/v1/jobs', schema: Job, isOptional: true, onProblem }),
    autoscalers: createMirror({
      client,
      path: '/apis/autoscaling/v2/horizontalpodautoscalers',
      schema: Autoscaler,
      isOptional: true,
      onProblem,
    }),
    disruptionBudgets: createMirror({
      client,
      path: '/apis/policy/v1/poddisruptionbudgets',
      schema: DisruptionBudget,
      isOptional: true,
      onProblem,
    }),
    services: createMirror({ client, path: '/api/v1/services', schema: Service, onProblem }),
    endpointSlices: createMirror({
      client,
      path: '/apis/discovery.k8s.io/v1/endpointslices',
      schema: EndpointSlice,
      onProblem,
    }),
    ingresses: createMirror({ client, path: '/apis/networking.k8s.io/v1/ingresses', schema: Ingress, onProblem }),
    httpRoutes: createMirror({
      client,
      path: '/apis/gateway.networking.k8s.io/v1/httproutes',
      schema: HttpRoute,
      isOptional: true,
      onProblem,
    }),
    configMaps: createMirror({
      client,
      path: `/api/v1/namespaces/${options.configNamespace}/configmaps`,
      schema: ConfigMap,
      onProblem,
    }),
  };
  return {
    client,
    ...mirrors,
    stop() {
      for (const mirror of Object.values(mirrors)) mirror.stop();
      client.stop();
    },
  };
}
