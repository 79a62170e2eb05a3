/**
 * sandbox/kubernetes-api: a Kubernetes API server over plain HTTP: one generic registry of kinds, built-in and custom, with the semantics
 * that clients rely on. Knows nothing of what its users do with it; runs no controllers but those an API server itself has (garbage
 * collection, namespaces, CRDs). Begin reading at kubernetes-api.ts, then requests/resource-request.ts.
 */
export { createKubernetesApi, type KubernetesApi, type KubernetesApiOptions } from './kubernetes-api.ts';
export { httpRouteDefinition } from './schemas/http-route.ts';
export type { WriteNotice } from './write-notice.ts';
