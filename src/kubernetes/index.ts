/**
 * kubernetes: the API server as we use it: client, caches, resources, events.
 * Never decides anything about a rollout. Begin reading at cluster.ts.
 */
export type {
  AccessQuestion,
  Cluster,
  JsonPatch,
  KubernetesObject,
  ObjectName,
  Reflector,
  Resource,
  WriteOptions,
} from './cluster.ts';
