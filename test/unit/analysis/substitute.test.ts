import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { substituteArguments } from '../../../src/analysis/substitute.ts';

describe('substituteArguments', () => {
  it('replaces placeholders everywhere, spaces trimmed', () => {
    const metric = {
      count: '{{args.n}}',
      provider: { web: { headers: [{ '{{args.k}}': 'Bearer {{ args.token }}!' }], n: 5 } },
    };
    const args = [
      { name: 'n', value: '3' },
      { name: 'k', value: 'Authorization' },
      { name: 'token', value: 'a"b\n' },
    ];

    expect(substituteArguments(metric, args)).toEqual({
      isResolved: true,
      value: { count: '3', provider: { web: { headers: [{ Authorization: 'Bearer a"b\n!' }], n: 5 } } },
    });
  });

  it('does not look for placeholders inside values', () => {
    const args = [
      { name: 'a', value: '{{args.b}}' },
      { name: 'b', value: 'x' },
    ];

    expect(substituteArguments('{{args.a}}', args)).toEqual({ isResolved: true, value: '{{args.b}}' });
  });

  it.each([
    ['{{args.x}}', [], 'failed to resolve {{args.x}}'],
    ['{{ other }}', [{ name: 'other', value: '1' }], 'failed to resolve {{ other }}'],
    ['a', [{ name: 'unused' }], 'argument "unused" was not supplied'],
    ['{{args.x', [{ name: 'x', value: '1' }], 'Cannot find end tag="}}" in the template="{{args.x"'],
  ])("refuses %j in Argo's words", (template, args, reason) => {
    expect(substituteArguments(template, args)).toEqual({ isResolved: false, reason });
  });

  it('leaves JSON without placeholders as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        fc.pre(!JSON.stringify(json).includes('{{'));
        expect(JSON.stringify(substituteArguments(json, []))).toBe(JSON.stringify({ isResolved: true, value: json }));
      }),
    );
  });
});
