import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../../src/sandbox/kubernetes-api/api-error.ts';
import { readProtobuf } from '../../../../src/sandbox/kubernetes-api/requests/protobuf.ts';
import { parseResourcePath } from '../../../../src/sandbox/kubernetes-api/requests/request.ts';
import { labelSelectorText, matchesLabelSelector } from '../../../../src/sandbox/kubernetes-api/requests/selectors.ts';
import { shapeOf } from '../../../../src/sandbox/kubernetes-api/requests/table.ts';
import { ageText } from '../../../../src/sandbox/kubernetes-api/resources/age.ts';
import { readJsonPath } from '../../../../src/sandbox/kubernetes-api/resources/json-path.ts';

describe('paths', () => {
  test.for([
    ['/api/v1/namespaces', ['', 'v1', 'namespaces', '', '', '']],
    ['/api/v1/namespaces/shop', ['', 'v1', 'namespaces', 'shop', 'shop', '']],
    ['/api/v1/namespaces/shop/status', ['', 'v1', 'namespaces', 'shop', 'shop', 'status']],
    ['/api/v1/namespaces/shop/pods', ['', 'v1', 'pods', 'shop', '', '']],
    ['/api/v1/namespaces/shop/pods/a/eviction', ['', 'v1', 'pods', 'shop', 'a', 'eviction']],
    ['/apis/apps/v1/deployments', ['apps', 'v1', 'deployments', '', '', '']],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Adiscovery',
      ['rbac.authorization.k8s.io', 'v1', 'clusterroles', '', 'system:discovery', ''],
    ],
  ] as const)('%s', ([path, [group, version, plural, namespace, name, subresource]]) => {
    expect(parseResourcePath(path)).toEqual({ group, version, plural, namespace, name, subresource });
  });
  test.for(['/', '/healthz', '/api', '/api/v1', '/apis/apps/v1'])('%s is no resource', (path) => {
    expect(parseResourcePath(path)).toBeUndefined();
  });
});

test.for([
  [undefined, 'objects'],
  ['application/json', 'objects'],
  ['application/vnd.kubernetes.protobuf,application/json', 'objects'],
  [
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
    'table',
  ],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'metadata list'],
  ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json', 'metadata'],
] as const)('Accept: %s asks for %s', ([accept, shape]) => {
  expect(shapeOf(accept)).toBe(shape);
});

test.for([
  [5, '5s'],
  [119, '119s'],
  [125, '2m5s'],
  [600, '10m'],
  [3 * 3600, '3h'],
  [3 * 3600 + 60, '3h1m'],
  [40 * 3600, '40h'],
  [3 * 86_400, '3d'],
  [30 * 86_400, '30d'],
  [800 * 86_400, '2y70d'],
] as const)('%i seconds are %s', ([seconds, text]) => {
  expect(ageText('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:00Z') + seconds * 1000)).toBe(text);
});

test.for([
  ['.spec.size', 3],
  ['.items[0].name', 'a'],
  ['.items[-1:].name', 'b'],
  ['.items[*].name', 'a'],
  ['.items[?(@.name=="b")].n', 2],
  [".metadata.labels['example.com/x']", 'y'],
  ['.metadata.labels.example\\.com/x', 'y'],
  ['.spec.none', undefined],
] as const)('the column path %s', ([path, found]) => {
  const object = {
    spec: { size: 3 },
    items: [{ name: 'a' }, { name: 'b', n: 2 }],
    metadata: { labels: { 'example.com/x': 'y' } },
  };
  expect(readJsonPath(object, path)).toBe(found);
});

test('a label selector, and the same as text', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };
  expect(labelSelectorText(selector)).toBe('app=web,tier in (a,b),!old');
  expect(matchesLabelSelector(selector, { app: 'web', tier: 'b' })).toBe(true);
  expect(matchesLabelSelector(selector, { app: 'web', tier: 'c' })).toBe(false);
  expect(matchesLabelSelector(selector, { app: 'web', tier: 'b', old: '' })).toBe(false);
});

test('protobuf that is none is refused, never a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const body = Buffer.concat([Buffer.from('k8s\0'), bytes]);
      expect(() => readProtobuf(body)).toThrow(ApiError);
    }),
  );
});
