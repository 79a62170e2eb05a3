import type { Json, JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import { isObject, listAt, numberAt, objectAt, type StoredObject, textAt, withField } from '../kubernetes-object.ts';

/** Fills the fields that follow from others. An address, once given, stays though a writer leaves it out. */
export function fillService(object: JsonObject, old: StoredObject | undefined): JsonObject {
  const spec = objectAt(object, 'spec');
  const ports = listAt(spec, 'ports').map((port) =>
    isObject(port) && port.targetPort === undefined ? withField(port, 'targetPort', port.port) : port,
  );
  const filled: Record<string, Json> = { ...spec };
  const isOpen = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (ports.length > 0) filled.ports = isOpen ? withNodePorts(ports, old) : ports;
  if (spec.type === 'ExternalName') return { ...object, spec: filled };
  filled.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') filled.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') filled.externalTrafficPolicy ??= 'Cluster';
  const before = objectAt(old, 'spec');
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    const value = before[field];
    if (value !== undefined) filled[field] ??= value;
  }
  return { ...object, spec: filled };
}

/** A port keeps the node's port that it has; a new one gets any. */
function withNodePorts(ports: readonly Json[], old: StoredObject | undefined): readonly Json[] {
  const held = listAt(objectAt(old, 'spec'), 'ports').filter(isObject);
  return ports.map((port) => {
    if (!isObject(port) || port.nodePort !== undefined) return port;
    const before = held.find((each) => each.port === port.port && each.protocol === port.protocol);
    return { ...port, nodePort: before?.nodePort ?? 30_000 + Math.floor(Math.random() * 2768) };
  });
}

/** Gives a new Service its address. */
export function beginService(service: StoredObject): StoredObject {
  const spec = objectAt(service, 'spec');
  const status = { loadBalancer: {} };
  if (spec.type === 'ExternalName') return { ...service, status };
  const clusterIP = textAt(spec, 'clusterIP') || nextAddress();
  const isOpenHeadless = clusterIP === 'None' && Object.keys(objectAt(spec, 'selector')).length === 0;
  const families = {
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: isOpenHeadless ? 'RequireDualStack' : 'SingleStack',
  };
  return { ...service, spec: { ...families, ...spec, clusterIP }, status };
}

/** Nobody routes to these addresses: a random one of the service range is as good as an allocated one. */
function nextAddress(): string {
  const byte = () => 1 + Math.floor(Math.random() * 254);
  return `10.96.${byte()}.${byte()}`;
}

export function checkService(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void {
  const spec = objectAt(object, 'spec');
  const ports = listAt(spec, 'ports').filter(isObject);
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && spec.type !== 'ExternalName') {
    causes.push({ field: 'spec.ports', reason: 'FieldValueRequired', message: 'Required value' });
  }
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const path = `spec.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name === '' && ports.length > 1) {
      causes.push({ field: `${path}.name`, reason: 'FieldValueRequired', message: 'Required value' });
    }
    if (name !== '' && names.has(name)) {
      causes.push({ field: `${path}.name`, reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"` });
    }
    names.add(name);
    checkPort(numberAt(port, 'port') ?? 0, `${path}.port`, causes);
    const target = port.targetPort;
    if (typeof target === 'number') checkPort(target, `${path}.targetPort`, causes);
  }
  const before = textAt(objectAt(old, 'spec'), 'clusterIP');
  const after = textAt(spec, 'clusterIP');
  if (before !== '' && after !== '' && before !== after) {
    const message = `Invalid value: ${JSON.stringify([after])}: may not change once set`;
    causes.push({ field: 'spec.clusterIPs[0]', reason: 'FieldValueInvalid', message });
  }
}

function checkPort(port: number, field: string, causes: FieldCause[]): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return;
  const message = `Invalid value: ${port}: must be between 1 and 65535, inclusive`;
  causes.push({ field, reason: 'FieldValueInvalid', message });
}
