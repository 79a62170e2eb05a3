import { isDeepEqual, isObject, withoutUndefined } from './deep-equal.ts';
import { ephemeralMetadataAnnotation, podHashLabel } from './names.ts';
import { ownMetadata } from './pod-metadata.ts';
import type { PodTemplate } from './pod-template.ts';
import { canonicalQuantity } from './quantity.ts';

/**
 * Whether two pod templates ask for the same pods: equal once the API server's defaults are filled in on both sides and the hash
 * label is gone. A ReplicaSet's template went through the API server, a Rollout's did not.
 */
export function isSameTemplate(left: PodTemplate | undefined, right: PodTemplate | undefined): boolean {
  return isDeepEqual(normalize(left), normalize(right));
}

/**
 * A ReplicaSet's template as its author wrote it: without the hash label, and without what Argo puts in for a role (ephemeral
 * metadata, listed in an annotation; one anti-affinity term, known by its key).
 */
export function withoutInjections(replicaSet: {
  readonly template: PodTemplate;
  readonly annotations: Readonly<Record<string, string>>;
}): PodTemplate {
  const { template } = replicaSet;
  const injected = readInjectedMetadata(replicaSet.annotations[ephemeralMetadataAnnotation]);
  const own = ownMetadata(replicaSet.annotations);
  const labels = { ...omit(template.metadata?.labels ?? {}, [podHashLabel, ...injected.labels]), ...own.labels };
  const annotations = { ...omit(template.metadata?.annotations ?? {}, injected.annotations), ...own.annotations };
  const metadata = { ...template.metadata, labels, annotations };
  const affinity = withoutHashTerm(template.spec?.affinity);
  const spec = template.spec === undefined ? undefined : withoutUndefined({ ...template.spec, affinity });
  return withoutUndefined({
    ...template,
    metadata: Object.keys(annotations).length === 0 ? omitAnnotations(metadata) : metadata,
    spec,
  });
}

function omitAnnotations<T extends { annotations?: unknown }>({ annotations: _annotations, ...rest }: T) {
  return rest;
}

function omit(map: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)));
}

function readInjectedMetadata(json: string | undefined): { labels: readonly string[]; annotations: readonly string[] } {
  const nothing = { labels: [], annotations: [] };
  if (json === undefined) return nothing;
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? { labels: keysOf(value.labels), annotations: keysOf(value.annotations) } : nothing;
  } catch {
    // Somebody else's text in that annotation: nothing of it was injected.
    return nothing;
  }
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function withoutHashTerm(affinity: unknown): unknown {
  if (!isObject(affinity) || !isObject(affinity.podAntiAffinity)) return affinity;
  const kept: Fields = { ...affinity.podAntiAffinity };
  for (const [key, terms] of Object.entries(kept)) {
    if (!Array.isArray(terms)) continue;
    const others = terms.filter((term) => !JSON.stringify(term).includes(`"key":"${podHashLabel}"`));
    if (others.length === 0) delete kept[key];
    else kept[key] = others;
  }
  const rest: Fields = { ...affinity, podAntiAffinity: kept };
  if (Object.keys(kept).length === 0) delete rest.podAntiAffinity;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

type Fields = Record<string, unknown>;

function normalize(template: PodTemplate | undefined): unknown {
  const metadata = template?.metadata ?? {};
  const { [podHashLabel]: _hash, ...labels } = metadata.labels ?? {};
  const spec: Fields = template?.spec ?? {};
  const isHostNetwork = spec.hostNetwork === true;
  return dropEmpty({
    metadata: { labels, annotations: metadata.annotations },
    spec: {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
      ...spec,
      // Deprecated, and set by the API server to the same name.
      serviceAccount: undefined,
      serviceAccountName: spec.serviceAccountName ?? spec.serviceAccount,
      containers: listOf(spec.containers).map((container) => normalizeContainer(container, isHostNetwork)),
      initContainers: listOf(spec.initContainers).map((container) => normalizeContainer(container, isHostNetwork)),
      volumes: listOf(spec.volumes).map(normalizeVolume),
    },
  });
}

function normalizeContainer(container: Fields, isHostNetwork: boolean): Fields {
  const lifecycle = isObject(container.lifecycle) ? container.lifecycle : {};
  return {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? defaultPullPolicy(container.image),
    ports: listOf(container.ports).map((port) => ({
      protocol: 'TCP',
      ...(isHostNetwork ? { hostPort: port.containerPort } : {}),
      ...port,
    })),
    env: listOf(container.env).map(normalizeVariable),
    livenessProbe: normalizeProbe(container.livenessProbe),
    readinessProbe: normalizeProbe(container.readinessProbe),
    startupProbe: normalizeProbe(container.startupProbe),
    lifecycle: {
      ...lifecycle,
      postStart: normalizeHandler(lifecycle.postStart),
      preStop: normalizeHandler(lifecycle.preStop),
    },
    resources: normalizeResources(container.resources),
  };
}

function defaultPullPolicy(image: unknown): string {
  const name = typeof image === 'string' ? (image.split('/').pop() ?? '') : '';
  const hasOtherTag = name.includes('@') || (name.includes(':') && !name.endsWith(':latest'));
  return hasOtherTag ? 'IfNotPresent' : 'Always';
}

function normalizeVariable(variable: Fields): Fields {
  const source = variable.valueFrom;
  if (!isObject(source) || !isObject(source.fieldRef)) return variable;
  return { ...variable, valueFrom: { ...source, fieldRef: { apiVersion: 'v1', ...source.fieldRef } } };
}

function normalizeProbe(probe: unknown): unknown {
  if (!isObject(probe)) return undefined;
  return { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...normalizeHandler(probe) };
}

function normalizeHandler(handler: unknown): Fields | undefined {
  if (!isObject(handler)) return undefined;
  const http = handler.httpGet;
  return isObject(http) ? { ...handler, httpGet: { path: '/', scheme: 'HTTP', ...http } } : handler;
}

function normalizeResources(resources: unknown): unknown {
  if (!isObject(resources)) return undefined;
  const result: Fields = { ...resources };
  for (const kind of ['limits', 'requests']) {
    const quantities = resources[kind];
    if (!isObject(quantities)) continue;
    result[kind] = Object.fromEntries(
      Object.entries(quantities).map(([name, quantity]) => [name, canonical(quantity)]),
    );
  }
  return result;
}

function canonical(quantity: unknown): unknown {
  return typeof quantity === 'string' || typeof quantity === 'number' ? canonicalQuantity(quantity) : quantity;
}

const DEFAULT_MODE = 0o644;

function normalizeVolume(volume: Fields): Fields {
  const result: Fields = { ...volume };
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = volume[kind];
    if (isObject(source)) result[kind] = { defaultMode: DEFAULT_MODE, ...source };
  }
  const hostPath = volume.hostPath;
  if (isObject(hostPath)) result.hostPath = { type: '', ...hostPath };
  return result;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Absent, null, empty list and empty object say the same in a pod template; so do false, 0 and '' where Go omits them. */
function dropEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => dropEmpty(item) ?? {});
  if (!isObject(value)) return value === null ? undefined : value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, isObject(item) || Array.isArray(item) ? dropEmpty(item) : (item ?? undefined)] as const)
    .filter(([key, item]) => item !== undefined && !isEmpty(item) && !(key in GO_OMITS && !item));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isEmpty(item: unknown): boolean {
  return Array.isArray(item) ? item.length === 0 : isObject(item) && Object.keys(item).length === 0;
}

/** Plain (not pointer) fields whose zero value Go leaves out when a Rollout's template becomes a ReplicaSet's. */
const GO_OMITS: Readonly<Record<string, true>> = {
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  stdin: true,
  stdinOnce: true,
  tty: true,
  readOnly: true,
  value: true,
  workingDir: true,
  subPath: true,
  initialDelaySeconds: true,
  prefix: true,
};
