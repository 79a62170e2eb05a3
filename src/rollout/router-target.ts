import type { TemplateReference } from '../analysis/index.ts';
import type { Rollout, TrafficRouting } from './rollout.ts';

/** Who splits the traffic, and between which Services. */
export interface RouterAim {
  /** The key under `trafficRouting`, or under its `plugins`. */
  readonly kind: string;
  readonly canaryService: string;
  readonly stableService: string;
  readonly routing: TrafficRouting;
}

/** Settings beside the routers under `trafficRouting`. */
const NO_ROUTERS = ['plugins', 'managedRoutes', 'maxTrafficWeight'];

/** The one router that `trafficRouting` names; undefined: none, or several. */
export function routerKindOf(routing: TrafficRouting): string | undefined {
  const vendors = Object.entries(routing).filter(([key, value]) => !NO_ROUTERS.includes(key) && value != null);
  const kinds = [...vendors.map(([key]) => key), ...Object.keys(routing.plugins ?? {})];
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** What the router has to be read and set for; undefined: this Rollout has none. */
export function routerAimOf(rollout: Rollout): RouterAim | undefined {
  const canary = rollout.spec.strategy?.canary;
  const routing = canary?.trafficRouting;
  const kind = routing === undefined ? undefined : routerKindOf(routing);
  if (routing === undefined || kind === undefined) return undefined;
  return { kind, canaryService: canary?.canaryService ?? '', stableService: canary?.stableService ?? '', routing };
}

/** Names of the Services that a decision looks at. */
export function neededServices(rollout: Rollout): readonly string[] {
  const { canaryService, stableService } = rollout.spec.strategy?.canary ?? {};
  return [...new Set([canaryService, stableService].filter((name) => name !== undefined && name !== ''))] as string[];
}

/** The templates that the strategy names itself; those that they name in turn are found by reading these (`collectTemplates`). */
export function neededTemplates(rollout: Rollout): readonly TemplateReference[] {
  const canary = rollout.spec.strategy?.canary;
  const steps = (canary?.steps ?? []).flatMap((step) => step.analysis?.templates ?? []);
  return [...steps, ...(canary?.analysis?.templates ?? [])];
}
