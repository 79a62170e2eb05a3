import type { Decision } from './effect.ts';
import { decideInvalid } from './invalid-spec.ts';
import { needsTemplates, readGround, readScene } from './scene.ts';
import { decideBlueGreen } from './strategies/blue-green/decide-blue-green.ts';
import { decideCanary } from './strategies/canary/decide-canary.ts';
import { validateRollout } from './validate.ts';
import type { World } from './world.ts';

const NOTHING: Decision = { effects: [] };

/**
 * What to do now about one Rollout: as much as is safe at once. Called again after its effects, it goes on from there, and in the
 * end has nothing left to do. The order of the questions is the order of the lines.
 */
export function decide(world: World): Decision {
  const { rollout } = world;
  if (rollout.metadata.deletionTimestamp !== undefined) return NOTHING;
  if (rollout.spec.replicas === undefined) return { effects: [{ kind: 'patchRollout', replicas: 1 }] };
  const problems = validateRollout(world);
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  if (problems.length > 0) return decideInvalid(world, problems);
  // Without the templates a canary could be made twice: look again, with them.
  if (needsTemplates(world)) return NOTHING;
  if (canary !== undefined) return decideCanary(readScene(world, canary));
  // A Rollout without a strategy is invalid.
  return blueGreen === undefined ? NOTHING : decideBlueGreen({ ...readGround(world), strategy: blueGreen });
}
