import type { JsonObject } from '../../../lib/index.ts';
import { badRequest, type FieldCause } from '../api-error.ts';
import { isObject, listAt, numberAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';
import { definitionStrategy } from './definition.ts';
import { checkPod } from './pod-checks.ts';
import { beginPod, fillPod, fillTemplateAt } from './pod-template.ts';
import { bindingStrategy, roleStrategy } from './rbac-checks.ts';
import type { Strategy } from './resource.ts';
import { beginService, checkService, fillService } from './service.ts';
import { beginJob, checkJob, checkWorkload, fillDeployment, fillJob, fillTemplate } from './workloads.ts';

export const plainStrategy: Strategy = { generation: 'none', names: 'subdomain', mayCreateOnUpdate: false };

const versioned: Strategy = { ...plainStrategy, generation: 'spec' };

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
  check: checkSecret,
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

const configKey = /^[-._a-zA-Z0-9]+$/;

/** Keys become file names. */
function checkConfigKeys(object: StoredObject, causes: FieldCause[]): void {
  for (const field of ['data', 'binaryData']) {
    for (const key of Object.keys(objectAt(object, field))) {
      if (configKey.test(key)) continue;
      const rule =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
        "regex used for validation is '[-._a-zA-Z0-9]+')";
      const message = `Invalid value: ${JSON.stringify(key)}: ${rule}`;
      causes.push({ field: `${field}[${key}]`, reason: 'FieldValueInvalid', message });
    }
  }
}

function checkSecret(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  checkConfigKeys(object, causes);
  for (const value of Object.values(objectAt(object, 'data'))) {
    const bad = typeof value === 'string' ? value.search(/[^A-Za-z0-9+/=]/) : 0;
    if (bad < 0) continue;
    throw badRequest(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${bad}`);
  }
  if (old === undefined || old.type === object.type) return;
  const message = `Invalid value: ${JSON.stringify(object.type)}: field is immutable`;
  causes.push({ field: 'type', reason: 'FieldValueInvalid', message });
}

function checkIngress(object: StoredObject, causes: FieldCause[]): void {
  const spec = objectAt(object, 'spec');
  if (spec.defaultBackend === undefined && listAt(spec, 'rules').length === 0) {
    const message = 'Invalid value: null: either `defaultBackend` or `rules` must be specified';
    causes.push({ field: 'spec', reason: 'FieldValueInvalid', message });
  }
  for (const [index, rule] of listAt(spec, 'rules').entries()) {
    const paths = isObject(rule) ? listAt(objectAt(rule, 'http'), 'paths') : [];
    for (const [at, path] of paths.entries()) {
      if (isObject(path) && textAt(path, 'pathType') !== '') continue;
      const field = `spec.rules[${index}].http.paths[${at}].pathType`;
      causes.push({ field, reason: 'FieldValueRequired', message: 'Required value: pathType must be specified' });
    }
  }
}

/** An Event lives where the thing it speaks of lives; of what has no namespace, in `default`. */
function checkEvent(object: StoredObject, causes: FieldCause[]): void {
  const involved = textAt(objectAt(object, 'involvedObject'), 'namespace');
  const { namespace = '' } = object.metadata;
  if (involved === namespace || (involved === '' && namespace === 'default')) return;
  const message = `Invalid value: ${JSON.stringify(involved)}: does not match event.namespace`;
  causes.push({ field: 'involvedObject.namespace', reason: 'FieldValueInvalid', message });
}

function checkLease(object: StoredObject, causes: FieldCause[]): void {
  const seconds = numberAt(objectAt(object, 'spec'), 'leaseDurationSeconds');
  if (seconds === undefined || seconds > 0) return;
  const message = `Invalid value: ${seconds}: must be greater than 0`;
  causes.push({ field: 'spec.leaseDurationSeconds', reason: 'FieldValueInvalid', message });
}

function checkAutoscaler(object: StoredObject, causes: FieldCause[]): void {
  const spec = objectAt(object, 'spec');
  const [least = 1, most = 0] = [numberAt(spec, 'minReplicas'), numberAt(spec, 'maxReplicas')];
  const wrong = (field: string, value: number, words: string) =>
    causes.push({ field: `spec.${field}`, reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${words}` });
  if (least < 1) wrong('minReplicas', least, 'must be greater than or equal to 1');
  if (most < 1) wrong('maxReplicas', most, 'must be greater than 0');
  if (most < least) wrong('maxReplicas', most, 'must be greater than or equal to `minReplicas`');
}

function checkSlice(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  if (old === undefined || old.addressType === object.addressType) return;
  const message = `Invalid value: ${JSON.stringify(object.addressType)}: field is immutable`;
  causes.push({ field: 'addressType', reason: 'FieldValueInvalid', message });
}

/** What Kubernetes' own code adds to each kind; the kinds not named here have only their schema. */
export const builtInStrategies: { readonly [resource: string]: Strategy } = {
  namespaces: namespace,
  configmaps: { ...plainStrategy, check: checkConfigKeys },
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
  replicationcontrollers: { ...versioned, begin: withStatus({ replicas: 0 }) },
  persistentvolumeclaims: { ...plainStrategy, begin: withStatus({ phase: 'Pending' }) },
  persistentvolumes: { ...plainStrategy, begin: withStatus({ phase: 'Pending' }) },
  resourcequotas: { ...plainStrategy, begin: withStatus({}) },
  endpoints: { ...plainStrategy, mayCreateOnUpdate: true },
  events: { ...plainStrategy, mayCreateOnUpdate: true, check: checkEvent },
  'events.events.k8s.io': { ...plainStrategy, mayCreateOnUpdate: true, check: checkEvent },
  'leases.coordination.k8s.io': { ...plainStrategy, mayCreateOnUpdate: true, check: checkLease },
  'deployments.apps': {
    ...versioned,
    generation: 'spec and annotations',
    statusTakesAnnotations: true,
    fill: fillDeployment,
    begin: withStatus({}),
    check: checkWorkload,
  },
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
  'ingresses.networking.k8s.io': { ...versioned, begin: withStatus({ loadBalancer: {} }), check: checkIngress },
  'ingressclasses.networking.k8s.io': versioned,
  'networkpolicies.networking.k8s.io': versioned,
  'endpointslices.discovery.k8s.io': { ...versioned, mayCreateOnUpdate: true, check: checkSlice },
  'poddisruptionbudgets.policy': {
    ...versioned,
    begin: withStatus({ currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }),
  },
  'horizontalpodautoscalers.autoscaling': {
    ...plainStrategy,
    begin: withStatus({ currentMetrics: null, desiredReplicas: 0 }),
    check: checkAutoscaler,
  },
  'roles.rbac.authorization.k8s.io': roleStrategy,
  'clusterroles.rbac.authorization.k8s.io': roleStrategy,
  'rolebindings.rbac.authorization.k8s.io': bindingStrategy,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
};
