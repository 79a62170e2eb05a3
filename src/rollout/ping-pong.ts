import type { Rollout } from './rollout.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { CanaryStrategy } from './strategy-spec.ts';

/*
 * `pingPong`: two Services of which neither is always the stable one. A promotion moves no request and turns no selector: what was the
 * canary's Service becomes the stable one, by a word in the status.
 */

export type StableSide = 'ping' | 'pong';

/** Which of the two has been promoted last; the first one serves first, as in Argo. */
function stableSideOf({ canary }: RolloutStatus): StableSide {
  return canary?.stablePingPong === 'pong' ? 'pong' : 'ping';
}

/** The Rollout with the canary's and the stable Service where they are now; without `pingPong` as it is. */
export function withPingPong(rollout: Rollout): Rollout {
  const { canary } = rollout.spec.strategy ?? {};
  if (canary?.pingPong === undefined) return rollout;
  const { pingService, pongService } = canary.pingPong;
  const isPing = stableSideOf(rollout.status) === 'ping';
  const services = {
    stableService: isPing ? pingService : pongService,
    canaryService: isPing ? pongService : pingService,
  };
  const strategy = { ...rollout.spec.strategy, canary: { ...canary, ...services } };
  return { ...rollout, spec: { ...rollout.spec, strategy } };
}

/** Which side is the stable one once this status is stored: the other, with what becomes stable. */
export function nextStableSide(
  { pingPong }: CanaryStrategy,
  before: RolloutStatus,
  stableRS: string,
): StableSide | undefined {
  if (pingPong === undefined) return undefined;
  const side = stableSideOf(before);
  const isPromotion = (before.stableRS ?? '') !== '' && before.stableRS !== stableRS;
  if (!isPromotion) return side;
  return side === 'ping' ? 'pong' : 'ping';
}
