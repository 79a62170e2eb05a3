import type { TemplateReference } from '../analysis/index.ts';
import type { Rollout } from './rollout.ts';
import type { TrafficRouting } from './strategy-spec.ts';

// What has to be read before a decision can be made.

/** Names of the Services that a decision looks at. */
export function neededServices(rollout: Rollout): readonly string[] {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const { pingService, pongService } = canary?.pingPong ?? {};
  const both =
    canary?.pingPong === undefined ? [canary?.canaryService, canary?.stableService] : [pingService, pongService];
  const names = [...both, blueGreen?.activeService, blueGreen?.previewService];
  return [...new Set(names.flatMap((name) => name || []))];
}

/**
 * Those that have to be read live: what the active Service of an update selects says who has the requests. From a lagging cache a
 * revision could become stable by a switch that was taken back since.
 */
export function neededLiveServices({ spec, status }: Rollout): readonly string[] {
  const { activeService } = spec.strategy?.blueGreen ?? {};
  const isUnderWay = status.stableRS !== undefined && status.stableRS !== status.currentPodHash;
  return activeService === undefined || activeService === '' || !isUnderWay ? [] : [activeService];
}

/** The templates that the strategy names itself; those that they name in turn are found by reading these (`collectTemplates`). */
export function neededTemplates(rollout: Rollout): readonly TemplateReference[] {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const aroundSwitch = [blueGreen?.prePromotionAnalysis, blueGreen?.postPromotionAnalysis];
  const steps = (canary?.steps ?? []).flatMap((step) => [
    ...(step.analysis?.templates ?? []),
    ...(step.experiment?.analyses ?? []),
  ]);
  return [
    ...steps,
    ...(canary?.analysis?.templates ?? []),
    ...aroundSwitch.flatMap((analysis) => analysis?.templates ?? []),
  ];
}

/** Settings beside the routers under `trafficRouting`. */
const NO_ROUTERS = ['plugins', 'managedRoutes', 'maxTrafficWeight'];

/** The routers that `trafficRouting` names: its own keys, and those of its plugins. */
export function routerKindsOf(routing: TrafficRouting): readonly string[] {
  const vendors = Object.entries(routing).filter(([key, value]) => !NO_ROUTERS.includes(key) && value != null);
  return [...vendors.map(([key]) => key), ...Object.keys(routing.plugins ?? {})];
}
