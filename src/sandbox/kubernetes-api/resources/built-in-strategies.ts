import type { JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, isSame, listAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import { definitionStrategy } from './definition.ts';
import { beginPod, fillPod, fillTemplateAt } from './pod-template.ts';
import type { Strategy } from './resource.ts';
import { beginService, checkService, fillService } from './service.ts';
import { beginJob, checkJob, checkWorkload, fillDeployment, fillJob, fillTemplate } from './workloads.ts';

export const plainStrategy: Strategy = { generation: 'none', names: 'subdomain', mayCreateOnUpdate: false };

const versioned: Strategy = { ...plainStrategy, generation: 'spec' };
const named: Strategy = { ...plainStrategy, names: 'path', mayCreateOnUpdate: true };

function withStatus(status: JsonObject): (object: StoredObject) => StoredObject {
  return (object) => ({ ...object, status });
}

const namespace: Strategy = {
  ...plainStrategy,
  names: 'label',
  fill(object) {
    const metadata = objectAt(object, 'metadata');
    const labels = { ...objectAt(metadata, 'labels'), 'kubernetes.io/metadata.name': textAt(metadata, 'name') };
    return { ...object, metadata: withField(metadata, 'labels', labels) };
  },
  begin: (object) => ({ ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
};

const secret: Strategy = {
  ...plainStrategy,
  fill(object) {
    const { stringData, ...rest } = object;
    if (!isObject(stringData)) return object;
    const encoded = Object.entries(stringData).map(([key, value]) => [
      key,
      Buffer.from(String(value)).toString('base64'),
    ]);
    return { ...rest, data: { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) } };
  },
};

const pod: Strategy = {
  ...versioned,
  fill: (object, old) => (old === undefined ? fillPod(object) : fillTemplateAt(object, ['spec'])),
  begin: beginPod,
  check: checkPod,
};

/** Of a pod's spec only the images, the deadline, added tolerations and the scheduling gates may change. */
function checkPod(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  if (old === undefined || isSame(frozenSpec(object), frozenSpec(old))) return;
  const message =
    'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
    '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` ' +
    '(allow it to be set to 1 if it was previously negative)';
  causes.push({ field: 'spec', reason: 'FieldValueForbidden', message });
}

function frozenSpec(object: StoredObject): JsonObject {
  const {
    activeDeadlineSeconds: _a,
    tolerations: _t,
    nodeName: _n,
    schedulingGates: _g,
    ...spec
  } = objectAt(object, 'spec');
  const withoutImages = (field: string) =>
    listAt(spec, field).map((container) => (isObject(container) ? withField(container, 'image', '') : container));
  return { ...spec, containers: withoutImages('containers'), initContainers: withoutImages('initContainers') };
}

/** What Kubernetes' own code adds to each kind; the kinds not named here have only their schema. */
export const builtInStrategies: { readonly [resource: string]: Strategy } = {
  namespaces: namespace,
  secrets: secret,
  pods: pod,
  podtemplates: { ...versioned, fill: (object) => fillTemplateAt(object, ['template', 'spec']) },
  services: {
    ...plainStrategy,
    names: 'service',
    mayCreateOnUpdate: true,
    fill: fillService,
    begin: beginService,
    check: checkService,
  },
  endpoints: { ...plainStrategy, mayCreateOnUpdate: true },
  events: { ...plainStrategy, mayCreateOnUpdate: true },
  'events.events.k8s.io': { ...plainStrategy, mayCreateOnUpdate: true },
  'leases.coordination.k8s.io': { ...plainStrategy, mayCreateOnUpdate: true },
  'deployments.apps': { ...versioned, fill: fillDeployment, begin: withStatus({}), check: checkWorkload },
  'replicasets.apps': { ...versioned, fill: fillTemplate, begin: withStatus({ replicas: 0 }), check: checkWorkload },
  'statefulsets.apps': {
    ...versioned,
    fill: fillTemplate,
    begin: withStatus({ replicas: 0, availableReplicas: 0 }),
    check: checkWorkload,
  },
  'daemonsets.apps': {
    ...versioned,
    fill: fillTemplate,
    begin: withStatus({
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    }),
    check: checkWorkload,
  },
  'jobs.batch': { ...versioned, fill: fillJob, begin: beginJob, check: checkJob },
  'cronjobs.batch': {
    ...versioned,
    fill: (object) => fillTemplateAt(object, ['spec', 'jobTemplate', 'spec', 'template', 'spec']),
    begin: withStatus({}),
  },
  'ingresses.networking.k8s.io': { ...versioned, begin: withStatus({ loadBalancer: {} }) },
  'ingressclasses.networking.k8s.io': versioned,
  'networkpolicies.networking.k8s.io': versioned,
  'endpointslices.discovery.k8s.io': { ...versioned, mayCreateOnUpdate: true },
  'poddisruptionbudgets.policy': {
    ...versioned,
    begin: withStatus({ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }),
  },
  'horizontalpodautoscalers.autoscaling': {
    ...plainStrategy,
    begin: withStatus({ currentMetrics: null, desiredReplicas: 0 }),
  },
  'roles.rbac.authorization.k8s.io': named,
  'clusterroles.rbac.authorization.k8s.io': named,
  'rolebindings.rbac.authorization.k8s.io': { ...named, check: checkBinding, fill: fillBinding },
  'clusterrolebindings.rbac.authorization.k8s.io': { ...named, check: checkBinding, fill: fillBinding },
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
};

function fillBinding(object: JsonObject): JsonObject {
  const subjects = listAt(object, 'subjects').map((subject) => {
    if (!isObject(subject) || subject.apiGroup !== undefined || subject.kind === 'ServiceAccount') return subject;
    return { ...subject, apiGroup: 'rbac.authorization.k8s.io' };
  });
  return subjects.length === 0 ? object : { ...object, subjects };
}

function checkBinding(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  if (old === undefined || isSame(object.roleRef, old.roleRef)) return;
  const message = `Invalid value: ${JSON.stringify(object.roleRef)}: cannot change roleRef`;
  causes.push({ field: 'roleRef', reason: 'FieldValueInvalid', message });
}
