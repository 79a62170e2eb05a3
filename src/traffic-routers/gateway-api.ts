import { z } from 'zod';
import { type Cluster, resources } from '../kubernetes/index.ts';
import { InvalidError, isEqual, type JsonObject, ObjectMeta } from '../lib/index.ts';
import { GatewayApiRouting, lastWriterOf, type ManagedRoute, type WeightWriter } from '../rollout/index.ts';
import { managedRoutesAnnotation, Rule, readManagedRoutes, withManagedRoutes } from './gateway-routes.ts';
import type { RouterObservation, RouterTarget, TrafficRouter } from './traffic-router.ts';
import { allOf, checkWeight, maxWeightOf } from './weight.ts';

const pluginName = 'argoproj-labs/gatewayAPI';

/**
 * Gateway API: in every rule of the named HTTPRoutes that leads to both Services, the weights of the two backends are the split.
 * Everything else of the route is its owner's. Configured as Argo's plugin is:
 * https://rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io
 */
export function createGatewayApiRouter(cluster: Cluster): TrafficRouter {
  async function write(target: RouterTarget, seen: Seen, weight: number, signal: AbortSignal): Promise<Seen> {
    const problem = problemOf(target, seen);
    // Lowering needs nothing but what still leads to the canary: an abort works beside a route that is gone.
    const isLowering = weight <= highestShare(target, [seen]);
    if (problem !== undefined && !isLowering) throw new InvalidError(problem);
    if (seen.route === undefined) return seen;
    const wanted = wantedRoute(target, seen.route, weight);
    if (wanted === undefined) return seen;
    const { resourceVersion = '' } = seen.route.metadata;
    const patch = { ...wanted, metadata: { ...Fields.parse(wanted.metadata ?? {}), resourceVersion } };
    const name = { namespace: settingsOf(target).namespace, name: seen.name };
    const route = await cluster.patchMerge(resources.httpRoutes, name, patch, { signal });
    return Seen.parse({ name: seen.name, route });
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
    async setWeight(target, canaryWeight, seen, signal) {
      checkWeight(canaryWeight, target.routing);
      if (seen.objects.length === 0) throw new InvalidError(seen.problem ?? 'no HTTPRoute named');
      const writes = seen.objects.map((route) => write(target, Seen.parse(route), canaryWeight, signal));
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

const BackendRef = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  group: z.string().default(''),
  kind: z.string().default('Service'),
  /** The Gateway API counts a missing weight as 1. */
  weight: z.number().default(1),
});
type BackendRef = z.infer<typeof BackendRef>;

const Route = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    rules: z.array(Rule).default([]),
  }),
});
type Route = z.infer<typeof Route>;

const Seen = z.object({ name: z.string(), route: Route.optional() });
type Seen = z.infer<typeof Seen>;

const Fields = z.record(z.string(), z.json());

/** The two backends of one rule, as the route has them. */
interface Split {
  readonly canary: BackendRef;
  readonly stable: BackendRef;
}

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
  const isComplete = routes.every(({ route }) => wantedRoute(target, route, canaryWeight ?? 0) === undefined);
  return {
    canaryWeight,
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

function splitsOf(target: RouterTarget, route: Route | undefined): readonly Split[] {
  if (route === undefined) return [];
  return route.spec.rules.map((rule) => splitOf(target, route, rule)).filter((split) => split !== undefined);
}

/** Only rules that lead to both: a rule with the canary alone (a header route) is not split by weight. */
function splitOf(target: RouterTarget, route: Route, rule: Rule): Split | undefined {
  const refs = (rule.backendRefs ?? []).map((ref) => BackendRef.safeParse(ref).data).filter((ref) => ref !== undefined);
  const canary = refs.find((ref) => leadsTo(target.canaryService, target, route, ref));
  const stable = refs.find((ref) => leadsTo(target.stableService, target, route, ref));
  return canary === undefined || stable === undefined ? undefined : { canary, stable };
}

function leadsTo(service: string, target: RouterTarget, route: Route, ref: BackendRef): boolean {
  const namespace = ref.namespace ?? route.metadata.namespace;
  return ref.name === service && ref.kind === 'Service' && ref.group === '' && namespace === target.namespace;
}

/** 0…1. Both at 0: nobody gets a request, so neither does the canary. */
function shareOf({ canary, stable }: Split): number {
  return canary.weight === 0 ? 0 : canary.weight / (canary.weight + stable.weight);
}

/** The merge patch that makes the route say this weight; undefined when it says it already. A merge patch replaces lists whole. */
function wantedRoute(target: RouterTarget, route: Route | undefined, weight: number): JsonObject | undefined {
  if (route === undefined) return undefined;
  // Unlike Argo's plugin, which counts to 100 whatever `maxTrafficWeight` says.
  const stableWeight = maxWeightOf(target.routing) - weight;
  const rules = route.spec.rules.map((rule) => {
    if (splitOf(target, route, rule) === undefined) return rule;
    return { ...rule, backendRefs: rule.backendRefs?.map((raw) => weigh(target, route, raw, weight, stableWeight)) };
  });
  const labels = labelDifference(target, route, weight);
  const [before, after] = [z.json().parse(route.spec.rules), z.json().parse(rules)];
  if (isEqual(before, after)) return labels === undefined ? undefined : { metadata: { labels } };
  return { spec: { rules: after }, ...(labels === undefined ? {} : { metadata: { labels } }) };
}

function weigh(target: RouterTarget, route: Route, raw: unknown, canaryWeight: number, stableWeight: number): unknown {
  const ref = BackendRef.safeParse(raw).data;
  if (ref === undefined || typeof raw !== 'object') return raw;
  if (leadsTo(target.canaryService, target, route, ref)) return { ...raw, weight: canaryWeight };
  if (leadsTo(target.stableService, target, route, ref)) return { ...raw, weight: stableWeight };
  return raw;
}

/** The label tells GitOps tools not to put the weights back while a rollout is under way. */
function labelDifference(target: RouterTarget, route: Route, weight: number): JsonObject | undefined {
  const { disableInProgressLabel, inProgressLabelKey, inProgressLabelValue } = settingsOf(target);
  if (disableInProgressLabel === true) return undefined;
  const key = inProgressLabelKey ?? 'rollouts.argoproj.io/gatewayapi-canary';
  const wanted = weight > 0 ? (inProgressLabelValue ?? 'in-progress') : undefined;
  return route.metadata.labels[key] === wanted ? undefined : { [key]: wanted ?? null };
}
