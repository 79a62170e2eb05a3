import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuantity } from '../../../../src/sandbox/kubernetes-api/schema/quantity.ts';

// As a real server wrote them.
test.for([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['2000', '2k'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['1', '1'],
  ['100m', '100m'],
  ['1e3', '1k'],
  ['0', '0'],
  ['0.1Gi', '107374182400m'],
  ['-0.5', '-500m'],
  ['many', 'many'],
  ['', ''],
] as const)('%s is written %s', ([given, written]) => {
  expect(canonicalQuantity(given)).toBe(written);
});

test('the canonical form is its own', () => {
  const text = fc
    .tuple(
      fc.integer({ min: 0, max: 99_999 }),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi'),
    )
    .map(([whole, fraction, suffix]) => `${whole}.${fraction}${suffix}`);
  fc.assert(fc.property(text, (given) => canonicalQuantity(canonicalQuantity(given)) === canonicalQuantity(given)));
});
