import { describe, expect, it } from 'vitest';
import type { ManagedRoute, RequestMatch, StringMatch } from '../../../src/rollout/index.ts';
import { type Rule, withManagedRoutes } from '../../../src/traffic-routers/gateway-routes.ts';

const ref = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight });
const split = (more: object = {}): Rule => ({ ...more, backendRefs: [ref('stable', 80), ref('canary', 20)] });
const other: Rule = { matches: [{ path: { type: 'PathPrefix', value: '/audit' } }], backendRefs: [ref('audit', 1)] };
const canaryOf = (rule: Rule) =>
  (rule.backendRefs ?? []).length === 2 ? (rule.backendRefs?.[1] as Record<string, unknown>) : undefined;

const header = (headerValue: StringMatch): ManagedRoute => ({
  name: 'testers',
  header: [{ headerName: 'x-who', headerValue }],
});
const mirror = (match: RequestMatch, percentage = 100): ManagedRoute => ({
  name: 'copies',
  mirror: [match],
  percentage,
});

function add(rules: readonly Rule[], ...routes: readonly ManagedRoute[]): readonly Rule[] {
  return withManagedRoutes(rules, [], routes, canaryOf);
}

describe('header and mirror routes as rules', () => {
  it('copies each rule that is split, narrower and before all others', () => {
    const filters = [{ type: 'URLRewrite', urlRewrite: {} }];
    const path = { type: 'PathPrefix', value: '/shop' };
    const rules = [
      other,
      split({ matches: [{ path, headers: [{ type: 'Exact', name: 'x-eu', value: '1' }] }], filters }),
      split(),
    ];
    expect(add(rules, header({ exact: 'me' }))).toEqual([
      {
        name: 'testers',
        matches: [
          {
            path,
            headers: [
              { type: 'Exact', name: 'x-eu', value: '1' },
              { type: 'Exact', name: 'x-who', value: 'me' },
            ],
          },
        ],
        filters,
        backendRefs: [ref('canary', 1)],
      },
      {
        name: 'testers-1',
        matches: [{ headers: [{ type: 'Exact', name: 'x-who', value: 'me' }] }],
        backendRefs: [ref('canary', 1)],
      },
      ...rules,
    ]);
  });

  it.each<[StringMatch, object]>([
    [{ regex: 'a|b' }, { type: 'RegularExpression', value: 'a|b' }],
    [{ prefix: 'v1.' }, { type: 'RegularExpression', value: 'v1\\..*' }],
  ])('compares a header by %o', (headerValue, expected) => {
    expect(add([split()], header(headerValue))[0]?.matches).toEqual([{ headers: [{ name: 'x-who', ...expected }] }]);
  });

  it('takes rules of its names away, and no other', () => {
    const rules = [split({ name: 'testers-of-others' }), split(), other];
    const route = header({ exact: 'me' });
    expect(withManagedRoutes(add(rules, route), [route], [], canaryOf)).toEqual(rules);
    expect(withManagedRoutes(add(rules, route), [route], [route], canaryOf)).toEqual(add(rules, route));
  });

  it('copies requests, with the split as it stands', () => {
    const [rule] = add([split({ filters: [] })], mirror({ method: { exact: 'GET' }, path: { prefix: '/api' } }, 35));
    expect(rule).toEqual({
      name: 'copies',
      matches: [{ method: 'GET', path: { type: 'PathPrefix', value: '/api' } }],
      filters: [
        {
          type: 'RequestMirror',
          requestMirror: { backendRef: { group: '', kind: 'Service', name: 'canary', port: 80 }, percent: 35 },
        },
      ],
      backendRefs: [ref('stable', 80), ref('canary', 20)],
    });
  });

  it.each<[string, RequestMatch, string | undefined]>([
    ['/', { path: { prefix: '/api' } }, '/api'],
    ['/api', { path: { prefix: '/api/v2' } }, '/api/v2'],
    ['/api/v2', { path: { prefix: '/api' } }, '/api/v2'],
    ['/api', { path: { exact: '/api/health' } }, '/api/health'],
    ['/api', { path: { prefix: '/apix' } }, undefined],
    ['/shop', { path: { prefix: '/api' } }, undefined],
    ['/shop', { path: { exact: '/' } }, undefined],
    ['/shop', { headers: { a: { exact: 'b' } } }, '/shop'],
  ])('of a rule for %s, %o takes %s: never what the rule did not take', (value, match, taken) => {
    const rules = [split({ matches: [{ path: { type: 'PathPrefix', value } }] })];
    const copied = add(rules, mirror(match)).filter(({ name }) => name !== undefined);
    expect(copied.flatMap(({ matches = [] }) => matches)).toEqual(
      taken === undefined ? [] : [expect.objectContaining({ path: expect.objectContaining({ value: taken }) })],
    );
  });

  it.each<[RequestMatch, string]>([
    [{ method: { prefix: 'G' } }, 'an HTTPRoute compares methods exactly, not by prefix "G"'],
    [{ path: { regex: '.*' } }, "a mirror route's regex cannot be joined with the path /shop of the HTTPRoute's rule"],
  ])('says what an HTTPRoute cannot: %o', (match, words) => {
    const rules = [split({ matches: [{ path: { type: 'PathPrefix', value: '/shop' } }] })];
    expect(() => add(rules, mirror(match))).toThrow(words);
  });
});
