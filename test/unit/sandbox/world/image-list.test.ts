import { describe, expect, test } from 'vitest';
import { chooseFacts, parseImageList, versionOf } from '../../../../src/sandbox/world/image-list.ts';
import { parseLoad } from '../../../../src/sandbox/world/proxy/load.ts';

describe('the image list', () => {
  const problems: string[] = [];
  const images = parseImageList(
    {
      'shop.json': '{"ghcr.io/acme/shop:3.0.0": {"errorRate": 0.2, "latencyMs": 300}}',
      'rest.yaml': 'ghcr.io/acme/shop: {startMs: 100}\nbroken:1: {pull: missing}',
      'empty.yaml': '',
      'wrong.yaml': 'shop:1: {errorRate: 7}',
      'torn.json': '{',
    },
    (message) => problems.push(message),
  );

  test.each([
    { image: 'ghcr.io/acme/shop:3.0.0', facts: { errorRate: 0.2, latencyMs: 300, startMs: 800 } },
    { image: 'ghcr.io/acme/shop:2.0.0', facts: { errorRate: 0, startMs: 100 } },
    { image: 'broken:1', facts: { pull: 'missing' } },
    { image: 'unheard/of:9', facts: { pull: 'ok', errorRate: 0, startMs: 800 } },
  ])('knows $image', ({ image, facts }) => {
    expect(chooseFacts(images, image)).toMatchObject(facts);
  });

  test('names what it could not read, and keeps the rest', () => {
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'image list, wrong.yaml',
      'image list, torn.json',
    ]);
  });

  test.each([
    ['ghcr.io/acme/shop:3.0.0', '3.0.0'],
    ['localhost:5000/shop', 'latest'],
    ['localhost:5000/shop:2', '2'],
    ['shop@sha256:0123456789abcdef0123', '0123456789ab'],
    ['shop:1@sha256:0123456789abcdef0123', '1'],
    ['', 'latest'],
  ])('the version of %j is %j', (image, version) => {
    expect(versionOf(image)).toBe(version);
  });
});

test('the load reads a rate per host, and names what is no rate', () => {
  const problems: string[] = [];
  const load = parseLoad(
    { 'a.example': '12.5', 'b.example': '', 'c.example': 'many', 'd.example': '-1' },
    40,
    (message) => problems.push(message),
  );
  expect([...load]).toEqual([
    ['a.example', 12.5],
    ['b.example', 40],
  ]);
  expect(problems).toEqual([
    'load, c.example: "many" is not a number of requests per second',
    'load, d.example: "-1" is not a number of requests per second',
  ]);
});
