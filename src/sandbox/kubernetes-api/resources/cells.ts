import type { Json, JsonObject } from '../../../lib/index.ts';
import { isObject, listAt, numberAt, objectAt, textAt, textsAt } from '../kubernetes-object.ts';

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

export function podRestarts(pod: JsonObject): Json {
  let restarts = 0;
  for (const status of objectsAt(objectAt(pod, 'status'), 'containerStatuses'))
    restarts += numberAt(status, 'restartCount') ?? 0;
  return String(restarts);
}

export function portsText(service: JsonObject): string {
  const ports = objectsAt(objectAt(service, 'spec'), 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort');
    return `${numberAt(port, 'port') ?? 0}${nodePort === undefined ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
  });
  return ports.join(',') || '<none>';
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
  return shortened(objectsAt(slice, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses')));
}

function shortened(all: readonly string[]): string {
  if (all.length === 0) return '<none>';
  const more = all.length > 3 ? ` + ${all.length - 3} more...` : '';
  return all.slice(0, 3).join(',') + more;
}
