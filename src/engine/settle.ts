import type { Logger } from 'pino';
import type { ObjectName } from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import type { TurnOutcome } from './reconcile.ts';

interface Settling<W, E> {
  /** Undefined: it is gone, or not ours. */
  readonly observe: () => Promise<W | undefined>;
  readonly decide: (world: W) => { readonly effects: readonly E[]; readonly wakeAtMs?: number };
  /** In order; the first failed precondition throws ConflictError. */
  readonly perform: (effects: readonly E[], world: W) => Promise<void>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** How often one turn looks again after its own writes. */
const maxLooks = 10;

/** Observes, decides and performs until nothing is left to do now. */
export async function settle<W, E>(name: ObjectName, tools: Settling<W, E>): Promise<TurnOutcome> {
  for (let look = 0; look < maxLooks; look++) {
    const world = await tools.observe();
    if (world === undefined) return {};
    const { effects, wakeAtMs } = tools.decide(world);
    if (effects.length === 0) {
      return wakeAtMs === undefined ? {} : { wakeAfterMs: Math.max(0, wakeAtMs - tools.nowMs()) };
    }
    try {
      await tools.perform(effects, world);
    } catch (error) {
      // Somebody else wrote first: the next look decides on what is there now.
      if (!(error instanceof ConflictError)) throw error;
      tools.log.debug({ ...name, conflict: error.message }, 'precondition failed');
    }
  }
  return { isUnfinished: true };
}
