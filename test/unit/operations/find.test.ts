import { describe, expect, it } from 'vitest';
import { namesIn, searchRollout } from '../../../src/operations/find.ts';

const rollouts = [
  { namespace: 'shop', name: 'checkout' },
  { namespace: 'shop', name: 'cart-frontend' },
  { namespace: 'pay', name: 'api' },
  { namespace: 'search', name: 'api' },
];

function search(name: string, options: { namespace?: string; channel?: readonly string[] } = {}) {
  const target = options.namespace === undefined ? { name } : { name, namespace: options.namespace };
  const found = searchRollout(target, { rollouts, channelNamespaces: options.channel ?? [] });
  return [found.kind, ...namesIn(found).map((one) => `${one.namespace}/${one.name}`)];
}

describe('searchRollout', () => {
  it.each([
    ['an exact name', 'checkout', {}, ['one', 'shop/checkout']],
    ['a name in two namespaces', 'api', {}, ['several', 'pay/api', 'search/api']],
    ['the same from a channel bound to one of them', 'api', { channel: ['pay'] }, ['one', 'pay/api']],
    ['the same with a namespace', 'api', { namespace: 'search' }, ['one', 'search/api']],
    ['a unique prefix', 'cart', {}, ['one', 'shop/cart-frontend']],
    ['a typo: suggested, not found', 'chekout', {}, ['none', 'shop/checkout']],
    ['a prefix that is no word', 'check', {}, ['none']],
    ['nothing like it', 'zebra', {}, ['none']],
    ['a name in another namespace', 'checkout', { namespace: 'pay' }, ['none']],
  ])('%s', (_, name, options, expected) => {
    expect(search(name, options)).toEqual(expected);
  });
});
