import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../src/lib/index.ts';

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
