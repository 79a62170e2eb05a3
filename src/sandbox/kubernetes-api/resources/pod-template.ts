import type { Json, JsonObject } from '../../../lib/index.ts';
import {
  isObject,
  listAt,
  objectAt,
  type StoredObject,
  textAt,
  valueAt,
  withField,
  withValueAt,
} from '../kubernetes-object.ts';

/** Fills what depends on another field of a pod's spec: the pull policy follows the image's tag. */
function fillPodSpec(spec: JsonObject): JsonObject {
  let filled = spec;
  for (const field of ['initContainers', 'containers', 'ephemeralContainers']) {
    const containers = listAt(spec, field);
    if (containers.length > 0) filled = withField(filled, field, fillContainers(containers));
  }
  // The old name of serviceAccountName still goes along.
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  if (account !== '') filled = withField(withField(filled, 'serviceAccountName', account), 'serviceAccount', account);
  return filled;
}

function fillContainers(containers: readonly Json[]): readonly Json[] {
  const filled = containers.map((container) =>
    isObject(container) && container.imagePullPolicy === undefined
      ? withField(container, 'imagePullPolicy', pullPolicyOf(textAt(container, 'image')))
      : container,
  );
  return filled.every((container, index) => container === containers[index]) ? containers : filled;
}

function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** Fills the pod spec inside a template, e.g. at `spec.template.spec`. */
export function fillTemplateAt(object: JsonObject, path: readonly string[]): JsonObject {
  const spec = valueAt(object, path);
  return isObject(spec) ? withValueAt(object, path, fillPodSpec(spec)) : object;
}

const unreachable = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** What only a Pod itself gets, not a template. */
export function fillPod(object: JsonObject): JsonObject {
  const spec = fillPodSpec({ enableServiceLinks: true, ...objectAt(object, 'spec') });
  const containers = listAt(spec, 'containers').map((each) => (isObject(each) ? withRequests(each) : each));
  return { ...object, spec: { ...spec, containers } };
}

/** What a container may use at most, it asks for, unless it says otherwise. */
function withRequests(container: JsonObject): JsonObject {
  const resources = objectAt(container, 'resources');
  const limits = objectAt(resources, 'limits');
  if (Object.keys(limits).length === 0) return container;
  return { ...container, resources: { ...resources, requests: { ...limits, ...objectAt(resources, 'requests') } } };
}

/** What admission adds to a new Pod. */
export function beginPod(pod: StoredObject): StoredObject {
  const spec = objectAt(pod, 'spec');
  const tolerations = listAt(spec, 'tolerations');
  const added = unreachable
    .filter((key) => !tolerations.some((each) => isObject(each) && each.key === key))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  const admitted = {
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    ...spec,
    tolerations: [...tolerations, ...added],
  };
  return { ...pod, spec: admitted, status: { phase: 'Pending', qosClass: qosClassOf(spec) } };
}

/** Kubernetes' quality-of-service class, from requests and limits of all containers. */
function qosClassOf(spec: JsonObject): string {
  const resources = listAt(spec, 'containers')
    .filter(isObject)
    .map((container) => objectAt(container, 'resources'));
  const isEmpty = resources.every(
    (each) =>
      Object.keys(objectAt(each, 'requests')).length === 0 && Object.keys(objectAt(each, 'limits')).length === 0,
  );
  if (isEmpty) return 'BestEffort';
  const isGuaranteed = resources.every((each) =>
    ['cpu', 'memory'].every((name) => {
      const limit = objectAt(each, 'limits')[name];
      return limit !== undefined && (objectAt(each, 'requests')[name] ?? limit) === limit;
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
