import { describe, expect, it } from 'vitest';
import { findRollout } from '../../../src/operations/find.ts';

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
