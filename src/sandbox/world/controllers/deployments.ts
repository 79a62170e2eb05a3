import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AlreadyExistsError } from '../../../lib/index.ts';
import type { Cluster } from '../cluster.ts';
import { createEventWriter } from '../event-writer.ts';
import { createIndex, createOwnerIndex, orphansOf } from '../object-index.ts';
import { controllerUid, type Deployment, isSelected, keyOf, type PodTemplate, type ReplicaSet } from '../objects.ts';
import { createWorkQueue } from '../work-queue.ts';
import { describeDeploymentStatus, isSameStatus } from './deployment-status.ts';
import { planUpdate, resolveLimits } from './rolling-update.ts';

const MANAGER = 'kube-controller-manager';
const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Keeps a ReplicaSet per pod template of each Deployment, and moves its pods from the older ones to the latest. */
export function startDeploymentController(cluster: Cluster, onProblem: (message: string) => void): { stop(): void } {
  const { client, deployments, replicaSets } = cluster;
  const replicaSetsByOwner = createOwnerIndex(replicaSets);
  const deploymentsByUid = createIndex(deployments, ({ metadata }) => [metadata.uid]);
  const queue = createWorkQueue({ look, concurrency: 4, gatherMs: 20, onProblem });
  const events = createEventWriter(client);

  deployments.onChange((before, after) => {
    const changed = after ?? before;
    if (changed !== undefined) queue.add(keyOf(changed));
  });
  replicaSets.onChange((before, after) => {
    for (const replicaSet of [before, after]) {
      const owner = replicaSet && controllerUid(replicaSet.metadata);
      if (owner !== undefined) for (const key of deploymentsByUid(owner).keys()) queue.add(key);
    }
  });

  async function look(key: string): Promise<void> {
    const deployment = deployments.get(key);
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const owned = await claim(deployment);
    const latest = await findLatest(deployment, owned);
    const older = owned.filter((replicaSet) => replicaSet !== latest);
    if (latest !== undefined) {
      await scaleAll(deployment, latest, older);
      await forgetOld(deployment, older);
    }
    await writeStatus(deployment);
  }

  async function claim(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const owned: ReplicaSet[] = [];
    const { uid, namespace } = deployment.metadata;
    const orphans = replicaSetsByOwner(orphansOf(namespace));
    for (const replicaSet of [...replicaSetsByOwner(uid).values(), ...orphans.values()]) {
      const owner = controllerUid(replicaSet.metadata);
      const isOrphan = owner === undefined && isSelected(deployment.spec.selector, replicaSet.metadata.labels);
      if (owner === uid) owned.push(replicaSet);
      else if (isOrphan && replicaSet.metadata.deletionTimestamp === undefined) {
        const { uid: orphanUid, resourceVersion } = replicaSet.metadata;
        const ownerReferences = [ownerReference(deployment)];
        const body = { metadata: { uid: orphanUid, resourceVersion, ownerReferences } };
        owned.push(replicaSets.absorb(await client.mergePatch(pathOf(replicaSet), body, MANAGER)) ?? replicaSet);
      }
    }
    return owned.toSorted((a, b) => revisionOf(a) - revisionOf(b));
  }

  /** Finds the ReplicaSet of the present template, or makes it; a paused Deployment makes none. */
  async function findLatest(deployment: Deployment, owned: readonly ReplicaSet[]): Promise<ReplicaSet | undefined> {
    const held = owned.findLast((replicaSet) => isSameTemplate(replicaSet.spec.template, deployment.spec.template));
    const highest = Math.max(0, ...owned.map(revisionOf));
    if (held !== undefined) {
      // Going back to an older template makes it the latest revision again.
      const revision = revisionOf(held) === highest && highest > 0 ? highest : highest + 1;
      await annotate(deployment, held, revision);
      return replicaSets.get(keyOf(held)) ?? held;
    }
    if (deployment.spec.paused) return undefined;
    const created = await createReplicaSet(deployment, highest + 1);
    await annotate(deployment, created, highest + 1);
    return created;
  }

  async function annotate(deployment: Deployment, latest: ReplicaSet, revision: number): Promise<void> {
    const annotations = describeRevision(deployment, latest.metadata.annotations, revision);
    if (!isDeepStrictEqual({ ...latest.metadata.annotations, ...annotations }, latest.metadata.annotations)) {
      replicaSets.absorb(await client.mergePatch(pathOf(latest), { metadata: { annotations } }, MANAGER));
    }
    if (deployment.metadata.annotations[REVISION] === String(revision)) return;
    // By way of the status, as Kubernetes does it: annotations written otherwise count as a new generation.
    const body = { metadata: { annotations: { [REVISION]: String(revision) } } };
    deployments.absorb(await client.mergePatch(`${deploymentPath(deployment)}/status`, body, MANAGER));
  }

  async function createReplicaSet(deployment: Deployment, revision: number): Promise<ReplicaSet> {
    const { namespace, name } = deployment.metadata;
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = hashOf(template);
    const labels = { ...template.metadata.labels, [HASH_LABEL]: hash };
    const body = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { ...describeRevision(deployment, {}, revision), ...describeSize(deployment) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    try {
      const created = replicaSets.absorb(await client.create(path, body, MANAGER));
      if (created !== undefined) return created;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
    }
    // Ours from an earlier try, not seen yet: the next look will find it.
    throw new Error(`replicaset ${name}-${hash} exists already and was not seen yet`);
  }

  async function scaleAll(deployment: Deployment, latest: ReplicaSet, older: readonly ReplicaSet[]): Promise<void> {
    const { replicas, strategy, paused } = deployment.spec;
    // Paused, a Deployment still follows its replica count, but moves nothing between templates.
    if (paused && older.some((replicaSet) => replicaSet.spec.replicas > 0)) return;
    const sides = [latest, ...older].map(({ spec, status }) => ({
      asked: spec.replicas,
      available: status.availableReplicas,
    }));
    const [updated = { asked: 0, available: 0 }, ...olderSides] = sides;
    const kind = strategy.type === 'Recreate' ? 'Recreate' : 'RollingUpdate';
    const plan = planUpdate({ replicas, strategy: kind, ...strategy.rollingUpdate, updated, older: olderSides });
    // Recreate waits until the older pods are really gone.
    const mustWait = kind === 'Recreate' && older.some((replicaSet) => replicaSet.status.replicas > 0);
    if (!mustWait) await scale(deployment, latest, plan.updatedReplicas);
    for (const [index, replicaSet] of older.entries()) {
      await scale(deployment, replicaSet, plan.olderReplicas[index] ?? 0);
    }
  }

  async function scale(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): Promise<void> {
    const before = replicaSet.spec.replicas;
    if (before === replicas) return;
    const metadata = { uid: replicaSet.metadata.uid, annotations: describeSize(deployment) };
    replicaSets.absorb(await client.mergePatch(pathOf(replicaSet), { metadata, spec: { replicas } }, MANAGER));
    const way = replicas > before ? 'up' : 'down';
    const message = `Scaled ${way} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
    const component = 'deployment-controller';
    events.tell(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message, component });
  }

  async function forgetOld(deployment: Deployment, older: readonly ReplicaSet[]): Promise<void> {
    const idle = older.filter((replicaSet) => replicaSet.spec.replicas === 0 && replicaSet.status.replicas === 0);
    for (const replicaSet of idle.slice(0, Math.max(0, idle.length - deployment.spec.revisionHistoryLimit))) {
      await client.remove(pathOf(replicaSet), { preconditions: { uid: replicaSet.metadata.uid } });
    }
  }

  async function writeStatus(deployment: Deployment): Promise<void> {
    const owned = [...replicaSetsByOwner(deployment.metadata.uid).values()];
    const latest = owned.find((other) => isSameTemplate(other.spec.template, deployment.spec.template));
    const held = deployments.get(keyOf(deployment)) ?? deployment;
    const nowMs = Date.now();
    const { status, nextLookMs } = describeDeploymentStatus(held, { owned, latest, nowMs });
    if (nextLookMs !== undefined) queue.add(keyOf(deployment), nextLookMs);
    if (isSameStatus(held, status)) return;
    deployments.absorb(await client.mergePatch(`${deploymentPath(deployment)}/status`, { status }, MANAGER));
  }

  return { stop: () => queue.stop() };
}

/** Annotations that belong to one object and are not handed on. */
const OWN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  `${REVISION}-history`,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
];

/** A ReplicaSet carries its Deployment's annotations (where kubectl looks for the cause of a change) and its revision. */
function describeRevision(
  deployment: Deployment,
  held: Readonly<Record<string, string>>,
  revision: number,
): Readonly<Record<string, string>> {
  const given = Object.entries(deployment.metadata.annotations).filter(([name]) => !OWN_ANNOTATIONS.includes(name));
  const before = held[REVISION];
  const history = before === undefined || before === String(revision) ? {} : { [`${REVISION}-history`]: before };
  return { ...Object.fromEntries(given), ...history, [REVISION]: String(revision) };
}

function describeSize({ spec }: Deployment): Readonly<Record<string, string>> {
  const { surge } = resolveLimits({ replicas: spec.replicas, ...spec.strategy.rollingUpdate });
  const most = spec.strategy.type === 'Recreate' ? spec.replicas : spec.replicas + surge;
  return { [DESIRED_REPLICAS]: String(spec.replicas), [MAX_REPLICAS]: String(most) };
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations[REVISION] ?? 0);
}

/** Templates are the same when everything but the hash label is: both came through the same API and its defaults. */
function isSameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return isDeepStrictEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplate) {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata.labels;
  const { creationTimestamp: _created, ...metadata } = template.metadata;
  return { metadata: { ...metadata, labels }, spec: template.spec };
}

/** Ten letters of Kubernetes' safe alphabet: stable for one template, different for another. */
function hashOf(template: PodTemplate): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(sortKeys(withoutHash(template))))
    .digest();
  return Array.from(digest.subarray(0, 10), (byte) => 'bcdfghjklmnpqrstvwxz2456789'[byte % 27]).join('');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

function ownerReference(deployment: Deployment) {
  const { name, uid } = deployment.metadata;
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true };
}

function pathOf(replicaSet: ReplicaSet): string {
  return `/apis/apps/v1/namespaces/${replicaSet.metadata.namespace}/replicasets/${replicaSet.metadata.name}`;
}

function deploymentPath(deployment: Deployment): string {
  return `/apis/apps/v1/namespaces/${deployment.metadata.namespace}/deployments/${deployment.metadata.name}`;
}
