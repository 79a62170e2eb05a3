import type { HttpRoute, Ingress } from '../route-objects.ts';

/** A request as far as routing looks at it. Header names are lower case. */
export type RoutedRequest = {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Match = {
  readonly kind: 'exact' | 'prefix' | 'regex';
  readonly path: string;
  readonly method?: string | undefined;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
};
export type ValueMatch = { readonly type: string; readonly name: string; readonly value: string };

/** A Service by `namespace/name`, and its share of a rule's traffic. */
export type WeightedService = { readonly service: string; readonly weight: number };

/** A Service that gets copies, and of which share of the requests (0 to 1). */
export type Mirror = { readonly service: string; readonly share: number };

/** The second Ingress of a host and path, which takes a part of the first one's requests. */
export type Alternative = {
  readonly service: string;
  readonly weight: number;
  readonly weightTotal: number;
  readonly header?: string | undefined;
  readonly headerValue?: string | undefined;
  readonly headerPattern?: string | undefined;
  readonly cookie?: string | undefined;
};

export type Rule = {
  /** Stays the same over rebuilds of the table: the rule's place in its split sequence hangs on it. */
  readonly id: string;
  readonly match: Match;
  readonly target:
    | { readonly kind: 'ingress'; readonly service: string; readonly alternative: Alternative | undefined }
    | {
        readonly kind: 'http-route';
        readonly services: readonly WeightedService[];
        readonly mirrors: readonly Mirror[];
      };
};

/** Host (`*.` for a wildcard, empty for any) → rules, most specific first. */
export type RouteTable = Pick<ReadonlyMap<string, readonly Rule[]>, 'get'>;

// ingress-nginx's own annotation names (user guide, "Canary"): https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary
const SECOND = 'nginx.ingress.kubernetes.io/canary';

/** Builds the table from what the API holds now. */
export function buildRoutes(ingresses: Iterable<Ingress>, httpRoutes: Iterable<HttpRoute>): RouteTable {
  const table = new Map<string, Rule[]>();
  const byAge = [...ingresses].toSorted((a, b) => ageOf(a) - ageOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const alternatives = collectAlternatives(byAge.filter(isSecond));
  for (const ingress of byAge) {
    if (!isSecond(ingress)) addIngress(table, ingress, alternatives);
  }
  for (const route of [...httpRoutes].toSorted((a, b) => ageOf(a) - ageOf(b))) addHttpRoute(table, route);
  for (const rules of table.values()) rules.sort((a, b) => specificity(b.match) - specificity(a.match));
  return table;
}

/** The hosts that an Ingress has rules for. */
export function hostsOfIngress(ingress: Ingress): readonly string[] {
  return [...new Set([...backendsOf(ingress)].map(({ host }) => host))];
}

export function hostsOfRoute(route: HttpRoute): readonly string[] {
  return route.spec.hostnames.length === 0 ? [''] : route.spec.hostnames;
}

function isSecond(ingress: Ingress): boolean {
  return ingress.metadata.annotations[SECOND] === 'true';
}

/** Host and path → alternative. ingress-nginx honours one per location: the oldest. */
function collectAlternatives(ingresses: readonly Ingress[]): ReadonlyMap<string, Alternative> {
  const alternatives = new Map<string, Alternative>();
  for (const ingress of ingresses) {
    const { annotations } = ingress.metadata;
    for (const { location, service } of backendsOf(ingress)) {
      if (alternatives.has(location)) continue;
      alternatives.set(location, {
        service,
        weight: wholeNumber(annotations[`${SECOND}-weight`], 0),
        weightTotal: Math.max(1, wholeNumber(annotations[`${SECOND}-weight-total`], 100)),
        header: annotations[`${SECOND}-by-header`]?.toLowerCase(),
        headerValue: annotations[`${SECOND}-by-header-value`],
        headerPattern: annotations[`${SECOND}-by-header-pattern`],
        cookie: annotations[`${SECOND}-by-cookie`],
      });
    }
  }
  return alternatives;
}

function addIngress(
  table: Map<string, Rule[]>,
  ingress: Ingress,
  alternatives: ReadonlyMap<string, Alternative>,
): void {
  for (const { location, host, path, pathType, service } of backendsOf(ingress)) {
    const kind = pathType === 'Exact' ? 'exact' : 'prefix';
    const match: Match = { kind, path, headers: [], queryParams: [] };
    const target = { kind: 'ingress' as const, service, alternative: alternatives.get(location) };
    addRule(table, host, { id: location, match, target });
  }
}

function* backendsOf(ingress: Ingress) {
  const { namespace } = ingress.metadata;
  for (const rule of ingress.spec.rules) {
    for (const { path, pathType, backend } of rule.http?.paths ?? []) {
      if (backend.service === undefined) continue;
      const service = `${namespace}/${backend.service.name}`;
      yield { location: `${rule.host}${path}`, host: rule.host, path, pathType, service };
    }
  }
  const fallback = ingress.spec.defaultBackend?.service;
  if (fallback !== undefined && ingress.spec.rules.length === 0) {
    yield { location: '/', host: '', path: '/', pathType: 'Prefix', service: `${namespace}/${fallback.name}` };
  }
}

function addHttpRoute(table: Map<string, Rule[]>, route: HttpRoute): void {
  const { namespace, name } = route.metadata;
  const hosts = hostsOfRoute(route);
  for (const [ruleIndex, rule] of route.spec.rules.entries()) {
    const services = rule.backendRefs
      .filter((backend) => backend.kind === 'Service')
      .map((backend) => ({ service: `${backend.namespace ?? namespace}/${backend.name}`, weight: backend.weight }));
    const mirrors = rule.filters.flatMap(({ requestMirror }) => mirrorOf(requestMirror, namespace));
    const matches = rule.matches.length === 0 ? [{ path: anyPath, headers: [], queryParams: [] }] : rule.matches;
    for (const [matchIndex, match] of matches.entries()) {
      const id = `${namespace}/${name}#${ruleIndex}.${matchIndex}`;
      for (const host of hosts) {
        addRule(table, host, { id, match: readMatch(match), target: { kind: 'http-route', services, mirrors } });
      }
    }
  }
}

type RequestMirror = HttpRoute['spec']['rules'][number]['filters'][number]['requestMirror'];

function mirrorOf(mirror: RequestMirror, routeNamespace: string): Mirror[] {
  if (mirror === undefined || mirror.backendRef.kind !== 'Service') return [];
  const { backendRef, fraction, percent } = mirror;
  const share = fraction === undefined ? (percent ?? 100) / 100 : fraction.numerator / fraction.denominator;
  return [{ service: `${backendRef.namespace ?? routeNamespace}/${backendRef.name}`, share }];
}

const anyPath = { type: 'PathPrefix', value: '/' };

function readMatch(match: {
  readonly path: { readonly type: string; readonly value: string };
  readonly method?: string | undefined;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
}): Match {
  const kinds: Readonly<Record<string, Match['kind']>> = { Exact: 'exact', RegularExpression: 'regex' };
  const headers = match.headers.map((header) => ({ ...header, name: header.name.toLowerCase() }));
  const { method, queryParams } = match;
  return { kind: kinds[match.path.type] ?? 'prefix', path: match.path.value, method, headers, queryParams };
}

function addRule(table: Map<string, Rule[]>, host: string, rule: Rule): void {
  const rules = table.get(host);
  if (rules === undefined) table.set(host, [rule]);
  else rules.push(rule);
}

// Gateway API's order of precedence: exact path, longest prefix, method, most headers, most query parameters, oldest (the sort is stable).
function specificity(match: Match): number {
  const path = match.kind === 'exact' ? 1e9 : match.path.length * 1e5;
  return path + (match.method === undefined ? 0 : 1e4) + match.headers.length * 100 + match.queryParams.length;
}

function ageOf(object: { readonly metadata: { readonly creationTimestamp?: string | undefined } }): number {
  return Date.parse(object.metadata.creationTimestamp ?? '') || 0;
}

function wholeNumber(text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value >= 0 ? value : fallback;
}
