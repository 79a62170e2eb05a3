import { z } from 'zod';
import { type Cluster, resources } from '../kubernetes/index.ts';
import { ConflictError, InvalidError, isEqual, type JsonObject } from '../lib/index.ts';
import { GatewayApiRouting, lastWriterOf, type ManagedRoute, type WeightWriter } from '../rollout/index.ts';
import { managedRoutesAnnotation, type Rule, readManagedRoutes, withManagedRoutes } from './gateway-routes.ts';
import {
  additionalOf,
  experimentServicesChange,
  knownPorts,
  type Ports,
  Route,
  shareOf,
  splitOf,
  splitsOf,
  weighRules,
} from './gateway-shares.ts';
import type { RouterObservation, RouterTarget, TrafficRouter, Weights } from './traffic-router.ts';
import { allOf, checkWeights, maxWeightOf } from './weight.ts';

const pluginName = 'argoproj-labs/gatewayAPI';

/**
 * Gateway API: in every rule of the named HTTPRoutes that leads to both Services, the weights of the two backends are the split.
 * Everything else of the route is its owner's. Configured as Argo's plugin is:
 * https://rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io
 */
export function createGatewayApiRouter(cluster: Cluster): TrafficRouter {
  async function write(target: RouterTarget, seen: Seen, weights: Weights, signal: AbortSignal): Promise<Seen> {
    const problem = problemOf(target, seen);
    // Lowering needs nothing but what still leads to the canary: an abort works beside a route that is gone.
    const isLowering = weights.canary <= highestShare(target, [seen]) && !isAdding(target, seen, weights);
    if (problem !== undefined && !isLowering) throw new InvalidError(problem);
    if (seen.route === undefined) return seen;
    const ports = isLowering ? knownPorts(target, [seen.route]) : await portsOf(target, seen.route, weights, signal);
    const wanted = wantedRoute(target, seen.route, weights, ports);
    if (wanted === undefined) return seen;
    const { resourceVersion = '' } = seen.route.metadata;
    const patch = { ...wanted, metadata: { ...Fields.parse(wanted.metadata ?? {}), resourceVersion } };
    const name = { namespace: settingsOf(target).namespace, name: seen.name };
    const route = await cluster.patchMerge(resources.httpRoutes, name, patch, { signal });
    return Seen.parse({ name: seen.name, route });
  }

  /** The ports of the Experiment's Services that answer where stable's does: unlike Argo's plugin, which copies stable's number. */
  async function portsOf(target: RouterTarget, route: Route, weights: Weights, signal: AbortSignal): Promise<Ports> {
    const ports = new Map(knownPorts(target, [route]));
    const missing = (weights.additional ?? []).filter(({ serviceName }) => !ports.has(serviceName));
    if (missing.length === 0) return ports;
    const read = async (name: string) =>
      ServiceWithPorts.parse(await cluster.get(resources.services, { namespace: target.namespace, name }, signal));
    const [split] = splitsOf(target, route);
    const stable = await read(target.stableService);
    for (const { serviceName } of missing) {
      const port = samePort(await read(serviceName), stable, split?.stable.port);
      if (port === undefined) throw new ConflictError(`Service ${serviceName} is not there yet`);
      ports.set(serviceName, port);
    }
    return ports;
  }

  async function writeRoutes(target: RouterTarget, seen: Seen, routes: readonly ManagedRoute[], signal: AbortSignal) {
    if (seen.route === undefined) return seen;
    const wanted = wantedRules(target, seen.route, routes);
    const { annotations, resourceVersion = '' } = seen.route.metadata;
    const text = routes.length === 0 ? undefined : JSON.stringify(routes);
    if (areSame(seen.route.spec.rules, wanted) && annotations[managedRoutesAnnotation] === text) return seen;
    const metadata = { annotations: { [managedRoutesAnnotation]: text ?? null }, resourceVersion };
    const patch = { metadata, spec: { rules: z.json().parse(wanted) } };
    const name = { namespace: settingsOf(target).namespace, name: seen.name };
    const after = Seen.parse({
      name: seen.name,
      route: await cluster.patchMerge(resources.httpRoutes, name, patch, { signal }),
    });
    if (after.route !== undefined && !areSame(after.route.spec.rules, wanted)) {
      const words =
        'does not keep rules as they are written: header and mirror routes need names of rules (Gateway API 1.2)';
      throw new InvalidError(`HTTPRoute "${seen.name}" ${words}`);
    }
    return after;
  }

  return {
    kind: pluginName,
    async read(target, signal) {
      const { names, namespace } = settingsOf(target);
      const seen = names.map(async (name) => {
        const route = await cluster.get(resources.httpRoutes, { namespace, name }, signal);
        return Seen.parse({ name, route });
      });
      return observe(target, await Promise.all(seen));
    },
    async setWeight(target, weights, seen, signal) {
      checkWeights(weights, target.routing);
      if (seen.objects.length === 0) throw new InvalidError(seen.problem ?? 'no HTTPRoute named');
      const writes = seen.objects.map((route) => write(target, Seen.parse(route), weights, signal));
      return observe(target, await allOf(writes));
    },
    async setRoutes(target, routes, seen, signal) {
      const writes = seen.objects.map((route) => writeRoutes(target, Seen.parse(route), routes, signal));
      return observe(target, await allOf(writes));
    },
  };
}

const Settings = GatewayApiRouting.extend({
  disableInProgressLabel: z.boolean().optional(),
  inProgressLabelKey: z.string().optional(),
  inProgressLabelValue: z.string().optional(),
});

const ServicePort = z.looseObject({
  name: z.string().optional(),
  port: z.number(),
  targetPort: z.union([z.number(), z.string()]).optional(),
});
/** One that is not there has no port. */
const ServiceWithPorts = z
  .looseObject({ spec: z.looseObject({ ports: z.array(ServicePort).default([]) }) })
  .default({ spec: { ports: [] } });
type ServiceWithPorts = z.infer<typeof ServiceWithPorts>;

/** An Experiment's Service has the ports of its containers: the one that stable's leads to, or the only one. */
function samePort(of: ServiceWithPorts, stable: ServiceWithPorts, port: number | undefined): number | undefined {
  const entry = stable.spec.ports.find((one) => one.port === port) ?? stable.spec.ports[0];
  const leadsTo = entry?.targetPort ?? entry?.port;
  const { ports } = of.spec;
  return (ports.find((one) => one.port === leadsTo || one.name === leadsTo) ?? ports[0])?.port;
}

/** Whether an Experiment's pods would get more than they do. */
function isAdding(target: RouterTarget, { route }: Seen, { additional = [] }: Weights): boolean {
  const present = additionalOf(target, [route]);
  return additional.some(
    ({ serviceName, weight }) => weight > (present.find((one) => one.serviceName === serviceName)?.weight ?? 0),
  );
}

const Seen = z.object({ name: z.string(), route: Route.optional() });
type Seen = z.infer<typeof Seen>;

const Fields = z.record(z.string(), z.json());

function settingsOf(target: RouterTarget) {
  const parsed = Settings.safeParse(target.routing.plugins?.[pluginName] ?? {});
  if (!parsed.success) {
    throw new InvalidError(`plugins["${pluginName}"]: ${z.prettifyError(parsed.error)}`);
  }
  const { httpRoute, httpRoutes = [], namespace, ...rest } = parsed.data;
  const names = [...(httpRoute === undefined ? [] : [httpRoute]), ...httpRoutes.map(({ name }) => name)];
  return { ...rest, names, namespace: namespace ?? target.namespace };
}

function observe(target: RouterTarget, routes: readonly Seen[]): RouterObservation {
  const problem = notYet(target) ?? routes.map((seen) => problemOf(target, seen)).find((found) => found !== undefined);
  const isSplit = routes.some(({ route }) => splitsOf(target, route).length > 0);
  const canaryWeight = isSplit ? highestShare(target, routes) : undefined;
  const present = routes.map(({ route }) => route);
  const additional = additionalOf(target, present);
  const [weights, ports] = [{ canary: canaryWeight ?? 0, additional }, knownPorts(target, present)];
  const isComplete = present.every((route) => wantedRoute(target, route, weights, ports) === undefined);
  return {
    canaryWeight,
    ...(additional.length === 0 ? {} : { additional }),
    ...(problem === undefined ? {} : { problem }),
    ...(problem !== undefined || isComplete ? {} : { isIncomplete: true }),
    ...observeRoutes(target, routes),
    writers: routes.flatMap(({ name, route }) => writerOf(target, name, route)),
    objects: routes,
  };
}

/**
 * The highest: as long as one rule still sends requests to the canary, its share is not lowered. A share that is no whole number
 * counts as the next one: it is more than the one below. 0 where nothing is split.
 */
function highestShare(target: RouterTarget, routes: readonly Seen[]): number {
  const max = maxWeightOf(target.routing);
  const shares = routes.flatMap(({ route }) => splitsOf(target, route).map((split) => shareOf(split) * max));
  return Math.max(0, Math.ceil(Math.max(0, ...shares) - 1e-9));
}

/** All that any of them has: what only one has still brings requests to the canary. */
function observeRoutes(target: RouterTarget, seen: readonly Seen[]) {
  const found = new Map<string, ManagedRoute>();
  let areRoutesIncomplete = false;
  const present = seen.flatMap(({ route }) => (route === undefined ? [] : [route]));
  for (const route of present) {
    for (const one of readManagedRoutes(route.metadata.annotations)) found.set(JSON.stringify(one), one);
  }
  const routes = [...found.values()];
  for (const route of present) {
    areRoutesIncomplete ||= readManagedRoutes(route.metadata.annotations).length !== routes.length;
    areRoutesIncomplete ||= routes.length > 0 && !areInPlace(target, route, routes);
  }
  return { routes, ...(areRoutesIncomplete ? { areRoutesIncomplete } : {}) };
}

function areInPlace(target: RouterTarget, route: Route, routes: readonly ManagedRoute[]): boolean {
  try {
    return areSame(route.spec.rules, wantedRules(target, route, routes));
  } catch (error) {
    // Its owner's rules have changed, and these routes do not go with them: said when they are set. Reading never fails for it: an
    // abort has to take them away.
    if (error instanceof InvalidError) return false;
    throw error;
  }
}

/** Rules of routes that the Rollout may manage are its own, whoever wrote them: a name stands for one thing. */
function wantedRules(target: RouterTarget, route: Route, routes: readonly ManagedRoute[]): readonly Rule[] {
  const listed = (target.routing.managedRoutes ?? []).map(({ name }) => ({ name, header: [] }));
  const known = [...readManagedRoutes(route.metadata.annotations), ...listed];
  return withManagedRoutes(route.spec.rules, known, routes, (rule) => splitOf(target, route, rule)?.canary);
}

function areSame(before: readonly Rule[], after: readonly Rule[]): boolean {
  return isEqual(z.json().parse(before), z.json().parse(after));
}

function writerOf(target: RouterTarget, name: string, route: Route | undefined): readonly WeightWriter[] {
  const writer = route === undefined ? undefined : lastWriterOf(route.metadata, ['spec', 'rules']);
  const shares = splitsOf(target, route).map((split) => shareOf(split) * maxWeightOf(target.routing));
  if (writer === undefined || shares.length === 0) return [];
  return [{ object: `HTTPRoute ${name}`, weight: Math.ceil(Math.min(...shares) - 1e-9), writer }];
}

const otherKeys = /^(grpc|tcp|tls)Routes?$|Selector$/;

function notYet(target: RouterTarget): string | undefined {
  const settings = settingsOf(target);
  const other = Object.keys(settings).find((key) => otherKeys.test(key));
  if (other !== undefined)
    return `plugins["${pluginName}"]: ${other} is not supported yet; httpRoute and httpRoutes are`;
  return settings.names.length === 0 ? `plugins["${pluginName}"] names no httpRoute and no httpRoutes` : undefined;
}

function problemOf(target: RouterTarget, { name, route }: Seen): string | undefined {
  if (route === undefined) return `HTTPRoute "${name}" not found`;
  if (splitsOf(target, route).length > 0) return undefined;
  return `HTTPRoute "${name}" has no rule with backends ${target.stableService} and ${target.canaryService}`;
}

/** The merge patch that makes the route say these weights; undefined when it says them already. A merge patch replaces lists whole. */
function wantedRoute(
  target: RouterTarget,
  route: Route | undefined,
  weights: Weights,
  ports: Ports,
): JsonObject | undefined {
  if (route === undefined) return undefined;
  const rules = weighRules(target, route, weights, ports);
  const labels = labelDifference(target, route, weights);
  const annotations = experimentServicesChange(route, weights);
  const isSame = areSame(route.spec.rules, rules);
  if (isSame && labels === undefined && annotations === undefined) return undefined;
  const metadata = {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...(isSame ? {} : { spec: { rules: z.json().parse(rules) } }), metadata };
}

/** The label tells GitOps tools not to put the weights back while a rollout is under way. */
function labelDifference(
  target: RouterTarget,
  route: Route,
  { canary, additional = [] }: Weights,
): JsonObject | undefined {
  const { disableInProgressLabel, inProgressLabelKey, inProgressLabelValue } = settingsOf(target);
  if (disableInProgressLabel === true) return undefined;
  const key = inProgressLabelKey ?? 'rollouts.argoproj.io/gatewayapi-canary';
  const isInProgress = canary > 0 || additional.length > 0;
  const wanted = isInProgress ? (inProgressLabelValue ?? 'in-progress') : undefined;
  return route.metadata.labels[key] === wanted ? undefined : { [key]: wanted ?? null };
}
