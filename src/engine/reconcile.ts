import type { Logger } from 'pino';
import type { ObjectName } from '../kubernetes/index.ts';
import { AlreadyExistsError, ConflictError } from '../lib/index.ts';
import type { Decision, Effect, World } from '../rollout/index.ts';
import type { Carried, Observation } from './observe.ts';

export interface ReconcileTools {
  /** Reads the world of one Rollout; undefined when it is gone or not ours. */
  readonly observe: (name: ObjectName, signal: AbortSignal) => Promise<Observation | undefined>;
  /** The same after our own writes, from their answers. */
  readonly observeAgain: (carried: Carried, signal: AbortSignal) => Promise<Observation | undefined>;
  readonly decide: (world: World) => Decision;
  readonly perform: (effects: Decision['effects'], seen: Observation, signal: AbortSignal) => Promise<Carried>;
  /** Gives back what a Rollout has left behind that is gone. */
  readonly releaseServices: (name: ObjectName, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** What a turn comes to: when its key wants to be woken, and whether it ran out of patience before the world stood still. */
export interface TurnOutcome {
  /** Unset: only a change wakes it. */
  readonly wakeAfterMs?: number;
  /** The turn could not finish what it saw: come back soon, with a growing delay. */
  readonly isUnfinished?: boolean;
}

/**
 * How often one turn may look again. Each look follows writes of our own or a lost race; a release that needs no waiting
 * (an undo with warm pods) settles in about six.
 */
const maxLooks = 10;
/** How often a router that no cache is kept of (an HTTPRoute) is looked at while a canary is about, or it has a problem. */
const unwatchedLookMs = 3000;

/**
 * One turn for one Rollout: observe, decide, perform, until there is nothing left to do now.
 * Speaks to the Kubernetes API only: measurements, Slack and charts are turns of their own keys.
 */
export async function reconcile(name: ObjectName, tools: ReconcileTools, signal: AbortSignal): Promise<TurnOutcome> {
  let carried: Carried | undefined;
  let takenReplicaSetName: string | undefined;
  let refusedEvictions: readonly string[] = [];
  const decide = (world: World) =>
    tools.decide({ ...world, refusedEvictions, ...(takenReplicaSetName === undefined ? {} : { takenReplicaSetName }) });
  for (let look = 0; look < maxLooks; look++) {
    const next = await lookAndDecide(name, carried, { ...tools, decide }, signal);
    if (next === undefined) {
      await tools.releaseServices(name, signal);
      return {};
    }
    const { seen, decision } = next;
    if (decision.effects.length === 0) return outcomeOf(decision, seen, tools.nowMs());
    carried = undefined;
    try {
      carried = await tools.perform(decision.effects, seen, signal);
      refusedEvictions = [...refusedEvictions, ...carried.refusedEvictions];
      for (const effect of decision.effects) tools.log.debug({ ...name, effect: effect.kind }, 'effect performed');
    } catch (error) {
      if (error instanceof AlreadyExistsError) {
        // Its name belongs to somebody else's pods: the next look knows, and chooses another hash.
        takenReplicaSetName = decision.effects.find((effect) => effect.kind === 'createReplicaSet')?.replicaSet.name;
        if (takenReplicaSetName === undefined) throw error;
        continue;
      }
      // Somebody else wrote first: what we saw is no longer so. The next look decides on what is there now.
      if (!(error instanceof ConflictError)) throw error;
      tools.log.debug({ ...name, conflict: error.message }, 'precondition failed');
    }
  }
  return { isUnfinished: true };
}

/** Looks on from the answers of our last writes where that is safe, at the cluster where it is not. */
async function lookAndDecide(
  name: ObjectName,
  carried: Carried | undefined,
  tools: ReconcileTools,
  signal: AbortSignal,
): Promise<{ readonly seen: Observation; readonly decision: Decision } | undefined> {
  if (carried !== undefined) {
    const seen = await tools.observeAgain(carried, signal);
    const decision = seen === undefined ? undefined : tools.decide(seen.world);
    // Danger: whoever aborts after our last read of the Rollout is seen by a write of the Rollout alone. All else needs a read that
    // is newer than the routers' (see observe), and than whatever we have written since.
    const isLatest = seen?.isRolloutLatest === true && decision?.effects.some(isGuardedByVersion) !== true;
    const isSafe = isLatest || decision?.effects.every(isGuardedByRollout) === true;
    if (seen !== undefined && decision !== undefined && isSafe) return { seen, decision };
  }
  const seen = await tools.observe(name, signal);
  return seen === undefined ? undefined : { seen, decision: tools.decide(seen.world) };
}

/** Only a version that was read before the Rollout is a precondition. */
function isGuardedByVersion(effect: Effect): boolean {
  return effect.kind === 'scaleReplicaSet' && effect.resourceVersion !== undefined;
}

/** It fails when the Rollout is not the one that was decided on; an event follows such a write and is not sent when that fails. */
function isGuardedByRollout({ kind }: Effect): boolean {
  return kind === 'writeStatus' || kind === 'patchRollout' || kind === 'sendEvent';
}

function outcomeOf(decision: Decision, seen: Observation, nowMs: number): TurnOutcome {
  const wakes = isUnwatched(seen) ? [unwatchedLookMs] : [];
  if (decision.wakeAtMs !== undefined) wakes.push(Math.max(0, decision.wakeAtMs - nowMs));
  return wakes.length === 0 ? {} : { wakeAfterMs: Math.min(...wakes) };
}

/** Nothing wakes us when somebody deletes such a router's object, puts it back or changes its weight: it has to be looked at. */
function isUnwatched({ world, routers }: Observation): boolean {
  const { currentPodHash, stableRS } = world.rollout.status;
  const isOfInterest = currentPodHash !== stableRS || world.router?.problem !== undefined;
  return isOfInterest && routers.some(({ router }) => router.readCached === undefined);
}
