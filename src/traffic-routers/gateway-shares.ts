import { z } from 'zod';
import { ObjectMeta } from '../lib/index.ts';
import type { AdditionalWeight } from '../rollout/index.ts';
import { Rule } from './gateway-routes.ts';
import type { RouterTarget, Weights } from './traffic-router.ts';
import { maxWeightOf } from './weight.ts';

/*
 * The weights of an HTTPRoute: in every rule that leads to stable and canary, those of these two and of an Experiment's Services. Which
 * backends are an Experiment's stands in an annotation of the route: after it is over its Services are gone, and their names say nothing.
 */

/** Ours, on the HTTPRoute: JSON of the names of Services that an Experiment has put into its rules. */
const experimentServicesAnnotation = 'stepwise.dev/experiment-services';

const BackendRef = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  group: z.string().default(''),
  kind: z.string().default('Service'),
  port: z.number().optional(),
  /** The Gateway API counts a missing weight as 1. */
  weight: z.number().default(1),
});
type BackendRef = z.infer<typeof BackendRef>;

export const Route = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    rules: z.array(Rule).default([]),
  }),
});
export type Route = z.infer<typeof Route>;

/** The backends of one rule whose weights are ours. */
export interface Split {
  readonly canary: BackendRef;
  readonly stable: BackendRef;
  /** Of an Experiment. */
  readonly additional: readonly BackendRef[];
}

export function splitsOf(target: RouterTarget, route: Route | undefined): readonly Split[] {
  if (route === undefined) return [];
  return route.spec.rules.map((rule) => splitOf(target, route, rule)).filter((split) => split !== undefined);
}

/** Only rules that lead to both: a rule with the canary alone (a header route) is not split by weight. */
export function splitOf(target: RouterTarget, route: Route, rule: Rule): Split | undefined {
  const refs = (rule.backendRefs ?? []).map((ref) => BackendRef.safeParse(ref).data).filter((ref) => ref !== undefined);
  const canary = refs.find((ref) => leadsTo(target.canaryService, target, route, ref));
  const stable = refs.find((ref) => leadsTo(target.stableService, target, route, ref));
  if (canary === undefined || stable === undefined) return undefined;
  const known = readExperimentServices(route);
  return { canary, stable, additional: refs.filter((ref) => isOneOf(known, target, route, ref)) };
}

function readExperimentServices({ metadata }: Route): readonly string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(metadata.annotations[experimentServicesAnnotation] ?? '[]'));
  } catch {
    return [];
  }
}

function isOneOf(services: readonly string[], target: RouterTarget, route: Route, ref: BackendRef): boolean {
  return services.some((service) => leadsTo(service, target, route, ref));
}

function leadsTo(service: string, target: RouterTarget, route: Route, ref: BackendRef): boolean {
  const namespace = ref.namespace ?? route.metadata.namespace;
  return ref.name === service && ref.kind === 'Service' && ref.group === '' && namespace === target.namespace;
}

/** 0…1. All at 0: nobody gets a request, so neither does the canary. */
export function shareOf(split: Split, { weight }: BackendRef = split.canary): number {
  const { canary, stable, additional } = split;
  const all = [canary, stable, ...additional].reduce((sum, one) => sum + one.weight, 0);
  return weight === 0 ? 0 : weight / all;
}

/** What the Services of an Experiment get, each the most that any rule gives it. */
export function additionalOf(
  target: RouterTarget,
  routes: readonly (Route | undefined)[],
): readonly AdditionalWeight[] {
  const most = new Map<string, number>();
  for (const split of routes.flatMap((route) => splitsOf(target, route))) {
    for (const ref of split.additional) {
      const weight = Math.ceil(shareOf(split, ref) * maxWeightOf(target.routing) - 1e-9);
      most.set(ref.name, Math.max(most.get(ref.name) ?? 0, weight));
    }
  }
  return [...most].map(([serviceName, weight]) => ({ serviceName, weight })).sort(byName);
}

function byName(a: AdditionalWeight, b: AdditionalWeight): number {
  return a.serviceName < b.serviceName ? -1 : 1;
}

/** By the name of an Experiment's Service, the port that requests are sent to. */
export type Ports = ReadonlyMap<string, number>;

/** The ports of the Experiment's Services that the rules lead to already. */
export function knownPorts(target: RouterTarget, routes: readonly (Route | undefined)[]): Ports {
  const refs = routes.flatMap((route) => splitsOf(target, route)).flatMap(({ additional }) => additional);
  return new Map(refs.flatMap(({ name, port }) => (port === undefined ? [] : [[name, port] as const])));
}

/** The route's rules with these weights; stable gets the rest. */
export function weighRules(target: RouterTarget, route: Route, weights: Weights, ports: Ports): readonly Rule[] {
  const { canary, additional = [] } = weights;
  const known = readExperimentServices(route);
  // Unlike Argo's plugin, which counts to 100 whatever `maxTrafficWeight` says.
  const rest = maxWeightOf(target.routing) - canary - additional.reduce((sum, { weight }) => sum + weight, 0);
  return route.spec.rules.map((rule) => {
    const split = splitOf(target, route, rule);
    if (split === undefined) return rule;
    const kept = (rule.backendRefs ?? []).flatMap((raw) => {
      const ref = BackendRef.safeParse(raw).data;
      if (ref === undefined || typeof raw !== 'object') return [raw];
      if (leadsTo(target.canaryService, target, route, ref)) return [{ ...raw, weight: canary }];
      if (leadsTo(target.stableService, target, route, ref)) return [{ ...raw, weight: rest }];
      if (!isOneOf(known, target, route, ref)) return [raw];
      const wanted = additional.find(({ serviceName }) => serviceName === ref.name);
      return wanted === undefined ? [] : [{ ...raw, weight: wanted.weight }];
    });
    // Unlike Argo's plugin, which adds them to the first rule only.
    const added = additional
      .filter(({ serviceName }) => split.additional.every(({ name }) => name !== serviceName))
      .map(({ serviceName, weight }) => backendOf(split.stable, serviceName, weight, ports.get(serviceName)));
    return { ...rule, backendRefs: [...kept, ...added] };
  });
}

function backendOf(stable: BackendRef, name: string, weight: number, port: number | undefined): object {
  const { namespace } = stable;
  return {
    group: '',
    kind: 'Service',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(port === undefined ? {} : { port }),
    weight,
  };
}

/** What the annotation has to say; undefined: it says it. */
export function experimentServicesChange(
  route: Route,
  { additional = [] }: Weights,
): { readonly [key: string]: string | null } | undefined {
  const names = additional.map(({ serviceName }) => serviceName).sort();
  const text = names.length === 0 ? undefined : JSON.stringify(names);
  if (route.metadata.annotations[experimentServicesAnnotation] === text) return undefined;
  return { [experimentServicesAnnotation]: text ?? null };
}
