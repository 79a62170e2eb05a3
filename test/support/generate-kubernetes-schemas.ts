/**
 * Cuts the schemas of the built-in kinds that the sandbox's Kubernetes API serves out of a real API server's OpenAPI documents.
 * Run against a real server when a kind is added:
 *   REAL_KUBE_APISERVER_URL=https://… REAL_KUBE_APISERVER_TOKEN=… NODE_TLS_REJECT_UNAUTHORIZED=0 node test/support/generate-kubernetes-schemas.ts
 */
import { writeFileSync } from 'node:fs';

const target = new URL('../../src/sandbox/kubernetes-api/schemas/built-in.generated.json', import.meta.url);
const documents = [
  'api/v1',
  ...['apiextensions.k8s.io/v1', 'apps/v1', 'authentication.k8s.io/v1', 'authorization.k8s.io/v1', 'autoscaling/v1'],
  ...['autoscaling/v2', 'batch/v1', 'coordination.k8s.io/v1', 'discovery.k8s.io/v1', 'events.k8s.io/v1'],
  ...['networking.k8s.io/v1', 'policy/v1', 'rbac.authorization.k8s.io/v1'],
].map((path) => (path.startsWith('api/') ? path : `apis/${path}`));
const roots =
  /\.(Namespace|Node|Pod|PodTemplate|Service|Endpoints|EndpointSlice|ConfigMap|Secret|ServiceAccount|PersistentVolume|PersistentVolumeClaim|ReplicationController|LimitRange|ResourceQuota|ControllerRevision|Event|ReplicaSet|Deployment|StatefulSet|DaemonSet|Ingress|IngressClass|NetworkPolicy|Lease|Job|CronJob|PodDisruptionBudget|Eviction|Role|ClusterRole|RoleBinding|ClusterRoleBinding|HorizontalPodAutoscaler|Scale|CustomResourceDefinition|SubjectAccessReview|SelfSubjectAccessReview|LocalSubjectAccessReview|SelfSubjectRulesReview|SelfSubjectReview|TokenReview|TokenRequest|DeleteOptions|Status|ListMeta)$/;

type Node = { [key: string]: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keeps what pruning, defaulting, merging, validation and `kubectl explain` read. */
function cut(value: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(value)) return value.map((item) => cut(item));
  if (!isNode(value)) return value;
  const kept: Node = {};
  // A field whose default is {} is a Go struct: it is there even when it is empty, which managedFields show.
  const structFields = isPropertyMap ? [] : structFieldsOf(value);
  if (structFields.length > 0) kept.structFields = structFields;
  for (const [key, child] of Object.entries(value)) {
    if (isPropertyMap) kept[key] = cut(child);
    else if (key === 'allOf' && Array.isArray(child) && child.length === 1) Object.assign(kept, cut(child[0]));
    else if (key === '$ref') kept[key] = String(child).split('/').at(-1);
    else if (key === 'default' && isZero(child)) continue;
    else kept[key] = key === 'default' || key === 'enum' ? child : cut(child, key === 'properties');
  }
  return kept;
}

function structFieldsOf(schema: Node): string[] {
  const { properties, required } = schema;
  if (!isNode(properties)) return [];
  return Object.entries(properties)
    .filter(([field, child]) => {
      const isRequired = Array.isArray(required) && required.includes(field);
      return isRequired || (isNode(child) && isNode(child.default) && Object.keys(child.default).length === 0);
    })
    .map(([field]) => field);
}

/** Go's zero values are printed as defaults, but the server stores none of them. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (isNode(value) && Object.keys(value).length === 0);
}

function refsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refsOf);
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : refsOf(child),
  );
}

const all = new Map<string, Node>();
for (const path of documents) {
  const answer = await fetch(`${process.env.REAL_KUBE_APISERVER_URL}/openapi/v3/${path}`, {
    headers: { authorization: `Bearer ${process.env.REAL_KUBE_APISERVER_TOKEN}` },
  });
  const document: unknown = await answer.json();
  const components = isNode(document) ? document.components : undefined;
  const schemas = isNode(components) ? components.schemas : undefined;
  if (!isNode(schemas)) throw new Error(`${path}: ${answer.status}, no schemas`);
  for (const [name, schema] of Object.entries(schemas)) if (isNode(schema)) all.set(name, schema);
}

const kept = new Map<string, unknown>();
const pending = [...all.keys()].filter((name) => roots.test(name));
for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
  if (kept.has(name)) continue;
  const schema = cut(all.get(name));
  kept.set(name, schema);
  pending.push(...refsOf(schema));
}
const sorted = Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
const lines = Object.entries(sorted).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
