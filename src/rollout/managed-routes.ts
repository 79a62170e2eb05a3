import { z } from 'zod';
import type { CanaryStrategy } from './strategy-spec.ts';

/** How one text is compared; exactly one of them is set (validation says so in words). */
export const StringMatch = z.looseObject({
  exact: z.string().optional(),
  regex: z.string().optional(),
  prefix: z.string().optional(),
});
export type StringMatch = z.infer<typeof StringMatch>;

export const HeaderMatch = z.looseObject({ headerName: z.string(), headerValue: StringMatch.default({}) });
export type HeaderMatch = z.infer<typeof HeaderMatch>;

export const RequestMatch = z.looseObject({
  method: StringMatch.optional(),
  path: StringMatch.optional(),
  headers: z.record(z.string(), StringMatch).optional(),
});
export type RequestMatch = z.infer<typeof RequestMatch>;

/** A route beside the weights: requests that match all go to the canary, or are copied to it. */
export const ManagedRoute = z.union([
  z.object({ name: z.string(), header: z.array(HeaderMatch) }),
  z.object({ name: z.string(), mirror: z.array(RequestMatch), percentage: z.number() }),
]);
export type ManagedRoute = z.infer<typeof ManagedRoute>;

/**
 * The routes that a step index has set: each stays until a later step of the same name sets it anew, or takes it away by naming no
 * match. In the order of `trafficRouting.managedRoutes`, which says which of two comes first.
 */
export function routesInForce({ steps = [], trafficRouting }: CanaryStrategy, index: number): readonly ManagedRoute[] {
  const routes = new Map<string, ManagedRoute>();
  for (const { setHeaderRoute: header, setMirrorRoute: mirror } of steps.slice(0, index + 1)) {
    const name = header?.name ?? mirror?.name;
    if (name === undefined) continue;
    routes.delete(name);
    if (header?.match !== undefined && header.match.length > 0) routes.set(name, { name, header: header.match });
    if (mirror?.match === undefined || mirror.match.length === 0) continue;
    routes.set(name, { name, mirror: mirror.match, percentage: mirror.percentage ?? 100 });
  }
  const order = (trafficRouting?.managedRoutes ?? []).map(({ name }) => name);
  return [...routes.values()].toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}
