import { decide } from './decide.ts';
import type { Effect } from './effect.ts';
import { measuredIn, planRollout } from './plan/plan.ts';
import { computeStepHash } from './pod-hash.ts';
import type { Rollout } from './rollout.ts';
import { readGround } from './scene.ts';
import { validateRollout } from './validate.ts';
import type { ReplicaSetView, World } from './world.ts';

/** What a take-over would mean for one Rollout. */
export type Adoption =
  | {
      readonly kind: 'adopted';
      /** `hash`: the pods' label is the one that we compute. `meaning`: another hash of the same template. `new`: it has no pods yet. */
      readonly by: 'hash' | 'meaning' | 'new';
      /** What the first turn would do to pods and requests, in words; empty: nothing. */
      readonly firstActs: readonly string[];
    }
  /** Nothing of it would move. */
  | { readonly kind: 'refused'; readonly why: readonly string[] };

/**
 * Says what we would make of a Rollout that another controller runs. Pure; the world has its templates, as a turn would read them.
 * @param knownProviders keys under `provider` that we can measure.
 */
export function judgeAdoption(world: World, knownProviders: readonly string[]): Adoption {
  const why = new Set([...validateRollout(world), ...unknownProviders(world, knownProviders), ...misreadings(world)]);
  if (why.size > 0) return { kind: 'refused', why: [...why] };
  const { canary } = readGround(world);
  const { effects } = decide(world);
  const acts = effects.flatMap((effect) => wordsOf(effect) ?? []);
  if (canary === undefined) return { kind: 'adopted', by: 'new', firstActs: acts };
  return { kind: 'adopted', by: hasOwnHash(world, canary) ? 'hash' : 'meaning', firstActs: acts };
}

/** The controller before us has seen the last change: what it wrote is about the present spec. */
function isObserved({ metadata, status }: Rollout): boolean {
  return Number(status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** Where we would read another state out of the same objects: going on from there would begin a new update. */
function misreadings(world: World): readonly string[] {
  const { rollout } = world;
  const { currentPodHash, currentStepHash, stableRS } = rollout.status;
  if (currentPodHash === undefined || currentPodHash === '' || !isObserved(rollout)) return [];
  const found: string[] = [];
  const { canary } = readGround(world);
  if (canary === undefined)
    found.push('none of its ReplicaSets has the pod template that it asks for: its pods would be made anew');
  else if (canary.podHash !== currentPodHash)
    found.push(`its template is that of ReplicaSet ${canary.name}, and its status speaks of ${currentPodHash}`);
  const isStableThere = world.replicaSets.some(({ podHash }) => podHash === stableRS);
  if (stableRS !== undefined && stableRS !== '' && !isStableThere)
    found.push(`the ReplicaSet of stable (${stableRS}) is gone: there is no way back`);
  const steps = rollout.spec.strategy?.canary?.steps;
  const isMoving = stableRS !== currentPodHash;
  if (isMoving && steps !== undefined && currentStepHash !== undefined && currentStepHash !== computeStepHash(steps))
    found.push('its steps are other ones than those that it is under way with: it would begin again');
  return found;
}

function hasOwnHash(world: World, canary: ReplicaSetView): boolean {
  // Without templates only a hash can find it.
  const bare = world.replicaSets.map(({ template: _, ...replicaSet }) => replicaSet);
  return readGround({ ...world, replicaSets: bare }).canary?.name === canary.name;
}

/** A measurement that cannot be taken is an Error, and a few of them end the update. */
function unknownProviders(world: World, known: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const { analysis } of measuredIn(planRollout(world, [], 'now'))) {
    const { templates, metrics } = analysis;
    for (const { name, provider } of metrics) {
      if (known.includes(provider)) continue;
      const where = templates.length === 0 ? '' : ` of ${templates.join(', ')}`;
      found.push(`metric "${name}"${where} is measured by ${provider}: known are ${known.join(', ')}`);
    }
  }
  return found;
}

/** Of effects that people would notice. */
function wordsOf(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'createReplicaSet':
      return `make ReplicaSet ${effect.replicaSet.name}`;
    case 'scaleReplicaSet':
      return `scale ${effect.name} from ${effect.from} to ${effect.to}`;
    case 'deleteReplicaSet':
      return `delete ReplicaSet ${effect.name} (history)`;
    case 'evictPod':
      return `evict pod ${effect.name}`;
    case 'setWeight':
      return `set the canary's weight to ${effect.canaryWeight}`;
    case 'switchService':
      return `point Service ${effect.name} at ${effect.toPodHash}`;
    case 'createAnalysisRun':
      return `begin AnalysisRun ${effect.analysisRun.name}`;
    case 'terminateAnalysisRun':
      return `end AnalysisRun ${effect.name}`;
    default:
      return undefined;
  }
}

/** What of a Rollout the other controller does not know: it would stop at it, or go past it. */
export function unknownToArgo(world: World): readonly string[] {
  const { metadata, spec } = world.rollout;
  const found: string[] = [];
  for (const [index, { plugin }] of (spec.strategy?.canary?.steps ?? []).entries()) {
    if (plugin?.name.startsWith('stepwise/') === true)
      found.push(`step ${index + 1} is ${plugin.name}: Argo calls its spec invalid, and moves nothing`);
  }
  for (const { analysis } of measuredIn(planRollout(world, [], 'now'))) {
    for (const { name, run } of analysis.metrics) {
      const settings = run.metrics[0]?.provider.plugin;
      const key = typeof settings === 'object' && settings !== null ? Object.keys(settings)[0] : undefined;
      if (key?.startsWith('stepwise/') === true)
        found.push(`metric "${name}" is measured by ${key}: each of its measurements would be an Error`);
    }
  }
  if (Object.keys(metadata.annotations).includes('stepwise.dev/point-of-no-return'))
    found.push('its point of no return is an annotation of ours: an abort would go back past it');
  return found;
}
