import { presentRevision, type World } from '../rollout/index.ts';

/** What people are told about one rollout is rendered from this: the same world that decisions are made on, and its revision. */
export interface Look {
  readonly world: World;
  /** 0: none yet (a first spec that is invalid). */
  readonly revision: number;
}

export function lookAt(world: World): Look {
  return { world, revision: presentRevision(world.rollout, world.replicaSets) };
}
