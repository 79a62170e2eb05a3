import { InvalidError } from '../lib/index.ts';
import {
  type ManagedRoute,
  type Rollout,
  type RouterReading,
  type WeightWriter,
  withPingPong,
} from '../rollout/index.ts';
import type { RouterObservation, RouterTarget, TrafficRouter, TrafficRouters } from '../traffic-routers/index.ts';

export interface SeenRouter {
  readonly router: TrafficRouter;
  readonly target: RouterTarget;
  readonly observation: RouterObservation;
}

/** What the routers that a Rollout asks for say now. */
export interface SeenRouters {
  readonly seen: readonly SeenRouter[];
  /** The Rollout asks for a router that there is not. */
  readonly problem?: string;
}

export async function readRouters(
  rollout: Rollout,
  tools: { readonly routers: Pick<TrafficRouters, 'choose'> },
  signal: AbortSignal,
  how: 'live' | 'fromCache' = 'live',
): Promise<SeenRouters> {
  const target = targetOf(rollout);
  if (target === undefined) return { seen: [] };
  const seen: SeenRouter[] = [];
  try {
    for (const router of tools.routers.choose(target.routing)) {
      const cached = how === 'fromCache' ? router.readCached?.(target) : undefined;
      seen.push({ router, target, observation: cached ?? (await router.read(target, signal)) });
    }
    return { seen };
  } catch (error) {
    if (error instanceof InvalidError) return { seen, problem: error.message };
    throw error;
  }
}

export function targetOf(rollout: Rollout): RouterTarget | undefined {
  const { metadata, spec } = withPingPong(rollout);
  const canary = spec.strategy?.canary;
  if (canary?.trafficRouting === undefined) return undefined;
  return {
    namespace: metadata.namespace,
    rolloutName: metadata.name,
    rolloutUid: metadata.uid,
    canaryService: canary.canaryService ?? '',
    stableService: canary.stableService ?? '',
    routing: canary.trafficRouting,
  };
}

/** Several routers count as one whose share is the greatest of them: nothing is at 0 before all are. */
export function readingOf(rollout: Rollout, routers: SeenRouters): RouterReading | undefined {
  if (rollout.spec.strategy?.canary?.trafficRouting === undefined) return undefined;
  let canaryWeight: number | undefined;
  let { problem } = routers;
  let isIncomplete = false;
  const writers: WeightWriter[] = [];
  const routes = new Map<string, ManagedRoute>();
  const additional = new Map<string, number>();
  let areRoutesIncomplete = false;
  for (const { observation } of routers.seen) {
    if (observation.canaryWeight !== undefined) canaryWeight = Math.max(canaryWeight ?? 0, observation.canaryWeight);
    problem ??= observation.problem;
    isIncomplete ||= observation.isIncomplete === true;
    writers.push(...(observation.writers ?? []));
    for (const { serviceName, weight } of observation.additional ?? [])
      additional.set(serviceName, Math.max(weight, additional.get(serviceName) ?? 0));
    for (const route of observation.routes ?? []) routes.set(JSON.stringify(route), route);
    areRoutesIncomplete ||= observation.areRoutesIncomplete === true;
  }
  return {
    canaryWeight,
    ...(problem === undefined ? {} : { problem }),
    ...(isIncomplete ? { isIncomplete } : {}),
    additional: [...additional].map(([serviceName, weight]) => ({ serviceName, weight })),
    routes: [...routes.values()],
    ...(areRoutesIncomplete ? { areRoutesIncomplete } : {}),
    writers,
  };
}

/** Whether the routers that were read for one are those of the other: the Services are a part of what is read. */
export function isSameRouting(a: Rollout, b: Rollout): boolean {
  return JSON.stringify(targetOf(a)) === JSON.stringify(targetOf(b));
}
