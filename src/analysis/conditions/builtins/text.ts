import { asGoList, expectType, goText, goType, toInt64 } from '../go-text.ts';
import type { Meter } from '../meter.ts';
import { toNumber } from '../operators.ts';
import { BOOL, INT, LIST, STRING, STRINGS, UNKNOWN } from '../static-type.ts';
import { lengthInBytes } from '../utf8.ts';
import { isList, isRecord, RuntimeProblem, Special, type Value } from '../value.ts';
import { type Builtin, type CallContext, takes, takesOneOf } from './builtin.ts';

const ONE = [STRING];
const TWO = [STRING, STRING];

/** Functions of text. */
export const OF_TEXT: Readonly<Record<string, Builtin>> = {
  string: takes('string', [UNKNOWN], STRING, ([value = null], { meter }) => {
    meter.walk(value);
    const text = goText(value);
    meter.grow(text.length);
    return text;
  }),
  type: takes('type', [UNKNOWN], STRING, ([value = null]) => typeName(value)),
  lower: takes('lower', ONE, STRING, (args) => changeCase(textAt(args, 0), (text) => text.toLowerCase())),
  upper: takes('upper', ONE, STRING, (args) => changeCase(textAt(args, 0), (text) => text.toUpperCase())),
  trim: takesOneOf('trim', [ONE, TWO], STRING, (args) =>
    trim(textAt(args, 0), args.length > 1 ? textAt(args, 1) : undefined),
  ),
  trimPrefix: takesOneOf('trimPrefix', [TWO, ONE], STRING, (args) => {
    const [text, prefix] = [textAt(args, 0), args.length > 1 ? textAt(args, 1) : ' '];
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  }),
  trimSuffix: takesOneOf('trimSuffix', [TWO, ONE], STRING, (args) => {
    const [text, suffix] = [textAt(args, 0), args.length > 1 ? textAt(args, 1) : ' '];
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  }),
  hasPrefix: takes('hasPrefix', TWO, BOOL, (args) => textAt(args, 0).startsWith(textAt(args, 1))),
  hasSuffix: takes('hasSuffix', TWO, BOOL, (args) => textAt(args, 0).endsWith(textAt(args, 1))),
  indexOf: takes('indexOf', TWO, INT, (args) => byteIndex(textAt(args, 0), textAt(args, 0).indexOf(textAt(args, 1)))),
  lastIndexOf: takes('lastIndexOf', TWO, INT, (args) =>
    byteIndex(textAt(args, 0), textAt(args, 0).lastIndexOf(textAt(args, 1))),
  ),
  split: takesOneOf('split', [TWO, [STRING, STRING, INT]], STRINGS, (args, { meter }) =>
    cut(args, meter, (part) => part),
  ),
  splitAfter: takesOneOf('splitAfter', [TWO, [STRING, STRING, INT]], STRINGS, (args, { meter }) =>
    cut(args, meter, (part, separator) => part + separator),
  ),
  join: takesOneOf('join', [[LIST, STRING], [LIST], [STRINGS, STRING], [STRINGS]], STRING, join),
  replace: takesOneOf(
    'replace',
    [
      [STRING, STRING, STRING, INT],
      [STRING, STRING, STRING],
    ],
    STRING,
    replace,
  ),
  repeat: takes('repeat', [STRING, INT], STRING, repeat),
};

/** An argument that must be a string, as Go's type assertion demands it. */
export function textAt(args: readonly Value[], index: number): string {
  return expectType(args[index] ?? null, 'string');
}

function countAt(args: readonly Value[], index: number): number | undefined {
  const value = args[index];
  return value === undefined ? undefined : Number(toInt64(toNumber(value, 'int')));
}

function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (isList(value)) return 'array';
  if (isRecord(value)) return 'map';
  if (value instanceof Special)
    return ['map', 'func'].includes(value.goKind) ? value.goKind : value.goName.replace('*', '');
  const names = { bigint: 'int', number: 'float', boolean: 'bool', string: 'string' } as const;
  return names[typeof value as keyof typeof names];
}

/** Go changes each character on its own: "ß" has no upper case of one character and stays. */
function changeCase(text: string, change: (text: string) => string): string {
  const changed = change(text);
  if (changed.length === text.length) return changed;
  return Array.from(text, (character) => {
    const [first = '', ...others] = change(character);
    return others.length === 0 ? first : keepOne(character, first);
  }).join('');
}

/** Of "İ", whose lower case is "i" and a dot, Go keeps the "i"; of "ß", whose upper case is "SS", the character itself. */
function keepOne(character: string, first: string): string {
  return /\p{Lu}/u.test(character) ? first : character;
}

const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SPACE_AROUND = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

function trim(text: string, characters: string | undefined): string {
  if (characters === undefined) return text.replace(SPACE_AROUND, '');
  const cut = new Set(characters);
  const kept = [...text];
  const first = kept.findIndex((character) => !cut.has(character));
  return first < 0 ? '' : kept.slice(first, kept.findLastIndex((character) => !cut.has(character)) + 1).join('');
}

function byteIndex(text: string, index: number): bigint {
  return BigInt(index < 0 ? -1 : lengthInBytes(text.slice(0, index)));
}

/** split and splitAfter: at most so many parts, the last one with all that is left; a negative number is no limit. */
function cut(args: readonly Value[], meter: Meter, close: (part: string, separator: string) => string): Value {
  const [text, separator, limit = -1] = [textAt(args, 0), textAt(args, 1), countAt(args, 2)];
  meter.grow(text.length + 1);
  if (limit === 0) return asGoList('[]string', []);
  const all = separator === '' ? [...text] : text.split(separator);
  const parts =
    limit < 0 || all.length <= limit ? all : [...all.slice(0, limit - 1), all.slice(limit - 1).join(separator)];
  const last = parts.length - 1;
  return asGoList(
    '[]string',
    parts.map((part, index) => (index < last ? close(part, separator) : part)),
  );
}

function join(args: readonly Value[], { meter }: CallContext): Value {
  const [list = null] = args;
  const glue = args.length > 1 ? textAt(args, 1) : '';
  const name = goType(list);
  if (!isList(list) || (name !== '[]string' && name !== '[]interface {}')) {
    throw new RuntimeProblem(`invalid argument for join (type ${name})`);
  }
  let size = 0;
  for (const [index] of list.entries()) size += textAt(list, index).length + glue.length;
  meter.grow(size);
  return list.join(glue);
}

function replace(args: readonly Value[], { meter }: CallContext): Value {
  const [text, old, fresh, limit = -1] = [textAt(args, 0), textAt(args, 1), textAt(args, 2), countAt(args, 3)];
  const parts = old === '' ? ['', ...text] : text.split(old);
  // Between characters stands nothing that could be replaced, but before each and at the end.
  const places = old === '' ? parts.length : parts.length - 1;
  const count = limit < 0 ? places : Math.min(limit, places);
  meter.grow(text.length + count * fresh.length);
  if (old === '') return parts.map((part, index) => part + (index < count ? fresh : '')).join('');
  return [...parts.slice(0, count).map((part) => part + fresh), parts.slice(count).join(old)].join('');
}

const MAX_REPEAT = 1_000_000;

function repeat(args: readonly Value[], { meter }: CallContext): Value {
  const [text, count = 0] = [textAt(args, 0), countAt(args, 1)];
  if (count < 0) throw new RuntimeProblem(`invalid argument for repeat (expected positive integer, got ${count})`);
  if (count > MAX_REPEAT) throw new RuntimeProblem('memory budget exceeded');
  meter.grow(text.length * count);
  return text.repeat(count);
}
