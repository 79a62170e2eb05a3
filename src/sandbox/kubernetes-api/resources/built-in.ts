import type { BuiltInSchemas, Schema } from '../schema/schema.ts';
import { autoscalerConversion } from './autoscaler-conversion.ts';
import { columnsOf } from './built-in-columns.ts';
import { builtInStrategies, plainStrategy } from './built-in-strategies.ts';
import { eventConversion } from './event-conversion.ts';
import { allVerbs, type Resource } from './resource.ts';

interface Row {
  readonly kind: string;
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly isCluster?: boolean;
  readonly hasStatus?: boolean;
  readonly hasScale?: boolean;
  /** Where it is not the kind in lower case with an s. */
  readonly plural?: string;
}

const all = ['all'];
const core = 'io.k8s.api.core.v1';
const rbac = 'io.k8s.api.rbac.v1';

/** Every built-in kind: group/version, the package of its schema, and its names. */
const table: readonly (readonly [groupVersion: string, schemas: string, rows: readonly Row[]])[] = [
  [
    '/v1',
    core,
    [
      { kind: 'ConfigMap', short: ['cm'] },
      { kind: 'Endpoints', plural: 'endpoints', short: ['ep'] },
      { kind: 'Event', short: ['ev'] },
      { kind: 'LimitRange', short: ['limits'] },
      { kind: 'Namespace', short: ['ns'], isCluster: true, hasStatus: true },
      { kind: 'Node', short: ['no'], isCluster: true, hasStatus: true },
      { kind: 'PersistentVolumeClaim', short: ['pvc'], hasStatus: true },
      { kind: 'PersistentVolume', short: ['pv'], isCluster: true, hasStatus: true },
      { kind: 'Pod', short: ['po'], categories: all, hasStatus: true },
      { kind: 'PodTemplate' },
      { kind: 'ReplicationController', short: ['rc'], categories: all, hasStatus: true, hasScale: true },
      { kind: 'ResourceQuota', short: ['quota'], hasStatus: true },
      { kind: 'Secret' },
      { kind: 'ServiceAccount', short: ['sa'] },
      { kind: 'Service', short: ['svc'], categories: all, hasStatus: true },
    ],
  ],
  [
    'apps/v1',
    'io.k8s.api.apps.v1',
    [
      { kind: 'ControllerRevision' },
      { kind: 'DaemonSet', short: ['ds'], categories: all, hasStatus: true },
      { kind: 'Deployment', short: ['deploy'], categories: all, hasStatus: true, hasScale: true },
      { kind: 'ReplicaSet', short: ['rs'], categories: all, hasStatus: true, hasScale: true },
      { kind: 'StatefulSet', short: ['sts'], categories: all, hasStatus: true, hasScale: true },
    ],
  ],
  [
    'autoscaling/v2',
    'io.k8s.api.autoscaling.v2',
    [{ kind: 'HorizontalPodAutoscaler', short: ['hpa'], categories: all, hasStatus: true }],
  ],
  [
    'autoscaling/v1',
    'io.k8s.api.autoscaling.v1',
    [{ kind: 'HorizontalPodAutoscaler', short: ['hpa'], categories: all, hasStatus: true }],
  ],
  [
    'batch/v1',
    'io.k8s.api.batch.v1',
    [
      { kind: 'CronJob', short: ['cj'], categories: all, hasStatus: true },
      { kind: 'Job', categories: all, hasStatus: true },
    ],
  ],
  ['coordination.k8s.io/v1', 'io.k8s.api.coordination.v1', [{ kind: 'Lease' }]],
  ['discovery.k8s.io/v1', 'io.k8s.api.discovery.v1', [{ kind: 'EndpointSlice' }]],
  ['events.k8s.io/v1', 'io.k8s.api.events.v1', [{ kind: 'Event', short: ['ev'] }]],
  [
    'networking.k8s.io/v1',
    'io.k8s.api.networking.v1',
    [
      { kind: 'Ingress', plural: 'ingresses', short: ['ing'], hasStatus: true },
      { kind: 'IngressClass', plural: 'ingressclasses', isCluster: true },
      { kind: 'NetworkPolicy', plural: 'networkpolicies', short: ['netpol'] },
    ],
  ],
  ['policy/v1', 'io.k8s.api.policy.v1', [{ kind: 'PodDisruptionBudget', short: ['pdb'], hasStatus: true }]],
  [
    'rbac.authorization.k8s.io/v1',
    rbac,
    [
      { kind: 'ClusterRole', isCluster: true },
      { kind: 'ClusterRoleBinding', isCluster: true },
      { kind: 'Role' },
      { kind: 'RoleBinding' },
    ],
  ],
  [
    'apiextensions.k8s.io/v1',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    [
      {
        kind: 'CustomResourceDefinition',
        short: ['crd', 'crds'],
        categories: ['api-extensions'],
        isCluster: true,
        hasStatus: true,
      },
    ],
  ],
];

/** Kinds that only answer a question: created, never stored. */
export interface ReviewKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly schema: Schema;
}

export function createBuiltInResources(schemas: BuiltInSchemas): readonly Resource[] {
  return table.flatMap(([groupVersion, definitions, rows]) =>
    rows.map((row) => {
      const [group = '', version = ''] = groupVersion.split('/');
      return resourceOf(row, { group, version }, schemas.schema(`${definitions}.${row.kind}`));
    }),
  );
}

function resourceOf(row: Row, { group, version }: { group: string; version: string }, schema: Schema): Resource {
  const { kind } = row;
  const singular = kind.toLowerCase();
  const plural = row.plural ?? `${singular}s`;
  const isEvent = kind === 'Event';
  const name = group === '' ? plural : `${plural}.${group}`;
  return {
    group,
    version,
    plural,
    singular,
    kind,
    listKind: `${kind}List`,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    isNamespaced: row.isCluster !== true,
    isBuiltIn: true,
    verbs: allVerbs,
    // The newer Event group shows the same objects.
    collection: isEvent ? 'events' : name,
    schema,
    hasStatus: row.hasStatus === true,
    hasRules: false,
    selectableFields: [],
    scale: row.hasScale
      ? {
          specReplicas: ['spec', 'replicas'],
          statusReplicas: ['status', 'replicas'],
          selector: ['spec', 'selector'],
        }
      : undefined,
    columns: columnsOf(kind),
    strategy: builtInStrategies[name] ?? plainStrategy,
    convert: conversionOf(`${group}/${version}`, kind),
  };
}

/** Where an older or newer version names fields otherwise than the stored one. */
function conversionOf(groupVersion: string, kind: string): Resource['convert'] {
  if (groupVersion === 'events.k8s.io/v1' && kind === 'Event') return eventConversion;
  return groupVersion === 'autoscaling/v1' ? autoscalerConversion : undefined;
}
