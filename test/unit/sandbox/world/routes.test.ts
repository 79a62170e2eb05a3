import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseRule, chooseService } from '../../../../src/sandbox/world/proxy/choose.ts';
import { buildRoutes, type RoutedRequest } from '../../../../src/sandbox/world/proxy/routes.ts';
import { HttpRoute, Ingress } from '../../../../src/sandbox/world/route-objects.ts';

const SECOND = 'nginx.ingress.kubernetes.io/canary';

function ingress(
  name: string,
  paths: Readonly<Record<string, string>>,
  more: {
    readonly annotations?: object;
    readonly host?: string;
    readonly pathType?: string;
    readonly created?: string;
  } = {},
) {
  return Ingress.parse({
    metadata: {
      name,
      namespace: 'shop',
      annotations: more.annotations ?? {},
      creationTimestamp: more.created ?? '2026-01-01T00:00:00Z',
    },
    spec: {
      rules: [
        {
          host: more.host ?? 'a.example',
          http: {
            paths: Object.entries(paths).map(([path, service]) => ({
              path,
              pathType: more.pathType ?? 'Prefix',
              backend: { service: { name: service } },
            })),
          },
        },
      ],
    },
  });
}

function second(name: string, service: string, annotations: object, created?: string) {
  return ingress(
    name,
    { '/': service },
    { annotations: { [SECOND]: 'true', ...annotations }, ...(created === undefined ? {} : { created }) },
  );
}

function route(spec: object) {
  return HttpRoute.parse({ metadata: { name: 'r', namespace: 'shop' }, spec: { hostnames: ['a.example'], ...spec } });
}

function request(change: Partial<RoutedRequest> = {}): RoutedRequest {
  return { host: 'a.example', path: '/', method: 'GET', headers: {}, ...change };
}

const everyoneServes = () => true;

function choose(
  table: ReturnType<typeof buildRoutes>,
  asked: RoutedRequest,
  point = 0,
  isServing: (service: string) => boolean = everyoneServes,
) {
  const rule = chooseRule(table, asked);
  return rule && chooseService(rule, asked, { point, isServing });
}

describe('which rule takes a request', () => {
  const table = buildRoutes(
    [
      ingress('paths', { '/': 'root', '/api': 'api', '/api/v2/': 'v2' }),
      ingress('exact', { '/api': 'exact' }, { pathType: 'Exact' }),
      ingress('wild', { '/': 'wild' }, { host: '*.example' }),
      ingress('any', { '/': 'any' }, { host: '' }),
    ],
    [],
  );
  test.each([
    { host: 'a.example', path: '/', service: 'root' },
    { host: 'A.example:8080', path: '/x?y=1', service: 'root' },
    { host: 'a.example', path: '/api', service: 'exact' },
    { host: 'a.example', path: '/api/x', service: 'api' },
    { host: 'a.example', path: '/apix', service: 'root' },
    { host: 'a.example', path: '/api/v2', service: 'v2' },
    { host: 'a.example', path: '/api/v2/x', service: 'v2' },
    { host: 'b.example', path: '/', service: 'wild' },
    { host: 'other.test', path: '/', service: 'any' },
  ])('$host$path goes to $service', ({ host, path, service }) => {
    expect(choose(table, request({ host, path }))).toBe(`shop/${service}`);
  });

  test('no rule takes a host that nobody names', () => {
    expect(chooseRule(buildRoutes([ingress('a', { '/': 'a' })], []), request({ host: 'b.example' }))).toBeUndefined();
  });
});

describe('a second Ingress of the same host and path', () => {
  const weight = (value: string, more: object = {}) => ({ [`${SECOND}-weight`]: value, ...more });
  const header = { [`${SECOND}-by-header`]: 'X-Try' };
  const cookie = { [`${SECOND}-by-cookie`]: 'try' };
  test.each([
    { annotations: weight('25'), headers: {}, point: 0.2499, goes: 'second' },
    { annotations: weight('25'), headers: {}, point: 0.25, goes: 'first' },
    { annotations: weight('0'), headers: {}, point: 0, goes: 'first' },
    { annotations: weight('100'), headers: {}, point: 0.9999, goes: 'second' },
    { annotations: weight('1', { [`${SECOND}-weight-total`]: '4' }), headers: {}, point: 0.2499, goes: 'second' },
    { annotations: weight('1', { [`${SECOND}-weight-total`]: '4' }), headers: {}, point: 0.25, goes: 'first' },
    { annotations: weight('many'), headers: {}, point: 0, goes: 'first' },
    { annotations: weight('0', header), headers: { 'x-try': 'always' }, point: 0.9, goes: 'second' },
    { annotations: weight('100', header), headers: { 'x-try': 'never' }, point: 0, goes: 'first' },
    { annotations: weight('100', header), headers: { 'x-try': 'perhaps' }, point: 0, goes: 'second' },
    {
      annotations: weight('0', { ...header, [`${SECOND}-by-header-value`]: 'blue' }),
      headers: { 'x-try': 'blue' },
      point: 0.9,
      goes: 'second',
    },
    {
      annotations: weight('0', { ...header, [`${SECOND}-by-header-value`]: 'blue' }),
      headers: { 'x-try': 'always' },
      point: 0.9,
      goes: 'first',
    },
    {
      annotations: weight('0', { ...header, [`${SECOND}-by-header-pattern`]: 'b.*' }),
      headers: { 'x-try': 'blue' },
      point: 0.9,
      goes: 'second',
    },
    { annotations: weight('0', cookie), headers: { cookie: 'a=b; try=always' }, point: 0.9, goes: 'second' },
    { annotations: weight('100', cookie), headers: { cookie: 'try=never' }, point: 0, goes: 'first' },
  ])('$annotations with $headers at $point goes to the $goes', ({ annotations, headers, point, goes }) => {
    const table = buildRoutes([ingress('main', { '/': 'first' }), second('beside', 'second', annotations)], []);
    const sent: Record<string, string> = { ...headers };
    expect(choose(table, request({ headers: sent }), point)).toBe(`shop/${goes}`);
  });

  test('takes nothing without an endpoint, without its annotation, or on another path', () => {
    const all = weight('100');
    const table = buildRoutes([ingress('main', { '/': 'first' }), second('beside', 'second', all)], []);
    expect(choose(table, request(), 0, (service) => service !== 'shop/second')).toBe('shop/first');
    const elsewhere = ingress('beside', { '/other': 'second' }, { annotations: { [SECOND]: 'true', ...all } });
    expect(choose(buildRoutes([ingress('main', { '/': 'first' }), elsewhere], []), request({ path: '/other' }))).toBe(
      'shop/first',
    );
  });

  test('is one per location: the oldest', () => {
    const late = second('a-late', 'late', weight('100'), '2026-01-02T00:00:00Z');
    const early = second('b-early', 'early', weight('100'), '2026-01-01T00:00:00Z');
    expect(choose(buildRoutes([late, ingress('main', { '/': 'first' }), early], []), request())).toBe('shop/early');
  });
});

describe('an HTTPRoute', () => {
  const refs = (...weights: readonly number[]) => weights.map((weight, index) => ({ name: `s${index}`, weight }));

  test('splits by weight over any number of backends: each gets its share of the points', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 5 }).filter((weights) => weights.some((weight) => weight > 0)),
        (weights) => {
          const table = buildRoutes([], [route({ rules: [{ backendRefs: refs(...weights) }] })]);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const counted = weights.map(() => 0);
          for (let point = 0; point < total; point++) {
            const index = Number(choose(table, request(), (point + 0.5) / total)?.slice('shop/s'.length));
            counted[index] = (counted[index] ?? 0) + 1;
          }
          expect(counted).toEqual(weights);
        },
      ),
    );
  });

  test('sends nothing anywhere when every weight is 0', () => {
    expect(choose(buildRoutes([], [route({ rules: [{ backendRefs: refs(0, 0) }] })]), request())).toBeUndefined();
  });

  test('keeps the share of a backend without endpoints, unlike ingress-nginx', () => {
    const table = buildRoutes([], [route({ rules: [{ backendRefs: refs(50, 50) }] })]);
    expect(choose(table, request(), 0.75, () => false)).toBe('shop/s1');
  });

  test.each([
    { asked: request(), service: 'plain' },
    { asked: request({ headers: { 'x-try': 'yes' } }), service: 'header' },
    { asked: request({ headers: { 'x-try': 'yes', 'x-more': 'on' } }), service: 'both' },
    { asked: request({ method: 'POST' }), service: 'post' },
    { asked: request({ path: '/?v=2' }), service: 'query' },
    { asked: request({ path: '/id/77' }), service: 'regex' },
  ])('prefers the most specific match: $service', ({ asked, service }) => {
    const rule = (name: string, match: object) => ({ matches: [match], backendRefs: [{ name }] });
    const table = buildRoutes(
      [],
      [
        route({
          rules: [
            { backendRefs: [{ name: 'plain' }] },
            rule('header', { headers: [{ name: 'X-Try', value: 'yes' }] }),
            rule('both', {
              headers: [
                { name: 'X-Try', value: 'yes' },
                { name: 'X-More', value: 'o.', type: 'RegularExpression' },
              ],
            }),
            rule('post', { method: 'POST' }),
            rule('query', { queryParams: [{ name: 'v', value: '2' }] }),
            rule('regex', { path: { type: 'RegularExpression', value: '/id/[0-9]+' } }),
          ],
        }),
      ],
    );
    expect(choose(table, asked)).toBe(`shop/${service}`);
  });
});
