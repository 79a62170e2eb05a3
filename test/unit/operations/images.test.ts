import { describe, expect, it } from 'vitest';
import { chooseImages, isForeign, isUnusualTag } from '../../../src/operations/images.ts';

const template = {
  spec: {
    containers: [
      { name: 'istio-proxy', image: 'istio/proxyv2:1.20' },
      { name: 'checkout', image: 'registry.example.com:5000/acme/checkout:1.4.2' },
    ],
  },
};
const digest = `sha256:${'a'.repeat(64)}`;

function choose(image: string, container?: string) {
  const chosen = chooseImages(template, [{ image, container }], 'checkout');
  return chosen.done ? chosen.changes.map(({ container: name, to }) => `${name}=${to}`).join() : chosen.reason;
}

describe('chooseImages', () => {
  it.each([
    ['2.0.0', 'checkout=registry.example.com:5000/acme/checkout:2.0.0'],
    [':2.0.0', 'checkout=registry.example.com:5000/acme/checkout:2.0.0'],
    ['v2', 'checkout=registry.example.com:5000/acme/checkout:v2'],
    [digest, `checkout=registry.example.com:5000/acme/checkout@${digest}`],
    ['ghcr.io/acme/checkout:2', 'checkout=ghcr.io/acme/checkout:2'],
    [`ghcr.io/acme/checkout@${digest}`, `checkout=ghcr.io/acme/checkout@${digest}`],
    ['ghcr.io/acme/checkout', 'badImage'],
    ['two words', 'badImage'],
    ['-x', 'badImage'],
    ['sha256:short', 'badImage'],
    ['', 'badImage'],
    ['a@b@c', 'badImage'],
    [`ghcr.io/acme/checkout@${digest}@${digest}`, 'badImage'],
    ['http://ghcr.io/acme/checkout:2', 'badImage'],
    ['acme//checkout:2', 'badImage'],
    ['registry:5000/a_b/c__d.e-f:2', 'checkout=registry:5000/a_b/c__d.e-f:2'],
  ])('reads %j', (image, expected) => {
    expect(choose(image)).toBe(expected);
  });

  it('refuses two images for one container, however they were named', () => {
    const asked = [{ image: '2' }, { container: 'checkout', image: '3' }];
    expect(chooseImages(template, asked, 'checkout')).toMatchObject({ done: false, reason: 'badImage' });
  });

  it('takes the container that is named, and knows when there is none of that name', () => {
    expect(choose('2', 'istio-proxy')).toBe('istio-proxy=istio/proxyv2:2');
    expect(choose('2', 'nope')).toBe('unknownContainer');
    expect(chooseImages(template, [{ image: '2' }], undefined)).toMatchObject({
      reason: 'whichContainer',
      candidates: ['istio-proxy', 'checkout'],
    });
  });
});

describe('what needs a second look', () => {
  it('knows another repository from another tag', () => {
    expect(isForeign('ghcr.io/acme/checkout:1', 'evil.io/x:1')).toBe(true);
    expect(isForeign('ghcr.io/acme/checkout:1', 'ghcr.io/acme/checkout:2')).toBe(false);
    expect(isForeign('localhost:5000/x', 'localhost:5000/x:2')).toBe(false);
  });
  it('asks about a tag that is written in another way than today', () => {
    expect(isUnusualTag('x:1.4.2', 'x:v2.0.0')).toBe(true);
    expect(isUnusualTag('x:v1.4.2', 'x:2.0.0')).toBe(true);
    expect(isUnusualTag('x:1.4.2', 'x:2.0.0')).toBe(false);
    expect(isUnusualTag('x:main', 'x:v2')).toBe(false);
  });
});
