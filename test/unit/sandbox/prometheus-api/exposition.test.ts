import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExposition, parseSeries } from '../../../../src/sandbox/prometheus-api/exposition.ts';

describe('the text format', () => {
  test('reads samples, values and timestamps, and skips comments', () => {
    const text = [
      '# HELP x A {strange} help 1',
      '# TYPE x counter',
      'x 1',
      '',
      'x{a="b"} +Inf',
      'x{a="c"} -Inf 1500',
      'y NaN',
      'z 1.5e-7',
      '  ',
    ].join('\n');
    expect([...parseExposition(text)]).toEqual([
      { series: 'x', value: 1, tMs: undefined },
      { series: 'x{a="b"}', value: Number.POSITIVE_INFINITY, tMs: undefined },
      { series: 'x{a="c"}', value: Number.NEGATIVE_INFINITY, tMs: 1500 },
      { series: 'y', value: Number.NaN, tMs: undefined },
      { series: 'z', value: 1.5e-7, tMs: undefined },
    ]);
  });

  test.each(['<html>', 'x', 'x{a="b"}', 'x one'])('refuses %j', (line) => {
    expect(() => [...parseExposition(line)]).toThrow(/cannot read/);
  });

  test('gives back any label value, however it is written, and drops empty ones', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const written = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
        expect(parseSeries(`x{a="${written}",b="",c="1"}`)).toEqual({ __name__: 'x', a: value, c: '1' });
      }),
    );
  });
});
