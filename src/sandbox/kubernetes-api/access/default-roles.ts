import type { Json, JsonObject } from '../../../lib/index.ts';

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const workloads: readonly (readonly [group: string, resources: readonly string[]])[] = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'events',
      'persistentvolumeclaims',
      'pods',
      'pods/log',
      'pods/status',
      'services',
      'serviceaccounts',
    ],
  ],
  [
    'apps',
    [
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['discovery.k8s.io', ['endpointslices']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];
const discoveryPaths = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', '/version', '/version/'];
const healthPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const reviews = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'];

function on(verbs: readonly string[], extra: readonly string[] = []): Json[] {
  return [
    ...workloads.map(([apiGroup, resources]) => ({ apiGroups: [apiGroup], resources, verbs })),
    ...(extra.length === 0 ? [] : [{ apiGroups: [''], resources: extra, verbs }]),
  ];
}

const roleRules: { readonly [name: string]: readonly Json[] } = {
  'cluster-admin': [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  admin: [
    ...on([...read, ...write], ['secrets']),
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: [...read, ...write] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...read, ...write] },
  ],
  edit: [
    ...on([...read, ...write], ['secrets']),
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...read, ...write] },
  ],
  view: on(read, ['namespaces']),
  'system:basic-user': [
    { apiGroups: ['authorization.k8s.io'], resources: reviews, verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ],
  'system:discovery': [{ nonResourceURLs: [...new Set([...discoveryPaths, ...healthPaths])], verbs: ['get'] }],
  'system:public-info-viewer': [{ nonResourceURLs: healthPaths, verbs: ['get'] }],
};

/** The labels by which other people's ClusterRoles add themselves to the three for users. */
const aggregated: { readonly [name: string]: string } = { admin: 'admin', edit: 'edit', view: 'view' };

const bindings: readonly (readonly [role: string, groups: readonly string[]])[] = [
  ['cluster-admin', ['system:masters']],
  ['system:basic-user', ['system:authenticated']],
  ['system:discovery', ['system:authenticated']],
  ['system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']],
];

/** The ClusterRoles and bindings that every cluster starts with, as far as people rely on them. */
export function defaultRoles(): { readonly roles: readonly JsonObject[]; readonly bindings: readonly JsonObject[] } {
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  return {
    roles: Object.entries(roleRules).map(([name, rules]) => ({
      metadata: { name, labels },
      rules,
      ...(aggregated[name] === undefined
        ? {}
        : {
            aggregationRule: {
              clusterRoleSelectors: [
                { matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${aggregated[name]}`]: 'true' } },
              ],
            },
          }),
    })),
    bindings: bindings.map(([role, groups]) => ({
      metadata: { name: role, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: groups.map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name })),
    })),
  };
}
