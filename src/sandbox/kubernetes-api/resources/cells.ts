import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, isStored, listAt, numberAt, objectAt, ownersOf, textAt, textsAt } from '../kubernetes-object.ts';
import { ageText, durationText } from './age.ts';
import { createdAt } from './columns.ts';

function objectsAt(value: JsonObject, field: string): readonly JsonObject[] {
  return listAt(value, field).filter(isObject);
}

export function podReady(pod: JsonObject): string {
  const ready = objectsAt(objectAt(pod, 'status'), 'containerStatuses').filter((status) => status.ready === true);
  return `${ready.length}/${listAt(objectAt(pod, 'spec'), 'containers').length}`;
}

/** The one word that says most: why a container waits or ended, before the phase; `Terminating` before all. */
export function podStatus(pod: JsonObject): string {
  const status = objectAt(pod, 'status');
  if (objectAt(pod, 'metadata').deletionTimestamp !== undefined) return 'Terminating';
  let word = textAt(status, 'reason') || textAt(status, 'phase');
  for (const container of objectsAt(status, 'containerStatuses').toReversed()) {
    const state = objectAt(container, 'state');
    const waiting = textAt(objectAt(state, 'waiting'), 'reason');
    const ended = objectAt(state, 'terminated');
    if (waiting !== '') word = waiting;
    else if (Object.keys(ended).length > 0)
      word = textAt(ended, 'reason') || `ExitCode:${numberAt(ended, 'exitCode') ?? 0}`;
  }
  return word;
}

/** How often its containers began again, and when one last did. */
export function podRestarts(pod: JsonObject, nowMs: number): Json {
  let restarts = 0;
  let lastMs = 0;
  for (const status of objectsAt(objectAt(pod, 'status'), 'containerStatuses')) {
    restarts += numberAt(status, 'restartCount') ?? 0;
    const ended = textAt(objectAt(objectAt(status, 'lastState'), 'terminated'), 'finishedAt');
    lastMs = Math.max(lastMs, Date.parse(ended) || 0);
  }
  return restarts === 0 || lastMs === 0 ? String(restarts) : `${restarts} (${durationText(nowMs - lastMs)} ago)`;
}

export function portsText(service: JsonObject): string {
  const ports = objectsAt(objectAt(service, 'spec'), 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort');
    return `${numberAt(port, 'port') ?? 0}${nodePort === undefined ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
  });
  return ports.join(',') || '<none>';
}

export function ingressHosts(ingress: JsonObject): string {
  const hosts = listAt(objectAt(ingress, 'spec'), 'rules').map((rule) =>
    isObject(rule) ? textAt(rule, 'host') || '*' : '*',
  );
  return hosts.join(',') || '*';
}

export function ingressAddress(ingress: JsonObject): string {
  const points = objectsAt(objectAt(objectAt(ingress, 'status'), 'loadBalancer'), 'ingress');
  return points.map((point) => textAt(point, 'ip') || textAt(point, 'hostname')).join(',');
}

export function endpointsText(endpoints: JsonObject): string {
  const all = objectsAt(endpoints, 'subsets').flatMap((subset) =>
    objectsAt(subset, 'ports').flatMap((port) =>
      objectsAt(subset, 'addresses').map((address) => `${textAt(address, 'ip')}:${numberAt(port, 'port') ?? ''}`),
    ),
  );
  return shortened(all);
}

export function sliceAddresses(slice: JsonObject): string {
  const all = objectsAt(slice, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses'));
  return shortened(all, '<unset>');
}

export function slicePorts(slice: JsonObject): string {
  const ports = objectsAt(slice, 'ports').map((port) => String(port.port ?? '*'));
  return shortened(ports, '<unset>');
}

/** Where a Service is reached from outside; a load balancer is never given one here. */
export function externalAddress(service: JsonObject): string {
  const spec = objectAt(service, 'spec');
  const addresses = textsAt(spec, 'externalIPs').join(',');
  if (spec.type === 'ExternalName') return textAt(spec, 'externalName');
  if (spec.type === 'LoadBalancer') return ingressAddress(service) || addresses || '<pending>';
  return addresses || '<none>';
}

export function controllerText(object: JsonObject): string {
  const owner = isStored(object) ? ownersOf(object).find((each) => each.controller) : undefined;
  if (owner === undefined) return '<none>';
  const [group = '', version] = owner.apiVersion.split('/');
  const kind = owner.kind.toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}

/** `pods: 1/2, requests.cpu: 600m/1`: what is used of what may be; limits stand in a column of their own. */
export function quotaText(quota: JsonObject, isLimit: boolean): string {
  const status = objectAt(quota, 'status');
  const used = objectAt(status, 'used');
  return Object.entries(objectAt(status, 'hard'))
    .filter(([name]) => name.startsWith('limits.') === isLimit)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${used[name] ?? 0}/${hard}`)
    .join(', ');
}

export function nodeStatus(node: JsonObject): string {
  const ready = objectsAt(objectAt(node, 'status'), 'conditions').find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? 'Ready' : 'NotReady';
}

export function nodeAddress(node: JsonObject, type: string): string {
  const found = objectsAt(objectAt(node, 'status'), 'addresses').find((each) => each.type === type);
  return textAt(found, 'address') || '<none>';
}

/** The first of these that is so, as Kubernetes' printer asks. */
const jobStates = ['Complete', 'Failed', 'Terminating', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'];

export function jobStatus(object: JsonObject): string {
  const conditions = objectsAt(objectAt(object, 'status'), 'conditions');
  const isSo = (type: string) =>
    type === 'Terminating'
      ? textAt(objectAt(object, 'metadata'), 'deletionTimestamp') !== ''
      : conditions.some((each) => each.type === type && each.status === 'True');
  const state = jobStates.find(isSo);
  if (state !== undefined) return state;
  return objectAt(object, 'spec').suspend === true ? 'Suspended' : 'Running';
}

export function jobDuration(object: JsonObject, nowMs: number): string {
  const status = objectAt(object, 'status');
  const start = Date.parse(textAt(status, 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(textAt(status, 'completionTime'));
  return durationText((Number.isNaN(end) ? nowMs : end) - start);
}

export function eventObject(object: JsonObject): string {
  const involved = objectAt(object, 'involvedObject');
  return `${textAt(involved, 'kind').toLowerCase()}/${textAt(involved, 'name')}`;
}

export function eventLastSeen(object: JsonObject, nowMs: number): string {
  const series = textAt(objectAt(object, 'series'), 'lastObservedTime');
  const seen = series || textAt(object, 'lastTimestamp') || textAt(object, 'eventTime') || createdAt(object);
  return ageText(seen, nowMs);
}

/** Of each metric what is and what shall be; two are shown. */
export function autoscalerTargets(autoscaler: JsonObject): string {
  const current = objectsAt(objectAt(autoscaler, 'status'), 'currentMetrics');
  const all = objectsAt(objectAt(autoscaler, 'spec'), 'metrics').map((metric, index) =>
    targetText(metric, current[index] ?? {}),
  );
  if (all.length === 0) return '<none>';
  return all.slice(0, 2).join(', ') + (all.length > 2 ? ` + ${all.length - 2} more...` : '');
}

function targetText(metric: JsonObject, seen: JsonObject): string {
  const type = textAt(metric, 'type');
  const field = type.charAt(0).toLowerCase() + type.slice(1);
  const source = objectAt(metric, field);
  const target = objectAt(source, 'target');
  const now = objectAt(objectAt(seen, field), 'current');
  const isAverage = target.averageValue !== undefined;
  if (type === 'Resource' || type === 'ContainerResource') {
    const name = textAt(source, 'name');
    if (isAverage) return `${name}: ${now.averageValue ?? '<unknown>'}/${target.averageValue}`;
    const percent = (value: Json | undefined, otherwise: string) => (value === undefined ? otherwise : `${value}%`);
    return `${name}: ${percent(now.averageUtilization, '<unknown>')}/${percent(target.averageUtilization, '<auto>')}`;
  }
  if (type === 'Pods') return `${now.averageValue ?? '<unknown>'}/${target.averageValue}`;
  if (isAverage) return `${now.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
  return `${now.value ?? '<unknown>'}/${target.value}`;
}

function shortened(all: readonly string[], none = '<none>'): string {
  if (all.length === 0) return none;
  const more = all.length > 3 ? ` + ${all.length - 3} more...` : '';
  return all.slice(0, 3).join(',') + more;
}
