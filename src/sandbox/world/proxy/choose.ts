import { RE2JS } from 're2js';
import type { Alternative, Match, RoutedRequest, RouteTable, Rule, ValueMatch } from './routes.ts';

/** Finds the rule of a request: the exact host before a wildcard before any host; then the most specific rule. */
export function chooseRule(table: RouteTable, request: RoutedRequest): Rule | undefined {
  const host = request.host.replace(/:\d+$/, '').toLowerCase();
  for (const name of hostNames(host)) {
    const rule = table.get(name)?.find((candidate) => isMatch(candidate.match, request));
    if (rule !== undefined) return rule;
  }
  return undefined;
}

function* hostNames(host: string) {
  yield host;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) yield `*${host.slice(dot)}`;
  yield '';
}

/**
 * Chooses the Service for a request. `point` in [0, 1) says where in the split this request falls.
 * `isServing` tells whether a Service has an endpoint that may get requests.
 */
export function chooseService(
  rule: Rule,
  request: RoutedRequest,
  at: { readonly point: number; readonly isServing: (service: string) => boolean },
): string | undefined {
  if (rule.target.kind === 'ingress') {
    const { service, alternative } = rule.target;
    // ingress-nginx drops a backend without endpoints and then falls back to the first one.
    if (alternative === undefined || !at.isServing(alternative.service)) return service;
    return isForAlternative(alternative, request, at.point) ? alternative.service : service;
  }
  // Gateway API: a backend without endpoints keeps its share, and those requests fail with 503.
  let total = 0;
  for (const { weight } of rule.target.services) total += weight;
  let rest = at.point * total;
  for (const { service, weight } of rule.target.services) {
    if (rest < weight) return service;
    rest -= weight;
  }
  return undefined;
}

// The order is ingress-nginx's: header, then cookie, then weight; `always` and `never` are its words.
function isForAlternative(alternative: Alternative, request: RoutedRequest, point: number): boolean {
  const { header, headerValue, headerPattern, cookie } = alternative;
  const sent = header === undefined ? undefined : request.headers[header];
  if (sent !== undefined) {
    if (headerValue !== undefined) {
      if (sent === headerValue) return true;
    } else if (headerPattern !== undefined) {
      if (isRegexMatch(headerPattern, sent)) return true;
    } else if (sent === 'always' || sent === 'never') return sent === 'always';
  }
  const choice = cookie === undefined ? undefined : readCookie(request.headers.cookie ?? '', cookie);
  if (choice === 'always' || choice === 'never') return choice === 'always';
  return point * alternative.weightTotal < alternative.weight;
}

function readCookie(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}

function isMatch(match: Match, request: RoutedRequest): boolean {
  const [path = '/', query = ''] = request.path.split('?', 2);
  if (!isPathMatch(match, path)) return false;
  if (match.method !== undefined && match.method !== request.method) return false;
  if (!match.headers.every((wanted) => isValueMatch(wanted, request.headers[wanted.name]))) return false;
  if (match.queryParams.length === 0) return true;
  const params = new URLSearchParams(query);
  return match.queryParams.every((wanted) => isValueMatch(wanted, params.get(wanted.name) ?? undefined));
}

/** Prefixes match whole path elements: `/a` matches `/a` and `/a/b`, not `/ab`. */
function isPathMatch(match: Match, path: string): boolean {
  if (match.kind === 'exact') return path === match.path;
  if (match.kind === 'regex') return isRegexMatch(match.path, path);
  const prefix = match.path.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

function isValueMatch(wanted: ValueMatch, value: string | undefined): boolean {
  if (value === undefined) return false;
  return wanted.type === 'RegularExpression' ? isRegexMatch(wanted.value, value) : value === wanted.value;
}

/** People's patterns run in linear time; one that does not compile matches nothing. */
function isRegexMatch(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matches(text);
  } catch {
    return false;
  }
}
