import type { StringMatch } from '../../managed-routes.ts';
import { routerKindsOf } from '../../needs.ts';
import { invalid, required } from '../../problems.ts';
import type { CanaryStep, CanaryStrategy } from '../../strategy-spec.ts';

/** Routers whose objects say weights only. */
const WITHOUT_ROUTES = ['nginx'];

/** Header and mirror routes that no router of this Rollout could set, or that nobody could tell from other people's. */
export function validateRoutes(canary: CanaryStrategy, step: CanaryStep, path: string): string[] {
  const { setHeaderRoute: header, setMirrorRoute: mirror } = step;
  const problems: string[] = [];
  if (header !== undefined) {
    const field = `${path}.setHeaderRoute`;
    const words = 'SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix';
    problems.push(...validateRouter(canary, header, { field, words }));
    for (const [index, { headerName, headerValue }] of (header.match ?? []).entries()) {
      const at = `${field}.match[${index}]`;
      if (headerName === '') problems.push(invalid(`${at}.headerName`, '', 'headerName must be set'));
      problems.push(...validateMatch(headerValue, at));
    }
  }
  if (mirror === undefined) return problems;
  const field = `${path}.setMirrorRoute`;
  const words = 'SetMirrorRoute requires TrafficRouting, supports Istio and Plugins';
  problems.push(...validateRouter(canary, mirror, { field, words }));
  const { percentage = 100 } = mirror;
  if (!Number.isInteger(percentage) || percentage < 0 || percentage > 100) {
    problems.push(invalid(`${field}.percentage`, percentage, 'must be a whole number from 0 to 100'));
  }
  for (const [index, { method, path: requestPath, headers = {} }] of (mirror.match ?? []).entries()) {
    const at = `${field}.match[${index}]`;
    if (method !== undefined) problems.push(...validateMatch(method, at));
    if (requestPath !== undefined) problems.push(...validateMatch(requestPath, at));
    for (const [name, match] of Object.entries(headers)) {
      problems.push(...validateMatch(match, `${at}.headers[${name}]`));
    }
  }
  return problems;
}

function validateRouter(
  { trafficRouting }: CanaryStrategy,
  route: { readonly name: string },
  { field, words }: { readonly field: string; readonly words: string },
): string[] {
  const kinds = trafficRouting === undefined ? [] : routerKindsOf(trafficRouting);
  // Unlike Argo, which passes over the routers that cannot while another one can: the matching requests would take two ways.
  if (kinds.length === 0 || kinds.some((kind) => WITHOUT_ROUTES.includes(kind))) {
    return [invalid(field, route, words)];
  }
  const managed = trafficRouting?.managedRoutes;
  if (managed === undefined) {
    const message = "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'";
    return [required('spec.strategy.trafficRouting.managedRoutes', message)];
  }
  if (managed.some(({ name }) => name === route.name)) return [];
  const message = 'Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes';
  return [invalid(field, route.name, message)];
}

function validateMatch({ exact, prefix, regex }: StringMatch, path: string): string[] {
  const given = Object.fromEntries(Object.entries({ exact, prefix, regex }).filter(([, value]) => value));
  const { length } = Object.keys(given);
  const kinds = 'one of the following: exact, regex, prefix';
  if (length === 0) return [invalid(path, given, `StringMatch value missed, match value must have ${kinds}`)];
  if (length === 1) return [];
  return [invalid(path, given, `StringMatch match value must have exactly ${kinds}`)];
}
