import { formatTimestamp } from '../analysis/index.ts';
import { fieldOwners, isGitOpsManager, isSameTemplate, ownsField, revisionOf } from '../rollout/index.ts';
import type { DeploymentWorld, RevisionView } from './deployment.ts';
import { isGood, type Memory } from './memory.ts';

/** How many good revisions are remembered. */
export const mostGood = 10;

/** The ReplicaSet of the template that is asked for: found as Kubernetes finds it, by what it says. */
export function presentRevisionOf({ deployment, replicaSets }: DeploymentWorld): RevisionView | undefined {
  return replicaSets.find(({ template }) => isSameTemplate(template, deployment.spec.template));
}

/** Whether the template is another one than what is remembered, or the same asked for anew. */
export function isAnother(world: DeploymentWorld, memory: Memory, present: RevisionView): boolean {
  if (memory.undone !== undefined) return present.podHash !== memory.undone.to;
  if (present.podHash !== memory.canary) return true;
  return isObserved(world) && revisionOf(present) > memory.revision;
}

/** What is remembered when a revision begins; undefined: Kubernetes has not given it its number yet. */
export function beginDelivery(
  world: DeploymentWorld,
  memory: Memory | undefined,
  present: RevisionView,
): Memory | undefined {
  const revision = revisionOf(present);
  if (!isObserved(world) || revision === 0) return undefined;
  const canary = present.podHash;
  const known = memory === undefined ? goodAtFirstSight(world, present) : memory.good;
  // What was good once is not judged again: whoever goes back there must not be sent forth to what they fled from.
  const good = known.includes(canary) ? [canary, ...known.filter((hash) => hash !== canary)] : known;
  const putBackBy = memory === undefined ? undefined : gitToolThatReturned(world, memory, present);
  return {
    revision,
    canary,
    good: good.slice(0, mostGood),
    startedAt: formatTimestamp(world.nowMs),
    ...(putBackBy === undefined ? {} : { putBackBy }),
  };
}

/** All pods are of this revision, and available. A Deployment of no pods has shown nothing. */
export function isRolledOut({ deployment, replicaSets }: DeploymentWorld, present: RevisionView): boolean {
  const { replicas } = deployment.spec;
  const isWhole = replicas > 0 && present.availableReplicas >= replicas;
  return isWhole && replicaSets.every((one) => one === present || (one.specReplicas === 0 && one.replicas === 0));
}

function isObserved({ deployment }: DeploymentWorld): boolean {
  return deployment.status.observedGeneration >= (deployment.metadata.generation ?? 0);
}

/** What has all pods when we first look, the first revision of all, and what has none to show are taken as good. */
function goodAtFirstSight(world: DeploymentWorld, present: RevisionView): readonly string[] {
  const others = world.replicaSets.filter((one) => one !== present);
  const isAlone = others.every(({ specReplicas, replicas }) => specReplicas === 0 && replicas === 0);
  const isThere = isAlone && (present.availableReplicas > 0 || world.deployment.spec.replicas === 0);
  if (isThere || others.length === 0) return [present.podHash];
  const [best] = others.toSorted((a, b) => b.availableReplicas - a.availableReplicas || revisionOf(b) - revisionOf(a));
  return best === undefined ? [] : [best.podHash];
}

/** The undone template is there again, written by a Git tool: it would be put back for ever. */
function gitToolThatReturned(
  { deployment }: DeploymentWorld,
  memory: Memory,
  present: RevisionView,
): string | undefined {
  if (present.podHash !== memory.canary || isGood(memory)) return undefined;
  if (memory.undone === undefined) return memory.putBackBy;
  const writers = fieldOwners(deployment.metadata).filter((owner) => ownsField(owner, ['spec', 'template', 'spec']));
  // Times are whole seconds: what heals at once writes within that of the undo.
  const newest = writers.filter(({ time }) => time === writers.at(-1)?.time);
  return newest.find(({ manager }) => isGitOpsManager(manager))?.manager;
}
