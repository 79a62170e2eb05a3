import type { Resource } from './cluster.ts';

function resource(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind };
}

/** Every kind that we read or write. */
export const resources = {
  rollouts: resource('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout'),
  analysisRuns: resource('argoproj.io', 'v1alpha1', 'analysisruns', 'AnalysisRun'),
  analysisTemplates: resource('argoproj.io', 'v1alpha1', 'analysistemplates', 'AnalysisTemplate'),
  clusterAnalysisTemplates: resource('argoproj.io', 'v1alpha1', 'clusteranalysistemplates', 'ClusterAnalysisTemplate'),
  experiments: resource('argoproj.io', 'v1alpha1', 'experiments', 'Experiment'),
  deliveryRecords: resource('stepwise.dev', 'v1alpha1', 'deliveryrecords', 'DeliveryRecord'),
  deliveryPolicies: resource('stepwise.dev', 'v1alpha1', 'deliverypolicies', 'DeliveryPolicy'),
  deliveryFreezes: resource('stepwise.dev', 'v1alpha1', 'deliveryfreezes', 'DeliveryFreeze'),
  replicaSets: resource('apps', 'v1', 'replicasets', 'ReplicaSet'),
  podTemplates: resource('', 'v1', 'podtemplates', 'PodTemplate'),
  deployments: resource('apps', 'v1', 'deployments', 'Deployment'),
  jobs: resource('batch', 'v1', 'jobs', 'Job'),
  services: resource('', 'v1', 'services', 'Service'),
  pods: resource('', 'v1', 'pods', 'Pod'),
  namespaces: resource('', 'v1', 'namespaces', 'Namespace'),
  configMaps: resource('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: resource('', 'v1', 'secrets', 'Secret'),
  endpointSlices: resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  ingresses: resource('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  httpRoutes: resource('gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute'),
  leases: resource('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  events: resource('events.k8s.io', 'v1', 'events', 'Event'),
  customResourceDefinitions: resource(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
  ),
  roles: resource('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  roleBindings: resource('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  clusterRoles: resource('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole'),
  clusterRoleBindings: resource('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding'),
  subjectAccessReviews: resource('authorization.k8s.io', 'v1', 'subjectaccessreviews', 'SubjectAccessReview'),
} as const;

/** `argoproj.io/v1alpha1`, `v1` */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/apis/apps/v1/namespaces/shop/replicasets`; namespace '' means all, or a kind without namespaces. */
export function pathOf(of: Resource, namespace: string, name?: string): string {
  const base = of.group === '' ? `/api/${of.version}` : `/apis/${of.group}/${of.version}`;
  const inside = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const last = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}${inside}/${of.plural}${last}`;
}

/** The kind that a path is about: the other way round. '' for paths about none, such as `/version`. */
export function pluralOf(path: string): string {
  return /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/(?=[^/]))?([^/]+)/.exec(path)?.[1] ?? '';
}
