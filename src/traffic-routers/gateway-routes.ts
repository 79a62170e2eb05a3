import { z } from 'zod';
import { InvalidError } from '../lib/index.ts';
import { ManagedRoute, type RequestMatch, type StringMatch } from '../rollout/index.ts';

/*
 * Header and mirror routes as rules of an HTTPRoute: a copy of each rule that is split by weight, before all others, which narrows its
 * matches. Of a header route it leads to the canary alone; of a mirror route it is split as the original is, and copies requests.
 * The list of them stands in an annotation of the route: names alone would not say what was asked.
 */

/** Ours, on the HTTPRoute: JSON of its managed routes. */
export const managedRoutesAnnotation = 'stepwise.dev/managed-routes';

const Match = z.looseObject({
  path: z.looseObject({ type: z.string().default('PathPrefix'), value: z.string().default('/') }).optional(),
  method: z.string().optional(),
  headers: z.array(z.looseObject({ name: z.string() })).optional(),
});
type Match = z.infer<typeof Match>;

export const Rule = z.looseObject({
  name: z.string().optional(),
  matches: z.array(z.unknown()).optional(),
  filters: z.array(z.unknown()).optional(),
  backendRefs: z.array(z.unknown()).optional(),
});
export type Rule = z.infer<typeof Rule>;

/** What a rule that is split leads to: as the route has it. */
export type CanaryOf = (rule: Rule) => Readonly<Record<string, unknown>> | undefined;

export function readManagedRoutes(annotations: Readonly<Record<string, string>>): readonly ManagedRoute[] {
  try {
    return z.array(ManagedRoute).parse(JSON.parse(annotations[managedRoutesAnnotation] ?? '[]'));
  } catch {
    return [];
  }
}

/** The rules with these routes before them; rules of the routes that were there go. */
export function withManagedRoutes(
  rules: readonly Rule[],
  known: readonly ManagedRoute[],
  wanted: readonly ManagedRoute[],
  canaryOf: CanaryOf,
): readonly Rule[] {
  const own = rules.filter((rule) => !known.some((route) => isRuleOf(rule, route)));
  const split = own.flatMap((rule) => {
    const canary = canaryOf(rule);
    return canary === undefined ? [] : [{ rule, canary }];
  });
  const managed = wanted.flatMap((route) =>
    split.flatMap(({ rule, canary }, index) => {
      const name = index === 0 ? route.name : `${route.name}-${index}`;
      return ruleOf(route, { rule, canary, name });
    }),
  );
  return [...managed, ...own];
}

/** By its name; a cluster whose HTTPRoutes know no names of rules is refused when they are written. */
function isRuleOf({ name }: Rule, route: ManagedRoute): boolean {
  if (name === undefined || !name.startsWith(route.name)) return false;
  return /^(-\d+)?$/.test(name.slice(route.name.length));
}

interface Copied {
  readonly rule: Rule;
  readonly canary: Readonly<Record<string, unknown>>;
  readonly name: string;
}

function ruleOf(route: ManagedRoute, { rule, canary, name }: Copied): readonly Rule[] {
  const before = (rule.matches ?? [{}]).map((match) => Match.parse(match));
  if ('header' in route) {
    // All headers of the step have to match, as in Argo's plugin for the Gateway API (any of them would do in Istio).
    const headers = route.header.map(({ headerName, headerValue }) => headerOf(headerName, headerValue));
    const matches = before.map((match) => ({ ...match, headers: [...(match.headers ?? []), ...headers] }));
    return [{ ...rule, name, matches, backendRefs: [{ ...canary, weight: 1 }] }];
  }
  const matches = before.flatMap((match) => route.mirror.flatMap((one) => narrow(match, one)));
  if (matches.length === 0) return [];
  const { group = '', kind = 'Service', name: service, namespace, port } = canary;
  const backendRef = { group, kind, name: service, ...(namespace === undefined ? {} : { namespace }), port };
  const percent = route.percentage === 100 ? {} : { percent: route.percentage };
  const mirror = { type: 'RequestMirror', requestMirror: { backendRef, ...percent } };
  return [{ ...rule, name, matches, filters: [...(rule.filters ?? []), mirror] }];
}

/** Both at once; nothing where no request could match both. A rule never takes requests that the one it copies did not take. */
function narrow(match: Match, { method, path, headers = {} }: RequestMatch): readonly Match[] {
  const added = Object.entries(headers).map(([name, value]) => headerOf(name, value));
  const verb = method === undefined ? match.method : verbOf(method);
  if (match.method !== undefined && verb !== match.method) return [];
  const place = path === undefined ? match.path : narrowPath(match.path, path);
  if (place === null) return [];
  return [
    {
      ...match,
      ...(verb === undefined ? {} : { method: verb }),
      ...(place === undefined ? {} : { path: place }),
      ...(added.length === 0 ? {} : { headers: [...(match.headers ?? []), ...added] }),
    },
  ];
}

function narrowPath(outer: Match['path'], { exact, prefix, regex }: StringMatch): Match['path'] | null {
  const isWhole = outer === undefined || (outer.type === 'PathPrefix' && outer.value === '/');
  if (regex) {
    if (isWhole) return { type: 'RegularExpression', value: regex };
    throw new InvalidError(
      `a mirror route's regex cannot be joined with the path ${outer.value} of the HTTPRoute's rule`,
    );
  }
  const value = exact ?? prefix ?? '/';
  const inner = { type: exact ? 'Exact' : 'PathPrefix', value };
  if (isWhole || isWithin(value, outer)) return inner;
  // `/api` of the step about a rule for `/api/v2`: all that the rule takes.
  return prefix !== undefined && isWithin(outer.value, inner) ? outer : null;
}

function isWithin(value: string, outer: { readonly type: string; readonly value: string }): boolean {
  if (outer.type !== 'PathPrefix') return value === outer.value;
  const root = outer.value.replace(/\/$/, '');
  return value === root || value.startsWith(`${root}/`);
}

function verbOf({ exact, prefix, regex }: StringMatch): string {
  if (exact) return exact;
  throw new InvalidError(
    `an HTTPRoute compares methods exactly, not by ${prefix ? 'prefix' : 'regex'} "${prefix ?? regex}"`,
  );
}

function headerOf(name: string, { exact, regex, prefix }: StringMatch) {
  if (exact) return { type: 'Exact', name, value: exact };
  const value = regex || `${(prefix ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}.*`;
  return { type: 'RegularExpression', name, value };
}
