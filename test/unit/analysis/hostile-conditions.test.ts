import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerCondition, compileCondition } from '../../../src/analysis/index.ts';
import { Json } from '../../support/json.ts';

const nowMs = Date.parse('2026-11-20T10:00:00Z');

function say(condition: string, result: Json): string {
  const answer = answerCondition(condition, result, { nowMs });
  return answer.isAnswered ? String(answer.isTrue) : answer.reason;
}

describe('a condition that costs too much', () => {
  it.each([
    ['a huge range', 'len(1..1000000000) > 1', 'memory budget exceeded'],
    ['nested maps', 'len(map(1..1000, map(1..1000, # * 2))) > 1', 'budget exceeded'],
    ['nested predicates', 'all(1..900, all(1..900, all(1..900, # > 0)))', 'step budget exceeded'],
    ['a pattern that backtracks', `'${'a'.repeat(30)}!' matches '^(a+)+$'`, 'false'],
    ['many patterns', `any(1..60000, string(#) matches '(a|b|ab)*c(.*)d{1,50}')`, 'step budget exceeded'],
    [
      'large patterns',
      Array.from({ length: 50 }, (_, n) => `'a' matches '(?i)(?:ab?){700}${n}'`).join(' || '),
      'pattern budget exceeded',
    ],
    ['patterns made on the way', `any(1..9000, 'a' matches ('(?:ab?){700}' + string(#)))`, 'pattern budget exceeded'],
    ['a long pattern', `'a' matches '${'a'.repeat(1001)}'`, 'pattern is longer than'],
    ['parentheses', `${'('.repeat(5000)}1${')'.repeat(5000)} == 1`, 'nested deeper than'],
    ['a long sum', `${'1 + '.repeat(4000)}1 == 1`, 'nested deeper than'],
    ['negations', `${'!'.repeat(5000)}true`, 'nested deeper than'],
    ['a long text', `true${' && true'.repeat(20_000)}`, 'is longer than'],
    ['doubled branches', `${'('.repeat(100)}true${' ?: true)'.repeat(100)}`, 'maximum allowed nodes'],
    ['doubled comparisons', `${'1 < ('.repeat(60)}1${' < 2) < 3'.repeat(60)}`, 'maximum allowed nodes'],
    ['a text that grows', "len(reduce(1..50, #acc + #acc, 'ab')) > 1", 'budget exceeded'],
    ['a list that grows', 'len(reduce(1..50, concat(#acc, #acc), [1])) > 1', 'budget exceeded'],
    ['a tree as text', "len(string(reduce(1..50, [#acc, #acc], 'ab'))) > 1", 'budget exceeded'],
    [
      'trees compared',
      'let t = reduce(1..50, [#acc, #acc], 1); t == reduce(1..50, [#acc, #acc], 1)',
      'budget exceeded',
    ],
    ['a tree flattened', 'len(flatten(reduce(1..50, [#acc, #acc], 1))) > 1', 'budget exceeded'],
    ['a tree summed', 'mean(reduce(1..50, [#acc, #acc], 1)) > 1', 'budget exceeded'],
    ['a tree as JSON', 'len(toJSON(reduce(1..50, [#acc, #acc], 1))) > 1', 'budget exceeded'],
    ['a deep list', 'len(string(reduce(1..20000, [#acc], 1))) > 1', 'nested too deeply'],
    ['repeated text', "len(map(1..50, repeat('abcdefghij', 10000))) > 1", 'budget exceeded'],
    ['replaced text', "len(reduce(1..30, replace(#acc, 'a', 'aa'), 'a')) > 1", 'budget exceeded'],
    ['joined text', "len(reduce(1..30, join([#acc, #acc], #acc), 'a')) > 1", 'budget exceeded'],
    ['unlike elements', 'len(uniq(1..5000)) > 1', 'budget exceeded'],
    ['many sorts', 'all(1..1000, sort(1..900)[0] == 1)', 'budget exceeded'],
    ['many time zones', "all(1..1000, timezone('Europe/Zurich') != nil)", 'budget exceeded'],
    ['many dates', "all(1..100000, (date('2023-01-01').Year() > 1))", 'budget exceeded'],
    ['nested JSON', "all(1..1000, fromJSON(repeat('[', 5000) + repeat(']', 5000)) != nil)", 'budget exceeded'],
    ['groups', 'all(1..1000, len(groupBy(1..900, #)) > 0)', 'budget exceeded'],
    ['a wide list', `len([${'1,'.repeat(9000)}1]) == 9001`, 'true'],
  ])('stops in time: %s', (_, condition, words) => {
    expect(say(condition, null)).toContain(words);
  });

  it('stops in time on a large result', () => {
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index]));
    let deep: Json = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];

    expect(say('all(1..5000, len(keys(result)) > 0)', wide)).toBe('step budget exceeded');
    expect(say("none(1..5000, result contains 'b')", 'a'.repeat(1_000_000))).toBe('step budget exceeded');
    expect(say('string(result) == "1"', [deep, 'a'])).toBe('the result is too large or nested too deeply');
    expect(say('max(result) == 1', [deep, 'a'])).toBe('the result is too large or nested too deeply');
  });
});

describe('a condition that reaches for JavaScript', () => {
  it('never reaches what JavaScript puts on every object', () => {
    const result = JSON.parse('{"a": {"__proto__": 1}}');

    expect(say('result.constructor == nil', result)).toBe('true');
    expect(say('result.toString == nil', result)).toBe('true');
    expect(say('result.a.__proto__ == 1', result)).toBe('true');
    expect(say('{__proto__: 5}.__proto__ == 5', result)).toBe('true');
    expect(say('constructor(1)', result)).toBe('unknown name constructor');
  });

  const name = fc.constantFrom(
    ...'constructor __proto__ prototype toString valueOf hasOwnProperty toJSON then call apply process globalThis'.split(
      ' ',
    ),
  );
  const reach = fc.constantFrom('.', '?.');
  const path = fc.array(fc.tuple(reach, name), { minLength: 1, maxLength: 4 });
  it('gives nil for every name that JSON does not hold, and runs nothing', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
    const start = fc.constantFrom(
      'result',
      'result.list',
      'result.text',
      '{}',
      '[]',
      '"a"',
      '(1)',
      'asFloat',
      'now()',
      '$env',
    );
    fc.assert(
      fc.property(start, path, (from, steps) => {
        const expression = from + steps.map((step) => step.join('')).join('');
        const called = say(`${expression}('return process')() != nil`, { list: [1], text: 'a' });
        const read = say(`string(${expression}) in ['<nil>', 'func']`, { list: [1], text: 'a' });
        expect(called).not.toMatch(/^(true|false)$/);
        expect(read).not.toBe('false');
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before);
  });

  it.each([
    ['{"__proto__": {"x": 1}}.x == nil', 'true'],
    ['fromJSON(\'{"__proto__": {"x": 1}}\').x == nil', 'true'],
    ["fromPairs([['__proto__', {'x': 1}]]).x == nil", 'true'],
    ["groupBy(['__proto__'], #).__proto__ == ['__proto__']", 'true'],
    ["'__proto__' in {}", 'false'],
    ["'constructor' in result", 'false'],
    ["'toString' in ['a']", 'false'],
    ["get(result, 'constructor') == nil", 'true'],
    ["keys({'__proto__': 1}) == ['__proto__']", 'true'],
    ["now().constructor('x') != nil", 'type time.Time has no method constructor'],
    ["result.a.constructor('x') != nil", 'cannot fetch constructor from float64'],
    ["replace('a', 'a', '$&$`') == '$&$`'", 'true'],
    ["asFloat.call(nil, '1') == 1", 'type func(interface {}) float64 has no method call'],
  ])('%s: %s', (condition, words) => {
    expect(say(condition, { a: 1 })).toBe(words);
  });
});

const MISTAKE_OF_OURS = expect.stringContaining('internal error');

/** Any characters, mostly of ASCII; cheaper than fast-check's own. */
const anyText = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 126 }) }, fc.integer({ min: 0, max: 0xd7ff })), {
    maxLength: 60,
  })
  .map((codes) => String.fromCodePoint(...codes));

describe('any text', () => {
  it('answers any text without throwing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(compileCondition(text)).not.toMatchObject({ reason: MISTAKE_OF_OURS });
      }),
    );
  });

  const token = fc.constantFrom(
    ...'result # .a ?. [ ] ( ) { } 1 0 2.5 "x" nil true && || ! not in .. + - * / % ** ?? ? : , == < >= contains matches'.split(
      ' ',
    ),
    ...'len( all( map( filter( sum( max( asInt( asFloat( isNaN( default( let x = ; | first( string( "a": '.split(' '),
    ...'0x1F 0b1 0o7 1_0 .5 1e3 1e 0x b"a" \\ ` \' // /* */ :: $env #index #acc if else ö'.split(' '),
  );
  it('answers any row of tokens on any result without throwing', () => {
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 12 }),
        fc.constantFrom(' ', ''),
        fc.jsonValue({ maxDepth: 3 }),
        (tokens, between, result) => {
          const answer = answerCondition(tokens.join(between), Json.parse(result), { nowMs });
          expect(answer).not.toMatchObject({ reason: MISTAKE_OF_OURS });
        },
      ),
      { numRuns: 1500 },
    );
  });

  const functions =
    'len type abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join ' +
    'indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date timezone ' +
    'first last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitand bitor bitxor bitnand bitnot bitshl ' +
    'bitshr bitushr asInt asFloat isNaN isInf isNil default';
  const predicates =
    'all any none one filter map find findIndex findLast findLastIndex count sum groupBy sortBy reduce';
  const operators = '+ - * / % ** == != < > <= >= && || in matches contains startsWith endsWith ?? .. |';
  const oneOf = (words: string) => fc.constantFrom(...words.split(' '));
  const { expression } = fc.letrec<{ expression: string }>((tie) => {
    const inner = tie('expression');
    return {
      expression: fc.oneof(
        { maxDepth: 4, depthSize: 'medium' },
        oneOf(
          '1 -1 0 2.5 1e300 "a" "" nil true [] {} result result.a result[0] # #acc #index now() $env b"a" asFloat 1..3',
        ),
        fc.tuple(inner, oneOf(operators), inner).map((parts) => `(${parts.join(' ')})`),
        fc
          .tuple(oneOf(functions), fc.array(inner, { maxLength: 3 }))
          .map(([name, args]) => `${name}(${args.join(', ')})`),
        fc.tuple(oneOf(predicates), inner, inner).map(([name, list, body]) => `${name}(${list}, {${body}})`),
        fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
        fc.tuple(inner, oneOf('.a ?.a [0] [1:] [:-1] .Year() .Hours() .String() ()')).map(([a, end]) => `(${a})${end}`),
        fc.tuple(inner, inner).map(([a, b]) => `(let x = ${a}; ${b})`),
        fc.tuple(inner, inner).map(([a, b]) => `[${a}, {"k": ${b}}]`),
      ),
    };
  });
  it('is answered when it is a well-formed expression, in time and without throwing', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue({ maxDepth: 3 }), (text, result) => {
        const answer = answerCondition(`${text} == nil`, Json.parse(result), { nowMs });
        expect(answer).not.toMatchObject({ reason: MISTAKE_OF_OURS });
      }),
      { numRuns: 1000 },
    );
  });
});
