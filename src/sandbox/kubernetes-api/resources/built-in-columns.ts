import type { JsonObject } from '../../../lib/index.ts';
import { isObject, listAt, numberAt, objectAt, textAt, valueAt } from '../kubernetes-object.ts';
import { labelSelectorText } from '../requests/selectors.ts';
import { ageText } from './age.ts';
import {
  autoscalerTargets,
  controllerText,
  endpointsText,
  eventLastSeen,
  eventObject,
  externalAddress,
  ingressAddress,
  ingressHosts,
  jobDuration,
  jobStatus,
  nodeAddress,
  nodeStatus,
  podReady,
  podRestarts,
  podStatus,
  portsText,
  quotaText,
  sliceAddresses,
  slicePorts,
} from './cells.ts';
import { ageColumn, column, count, createdAt, nameColumn, type Read, ratio, textColumn, wide } from './columns.ts';
import type { Column } from './resource.ts';

function containers(field: 'name' | 'image'): Read {
  return (object) =>
    listAt(objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec'), 'containers')
      .map((container) => (isObject(container) ? textAt(container, field) : ''))
      .join(',');
}

const templateColumns = [
  wide('Containers', containers('name')),
  wide('Images', containers('image')),
  wide('Selector', (object) => selectorOf(object, 'selector')),
];

const cronColumns = [
  wide('Containers', cronContainers('name')),
  wide('Images', cronContainers('image')),
  wide('Selector', (object) => {
    const selector = valueAt(object, ['spec', 'jobTemplate', 'spec', 'selector']);
    return isObject(selector) ? labelSelectorText(selector) : '<none>';
  }),
];

function cronContainers(field: 'name' | 'image'): Read {
  const job = (object: JsonObject) => objectAt(objectAt(object, 'spec'), 'jobTemplate');
  return (object, nowMs) => containers(field)(job(object), nowMs);
}

function selectorOf(object: JsonObject, field: string): string {
  const selector = objectAt(objectAt(object, 'spec'), field);
  return labelSelectorText(selector) || '<none>';
}

function keyCount(...fields: readonly string[]): Column {
  const total = (object: JsonObject) =>
    fields.reduce((sum, field) => sum + Object.keys(objectAt(object, field)).length, 0);
  return column('Data', total, { type: 'integer' });
}

const createdColumn = column('Created At', createdAt, { type: 'date' });

function subjects(kind: string): Read {
  return (object) =>
    listAt(object, 'subjects')
      .filter(isObject)
      .filter((subject) => subject.kind === kind)
      .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '') + textAt(subject, 'name'))
      .join(', ');
}

const bindingColumns = [
  nameColumn,
  column(
    'Role',
    (object) => `${textAt(objectAt(object, 'roleRef'), 'kind')}/${textAt(objectAt(object, 'roleRef'), 'name')}`,
  ),
  ageColumn,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
];

function intOrNone(path: string): Read {
  return (object) => String(valueAt(object, path.split('.')) ?? 'N/A');
}

/** What `kubectl get` prints of each built-in kind; kinds not named here show name and age. */
const columns: { readonly [kind: string]: readonly Column[] } = {
  Pod: [
    nameColumn,
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    ageColumn,
    wide('IP', (object) => textAt(objectAt(object, 'status'), 'podIP') || '<none>'),
    wide('Node', (object) => textAt(objectAt(object, 'spec'), 'nodeName') || '<none>'),
    wide('Nominated Node', (object) => textAt(objectAt(object, 'status'), 'nominatedNodeName') || '<none>'),
    wide('Readiness Gates', () => '<none>'),
  ],
  Deployment: [
    nameColumn,
    ratio('Ready', 'status.readyReplicas', 'spec.replicas'),
    count('Up-to-date', 'status.updatedReplicas'),
    count('Available', 'status.availableReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  ReplicaSet: [
    nameColumn,
    count('Desired', 'spec.replicas'),
    count('Current', 'status.replicas'),
    count('Ready', 'status.readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  StatefulSet: [
    nameColumn,
    ratio('Ready', 'status.readyReplicas', 'spec.replicas'),
    ageColumn,
    ...templateColumns.slice(0, 2),
  ],
  ControllerRevision: [
    nameColumn,
    column('Controller', controllerText),
    textColumn('Revision', 'revision', '0'),
    ageColumn,
  ],
  ReplicationController: [
    nameColumn,
    count('Desired', 'spec.replicas'),
    count('Current', 'status.replicas'),
    count('Ready', 'status.readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  DaemonSet: [
    nameColumn,
    count('Desired', 'status.desiredNumberScheduled'),
    count('Current', 'status.currentNumberScheduled'),
    count('Ready', 'status.numberReady'),
    count('Up-to-date', 'status.updatedNumberScheduled'),
    count('Available', 'status.numberAvailable'),
    column('Node Selector', (object) => {
      const selector = valueAt(object, ['spec', 'template', 'spec', 'nodeSelector']);
      return labelSelectorText({ matchLabels: isObject(selector) ? selector : {} }) || '<none>';
    }),
    ageColumn,
    ...templateColumns,
  ],
  Service: [
    nameColumn,
    textColumn('Type', 'spec.type'),
    textColumn('Cluster-IP', 'spec.clusterIP'),
    column('External-IP', externalAddress),
    column('Port(s)', portsText),
    ageColumn,
    wide(
      'Selector',
      (object) => labelSelectorText({ matchLabels: objectAt(objectAt(object, 'spec'), 'selector') }) || '<none>',
    ),
  ],
  Endpoints: [nameColumn, column('Endpoints', endpointsText), ageColumn],
  EndpointSlice: [
    nameColumn,
    textColumn('AddressType', 'addressType'),
    column('Ports', slicePorts),
    column('Endpoints', sliceAddresses),
    ageColumn,
  ],
  Ingress: [
    nameColumn,
    textColumn('Class', 'spec.ingressClassName'),
    column('Hosts', ingressHosts),
    column('Address', ingressAddress),
    column('Ports', (object) => (listAt(objectAt(object, 'spec'), 'tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  IngressClass: [
    nameColumn,
    textColumn('Controller', 'spec.controller'),
    textColumn('Parameters', 'spec.parameters.name'),
    ageColumn,
  ],
  NetworkPolicy: [nameColumn, column('Pod-Selector', (object) => selectorOf(object, 'podSelector')), ageColumn],
  ConfigMap: [nameColumn, keyCount('data', 'binaryData'), ageColumn],
  Secret: [nameColumn, textColumn('Type', 'type'), keyCount('data'), ageColumn],
  PersistentVolumeClaim: [
    nameColumn,
    textColumn('Status', 'status.phase'),
    textColumn('Volume', 'spec.volumeName', ''),
    textColumn('Capacity', 'status.capacity.storage', ''),
    column('Access Modes', () => ''),
    textColumn('StorageClass', 'spec.storageClassName', ''),
    textColumn('VolumeAttributesClass', 'spec.volumeAttributesClassName', '<unset>'),
    ageColumn,
    wide('VolumeMode', (object) => textAt(objectAt(object, 'spec'), 'volumeMode') || '<unset>'),
  ],
  ResourceQuota: [
    nameColumn,
    column('Request', (object) => quotaText(object, false)),
    column('Limit', (object) => quotaText(object, true)),
    ageColumn,
  ],
  ServiceAccount: [
    nameColumn,
    column('Secrets', (object) => listAt(object, 'secrets').length, { type: 'string' }),
    ageColumn,
  ],
  Namespace: [nameColumn, textColumn('Status', 'status.phase'), ageColumn],
  Node: [
    nameColumn,
    column('Status', nodeStatus),
    column('Roles', () => '<none>'),
    ageColumn,
    textColumn('Version', 'status.nodeInfo.kubeletVersion', ''),
    wide('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
    wide('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
    wide('OS-Image', (object) => String(valueAt(object, ['status', 'nodeInfo', 'osImage']) || '<unknown>')),
    wide('Kernel-Version', (object) => String(valueAt(object, ['status', 'nodeInfo', 'kernelVersion']) || '<unknown>')),
    wide('Container-Runtime', (object) =>
      String(valueAt(object, ['status', 'nodeInfo', 'containerRuntimeVersion']) || '<unknown>'),
    ),
  ],
  Event: [
    column('Last Seen', eventLastSeen),
    textColumn('Type', 'type', ''),
    textColumn('Reason', 'reason', ''),
    column('Object', eventObject),
    wide('Subobject', (object) => textAt(objectAt(object, 'involvedObject'), 'fieldPath')),
    wide('Source', (object) => {
      const source = objectAt(object, 'source');
      const from = textAt(source, 'component') || textAt(object, 'reportingComponent');
      return [from, textAt(source, 'host')].filter((part) => part !== '').join(', ');
    }),
    column('Message', (object) => textAt(object, 'message').trim()),
    wide('First Seen', (object, nowMs) =>
      ageText(textAt(object, 'firstTimestamp') || textAt(object, 'eventTime') || createdAt(object), nowMs),
    ),
    wide('Count', (object) => numberAt(objectAt(object, 'series'), 'count') ?? numberAt(object, 'count') ?? 1),
    { ...nameColumn, priority: 1 },
  ],
  Job: [
    nameColumn,
    column('Status', jobStatus),
    ratio('Completions', 'status.succeeded', 'spec.completions'),
    column('Duration', jobDuration),
    ageColumn,
    ...templateColumns,
  ],
  CronJob: [
    nameColumn,
    textColumn('Schedule', 'spec.schedule'),
    textColumn('Timezone', 'spec.timeZone'),
    column('Suspend', (object) => (objectAt(object, 'spec').suspend === true ? 'True' : 'False')),
    column('Active', (object) => listAt(objectAt(object, 'status'), 'active').length, { type: 'integer' }),
    column('Last Schedule', (object, nowMs) => {
      const last = textAt(objectAt(object, 'status'), 'lastScheduleTime');
      return last === '' ? '<none>' : ageText(last, nowMs);
    }),
    ageColumn,
    ...cronColumns,
  ],
  PodDisruptionBudget: [
    nameColumn,
    column('Min Available', intOrNone('spec.minAvailable')),
    column('Max Unavailable', intOrNone('spec.maxUnavailable')),
    count('Allowed Disruptions', 'status.disruptionsAllowed'),
    ageColumn,
  ],
  HorizontalPodAutoscaler: [
    nameColumn,
    column('Reference', (object) => {
      const target = objectAt(objectAt(object, 'spec'), 'scaleTargetRef');
      return `${textAt(target, 'kind')}/${textAt(target, 'name')}`;
    }),
    column('Targets', autoscalerTargets),
    textColumn('MinPods', 'spec.minReplicas', '<unset>'),
    textColumn('MaxPods', 'spec.maxReplicas'),
    count('Replicas', 'status.currentReplicas'),
    ageColumn,
  ],
  Lease: [nameColumn, textColumn('Holder', 'spec.holderIdentity', ''), ageColumn],
  Role: [nameColumn, createdColumn],
  ClusterRole: [nameColumn, createdColumn],
  RoleBinding: bindingColumns,
  ClusterRoleBinding: bindingColumns,
  CustomResourceDefinition: [nameColumn, createdColumn],
};

export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [nameColumn, ageColumn];
}
