import { decide } from './decide.ts';
import type { Decision } from './effect.ts';
import { argoController, fieldOwners, ownsField } from './managed-fields.ts';
import type { Rollout } from './rollout.ts';
import type { World } from './world.ts';

/*
 * A second controller that does not honour the Lease (no leader election, an older Argo with an instance id) would move the same Rollout.
 * It betrays itself in managedFields: it writes what only controllers write. From then on we raise nothing for that Rollout, and an abort
 * goes through all the same. What people write by Argo's protocol (abort, pauseConditions, controllerPause, promoteFull, currentStepIndex)
 * says nothing of it.
 */

const fields = ['observedGeneration', 'conditions', 'currentPodHash', 'stableRS', 'replicas', 'availableReplicas'];
/** What was on the wire when the Lease passed. */
const graceMs = 3000;
/** So long after its last write it counts as gone. */
const goneAfterMs = 2 * 60_000;
const lookAgainMs = 10_000;

/**
 * The other controller that has written this Rollout's status since we hold the Lease; undefined: none.
 * @param heldSinceMs when one of ours took the Lease, by the API server's clock.
 */
export function foreignWriter(
  { metadata }: Pick<Rollout, 'metadata'>,
  { nowMs, heldSinceMs }: { readonly nowMs: number; readonly heldSinceMs: number | undefined },
): string | undefined {
  if (heldSinceMs === undefined) return undefined;
  const found = fieldOwners(metadata).find((owner) => {
    const writtenMs = Date.parse(owner.time);
    const isRecent = writtenMs > heldSinceMs + graceMs && nowMs - writtenMs < goneAfterMs;
    return (
      argoController.test(owner.manager) && isRecent && fields.some((field) => ownsField(owner, ['status', field]))
    );
  });
  return found?.manager;
}

/** `decide`, held where another controller moves the same Rollout: only what an abort needs is done. */
export function decideBesideOthers(world: World, heldSinceMs: number | undefined): Decision {
  const { rollout, nowMs } = world;
  if (foreignWriter(rollout, { nowMs, heldSinceMs }) === undefined) return decide(world);
  // Under a pause nothing is raised, whatever the strategy, and an abort drains.
  const held = decide({ ...world, rollout: { ...rollout, spec: { ...rollout.spec, paused: true } } });
  const isAborting = held.effects.some((effect) => effect.kind === 'writeStatus' && effect.status.abort === true);
  // Anything else would be a quarrel about the status, a write for each write.
  const effects = isAborting || rollout.status.abort === true ? held.effects : [];
  return { effects, wakeAtMs: nowMs + lookAgainMs };
}
