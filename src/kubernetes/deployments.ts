import {
  asRollout,
  asRolloutReplicaSet,
  Deployment,
  isGuarded,
  type Memory,
  memoryAnnotation,
  type RevisionView,
} from '../deployment/index.ts';
import type { JsonObject } from '../lib/index.ts';
import {
  formatLabelSelector,
  gitOverrideAnnotation,
  noLabelSelector,
  type PodTemplate,
  plainDeployment,
  type Rollout,
} from '../rollout/index.ts';
import type { Cluster, JsonPatch, KubernetesObject, ObjectName, Reflector, WriteOptions } from './cluster.ts';
import { controllerUidOf } from './objects.ts';
import { parseReplicaSet, withoutHistory } from './projections.ts';
import { resources } from './resources.ts';
import type { Rollouts } from './rollouts.ts';
import type { Workloads } from './workloads.ts';

/** Deployments that are guarded: read live, written with the resourceVersion that was read as precondition. */
export interface Deployments {
  /** Live; undefined where it is gone, or nobody asked for it to be guarded. */
  read(name: ObjectName, signal: AbortSignal): Promise<Deployment | undefined>;
  /** Its ReplicaSets, live, oldest first. */
  readRevisions(deployment: Deployment, signal: AbortSignal): Promise<readonly RevisionView[]>;
  /** `forgetsOverride`: without the note of what was set against Git. */
  remember(
    deployment: Deployment,
    change: { readonly memory: Memory; readonly forgetsOverride?: boolean },
    options: WriteOptions,
  ): Promise<void>;
  /** The template and what is remembered of it, in one write. A pause ends: what is paused would not go back (unlike kubectl). */
  goBack(deployment: Deployment, change: GoingBack, options: WriteOptions): Promise<void>;
  /** Pauses it. */
  hold(deployment: Deployment, memory: Memory, options: WriteOptions): Promise<void>;
}

interface GoingBack {
  readonly template: PodTemplate;
  readonly memory: Memory;
  /** What is noted of what Git goes on asking for. */
  readonly note: JsonPatch;
}

export function createDeployments(cluster: Cluster, cache: Pick<Reflector<unknown>, 'learn'>): Deployments {
  async function merge({ metadata }: Deployment, memory: Memory, more: Merged, options: WriteOptions) {
    const { resourceVersion = '' } = metadata;
    const annotations = { ...more.annotations, [memoryAnnotation]: JSON.stringify(memory) };
    const spec = more.spec === undefined ? {} : { spec: more.spec };
    const change = { ...spec, metadata: { resourceVersion, annotations } };
    cache.learn(await cluster.patchMerge(resources.deployments, metadata, change, options));
  }

  return {
    async read(name, signal) {
      const found = await cluster.get(resources.deployments, name, signal);
      const deployment = found === undefined ? undefined : Deployment.parse(found);
      return deployment !== undefined && isGuarded(deployment.metadata) ? deployment : undefined;
    },
    readRevisions: (deployment, signal) => readRevisions(cluster, deployment, signal),
    remember: (deployment, { memory, forgetsOverride }, options) =>
      merge(deployment, memory, forgetsOverride ? { annotations: { [gitOverrideAnnotation]: null } } : {}, options),
    hold: (deployment, memory, options) => merge(deployment, memory, { spec: { paused: true } }, options),
    async goBack(deployment, change, options) {
      const patch = goBackPatch(deployment, change);
      cache.learn(await cluster.patchJson(resources.deployments, deployment.metadata, patch, options));
    },
  };
}

interface Merged {
  readonly spec?: JsonObject;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/** It has annotations: it is guarded. */
function goBackPatch({ metadata, spec }: Deployment, { template, memory, note }: GoingBack): JsonPatch {
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' },
    { op: 'replace', path: '/spec/template', value: template as JsonObject },
    {
      op: 'add',
      path: `/metadata/annotations/${memoryAnnotation.replace('/', '~1')}`,
      value: JSON.stringify(memory),
    },
    ...note,
    ...(spec.paused === true ? [{ op: 'replace' as const, path: '/spec/paused', value: false }] : []),
  ];
}

async function readRevisions(
  cluster: Pick<Cluster, 'list'>,
  { metadata, spec }: Pick<Deployment, 'metadata'> & { readonly spec: Pick<Deployment['spec'], 'selector'> },
  signal: AbortSignal,
): Promise<readonly RevisionView[]> {
  const selector = formatLabelSelector(spec.selector);
  const labelSelector = selector === noLabelSelector ? {} : { labelSelector: selector };
  const all = await cluster.list(resources.replicaSets, { namespace: metadata.namespace, ...labelSelector }, signal);
  return all
    .filter((object) => controllerUidOf(object) === metadata.uid)
    .map((object) => asRolloutReplicaSet(parseReplicaSet(object)))
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
}

/** For the cache: those that are guarded, without what only costs memory. */
export function projectDeployment(object: KubernetesObject): Deployment | undefined {
  // Danger: a cluster has thousands of others, and each of their events comes by here: nothing of them is parsed.
  if (!isGuarded(object.metadata)) return undefined;
  return Deployment.parse(withoutHistory(object));
}

/** Rollouts, and guarded Deployments as rollouts (`deploy/<name>`), read and written by one name. */
export function withDeployments(cluster: Cluster, rollouts: Rollouts, deployments: Deployments): Rollouts {
  async function answer(written: Promise<KubernetesObject>): Promise<Rollout> {
    return asRollout(Deployment.parse(await written));
  }
  return {
    ...rollouts,
    async read(name, signal) {
      const plain = plainDeployment(name.name);
      if (plain === undefined) return rollouts.read(name, signal);
      const found = await deployments.read({ namespace: name.namespace, name: plain }, signal);
      return found === undefined ? undefined : asRollout(found);
    },
    async patch(rollout, change, options) {
      const name = plainName(rollout);
      if (name === undefined) return rollouts.patch(rollout, change, options);
      const { resourceVersion = '' } = rollout.metadata;
      const metadata = typeof change.metadata === 'object' && change.metadata !== null ? change.metadata : {};
      const body = { ...change, metadata: { ...metadata, resourceVersion } };
      return answer(cluster.patchMerge(resources.deployments, name, body, options));
    },
    async patchJson(rollout, change, options) {
      const name = plainName(rollout);
      if (name === undefined) return rollouts.patchJson(rollout, change, options);
      const value = rollout.metadata.resourceVersion ?? '';
      const test = { op: 'test', path: '/metadata/resourceVersion', value } as const;
      return answer(cluster.patchJson(resources.deployments, name, [test, ...change], options));
    },
  };
}

/** The ReplicaSets of either, with templates. */
export function withDeploymentRevisions(cluster: Cluster, workloads: Workloads): Workloads {
  return {
    ...workloads,
    readWithTemplates: (rollout, signal) =>
      plainName(rollout) === undefined
        ? workloads.readWithTemplates(rollout, signal)
        : readRevisions(cluster, rollout, signal),
  };
}

function plainName({ metadata }: Rollout): ObjectName | undefined {
  const name = plainDeployment(metadata.name);
  return name === undefined ? undefined : { namespace: metadata.namespace, name };
}
