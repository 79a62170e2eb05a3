import type { MetricReading } from '../metric-providers/index.ts';
import type { DeliveryRecord } from '../records/index.ts';
import type { VerificationCheck } from '../rollout/index.ts';
import type { Look } from './look.ts';

export interface VerifyTools {
  /** Takes one more measurement of the metric that decided; undefined where it has no provider that can. */
  readonly measureAgain: (
    look: Look,
    signal: AbortSignal,
  ) => Promise<{ readonly reading: MetricReading; readonly isInsideLimit: boolean } | undefined>;
}

const hashLabel = 'rollouts-pod-template-hash';

/** The key of a check in the record's `seen`; its value is when it was seen. */
export function seenKeyOf(check: VerificationCheck): string {
  return `verified:${check}`;
}

/**
 * A rollback is called done when it was *seen*, not when it was ordered. Looks at each check that was not seen yet and returns those
 * that are seen now. Each is remembered in the record, so a restart does not take back a tick.
 */
export async function verify(
  record: DeliveryRecord,
  look: Look,
  tools: VerifyTools,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { rollout } = look.world;
  if (rollout.status.abort !== true || rollout.status.currentPodHash === rollout.status.stableRS) return {};
  const seenNow: Record<string, string> = {};
  const at = new Date(look.world.nowMs).toISOString();
  const isSeen = (check: VerificationCheck) => record.seen[seenKeyOf(check)] !== undefined;
  const cheap: Readonly<Record<Exclude<VerificationCheck, 'metricBack'>, (look: Look) => boolean>> = {
    weightZero: isWeightZero,
    noCanaryRequests: isCanaryUnreachable,
    podsGone: areCanaryPodsGoing,
  };
  for (const check of ['weightZero', 'noCanaryRequests', 'podsGone'] as const) {
    if (!isSeen(check) && cheap[check](look)) seenNow[seenKeyOf(check)] = at;
  }
  // Back inside its limit, or without canary traffic to judge by.
  const isBack = async () => isCanaryUnreachable(look) || (await isMetricBack(look, tools, signal));
  if (!isSeen('metricBack') && (await isBack())) seenNow[seenKeyOf('metricBack')] = at;
  return seenNow;
}

function isWeightZero({ world }: Look): boolean {
  const { blueGreen } = world.rollout.spec.strategy ?? {};
  // A preview has pods, and a Service, that no request of users goes through.
  if (blueGreen !== undefined) return isActiveElsewhere(world, blueGreen.activeService);
  if (world.router !== undefined) {
    const { canaryWeight, problem } = world.router;
    // No weight counts as 0 where nothing is wrong; a router that cannot be read has shown nothing.
    return canaryWeight === 0 || (canaryWeight === undefined && problem === undefined);
  }
  return (canaryOf({ world })?.availableReplicas ?? 0) === 0;
}

/** No request can reach a canary pod any more: the share is 0, and no Service that traffic goes through selects the canary's hash. */
function isCanaryUnreachable({ world }: Look): boolean {
  const canaryHash = world.rollout.status.currentPodHash;
  const { previewService } = world.rollout.spec.strategy?.blueGreen ?? {};
  const stillSelected = Object.values(world.services).some(
    ({ name, selector }) => name !== previewService && selector[hashLabel] === canaryHash,
  );
  return isWeightZero({ world, revision: 0 }) && !stillSelected;
}

function isActiveElsewhere({ rollout, services }: Look['world'], activeService = ''): boolean {
  const selected = services[activeService]?.selector[hashLabel];
  return selected !== undefined && selected !== rollout.status.currentPodHash;
}

function areCanaryPodsGoing({ world }: Look): boolean {
  const canary = canaryOf({ world });
  return canary === undefined || canary.specReplicas === 0 || canary.annotations['scale-down-deadline'] !== undefined;
}

function canaryOf({ world }: Pick<Look, 'world'>) {
  return world.replicaSets.find(({ podHash }) => podHash === world.rollout.status.currentPodHash);
}

/** Inside its limit again, or without data. A provider that does not answer has shown nothing: not back. */
async function isMetricBack(look: Look, tools: VerifyTools, signal: AbortSignal): Promise<boolean> {
  try {
    const again = await tools.measureAgain(look, signal);
    return again === undefined || again.isInsideLimit || isEmpty(again.reading);
  } catch {
    return false;
  }
}

function isEmpty({ result }: MetricReading): boolean {
  if (result === null) return true;
  if (Array.isArray(result)) return result.every((item) => typeof item === 'number' && Number.isNaN(item));
  return typeof result === 'number' && Number.isNaN(result);
}
