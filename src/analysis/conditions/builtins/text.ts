import { expectType } from '../operators.ts';
import { BOOL, listOf, STRING, UNKNOWN } from '../static-type.ts';
import { goText, isList, type Value } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';

/** Functions of text. */
export const OF_TEXT: Readonly<Record<string, Builtin>> = {
  string: takes('string', [UNKNOWN], STRING, ([value = null], { meter }) => {
    const text = goText(value);
    meter.grow(text.length);
    return text;
  }),
  type: takes('type', [UNKNOWN], STRING, ([value = null]) => typeName(value)),
  lower: takes('lower', [STRING], STRING, ([text = null]) => expectType(text, 'string').toLowerCase()),
  upper: takes('upper', [STRING], STRING, ([text = null]) => expectType(text, 'string').toUpperCase()),
  trim: takes('trim', [STRING], STRING, ([text = null]) => expectType(text, 'string').trim()),
  hasPrefix: takes('hasPrefix', [STRING, STRING], BOOL, ([text = null, part = null]) =>
    expectType(text, 'string').startsWith(expectType(part, 'string')),
  ),
  hasSuffix: takes('hasSuffix', [STRING, STRING], BOOL, ([text = null, part = null]) =>
    expectType(text, 'string').endsWith(expectType(part, 'string')),
  ),
  split: takes('split', [STRING, STRING], listOf(STRING), ([text = null, separator = null], { meter }) => {
    const whole = expectType(text, 'string');
    meter.grow(whole.length);
    return whole.split(expectType(separator, 'string'));
  }),
};

function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (isList(value)) return 'array';
  if (typeof value === 'object') return 'map';
  const names = { bigint: 'int', number: 'float', boolean: 'bool', string: 'string' } as const;
  return names[typeof value as keyof typeof names];
}
