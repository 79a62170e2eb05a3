import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, findRollout } from '../../../src/operations/find.ts';

const rollouts = [
  { namespace: 'shop', name: 'checkout' },
  { namespace: 'shop', name: 'cart-frontend' },
  { namespace: 'pay', name: 'api' },
  { namespace: 'search', name: 'api' },
];

function find(name: string, options: { namespace?: string; channel?: readonly string[] } = {}) {
  const target = options.namespace === undefined ? { name } : { name, namespace: options.namespace };
  const found = findRollout(target, { rollouts, channelNamespaces: options.channel ?? [] });
  return found.done ? `${found.name.namespace}/${found.name.name}` : [found.reason, ...(found.candidates ?? [])];
}

describe('findRollout', () => {
  it.each([
    ['an exact name', 'checkout', {}, 'shop/checkout'],
    ['a name in two namespaces', 'api', {}, ['ambiguousName', 'pay/api', 'search/api']],
    ['the same from a channel bound to one of them', 'api', { channel: ['pay'] }, 'pay/api'],
    ['the same with a namespace', 'api', { namespace: 'search' }, 'search/api'],
    ['a unique prefix', 'cart', {}, 'shop/cart-frontend'],
    ['a typo: suggested, not found', 'chekout', {}, ['unknownRollout', 'shop/checkout']],
    ['a prefix that is no word', 'check', {}, ['unknownRollout']],
    ['nothing like it', 'zebra', {}, ['unknownRollout']],
    ['a name in another namespace', 'checkout', { namespace: 'pay' }, ['unknownRollout']],
  ])('%s', (_, name, options, expected) => {
    expect(find(name, options)).toEqual(expected);
  });
});

describe('editDistance', () => {
  it('counts a swap of neighbours as one', () => {
    expect(editDistance('abrot', 'abort')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });
  it('is 0 only for equal words, the same both ways, and never more than the longer word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
