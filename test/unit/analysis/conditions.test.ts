import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerCondition, compileCondition } from '../../../src/analysis/index.ts';
import { Json } from '../../support/json.ts';

const Answer = z.object({ condition: z.string(), answer: z.boolean().optional(), error: z.string().optional() });
const Recorded = z.array(z.object({ result: Json, answers: z.array(Answer) }));
const file = new URL('../../fixtures/conditions/answers.json', import.meta.url);
const recorded = Recorded.parse(JSON.parse(readFileSync(file, 'utf8'))).flatMap(({ result, answers }) =>
  answers.map((answer) => ({ result, ...answer })),
);

/** Where we answer differently from expr-lang on purpose: its own words are a Go panic, or it answers where nobody means it. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  'findIndex(result, # > 1) == -1': 'false',
  '5 % 0 == 1': 'runtime error: integer divide by zero',
  'join(result.nothing)': 'invalid argument for join (type <nil>)',
  'fromPairs([[[1], 2]])': 'hash of unhashable type: []interface {}',
  'fromPairs(result.m)': 'cannot transform map[a:2 b:1] from pairs',
  'fromPairs(result.n)': 'cannot transform 5 from pairs',
  'fromPairs(result.nothing)': 'cannot transform <nil> from pairs',
  'result.n[0:1]': 'cannot slice float64',
  'result.m[0:1]': 'cannot slice map[string]interface {}',
  'filter(result.items, .v > 9)[0]': 'index out of range: 0 (array length is 0)',
  'filter(result.items, .v > 9)[-1]': 'index out of range: -1 (array length is 0)',
  'int(result.nothing)': 'invalid operation: int(<nil>)',
  'isNaN(asInt(1))': 'interface conversion: interface {} is int, not float64',
  // Half a character: expr-lang goes on with text that is not UTF-8.
  'string(result.u[0:2]) == "W\ufffd"': 'the bytes are not text in UTF-8',
  'string(result[0:2]) == "h\ufffd"': 'the bytes are not text in UTF-8',
};

/** What Go's reflect panics with, in expr-lang's own words. */
function inPlainWords(theirs: string, ours: string): string {
  const key = /^reflect\.Value\.MapIndex: value of type (.*) is not assignable to type string$/.exec(theirs);
  if (key !== null) return `cannot use ${key[1]} as type string in map key`;
  const isNoList = theirs.startsWith('reflect: call of reflect.Value.') && / takes only array \(got .+\)$/.test(ours);
  // Go prints a nil type as a formatting mistake.
  return isNoList ? ours : theirs.replace('%!s(<nil>)', 'unknown');
}

/** NaN and Inf cannot be said in JSON: `{ float: 'NaN' }`, `{ floats: ['NaN', '1'] }`. */
const Float = z.object({ float: z.string() });
const Floats = z.object({ floats: z.array(z.string()) });
/** A list of numbers that JSON held: `{ anys: [1] }`. */
const Anys = z.object({ anys: z.array(z.number()) });
function decode(result: Json): Json {
  const float = Float.safeParse(result);
  if (float.success) return toNumber(float.data.float);
  const floats = Floats.safeParse(result);
  if (floats.success) return floats.data.floats.map(toNumber);
  const anys = Anys.safeParse(result);
  return anys.success ? anys.data.anys : result;
}
function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

const nowMs = Date.parse('2026-11-20T10:00:00Z');

function say(condition: string, result: Json, numbersAre: 'floats' | 'anything' = 'floats'): string {
  const answer = answerCondition(condition, result, { nowMs, numbersAre });
  return answer.isAnswered ? String(answer.isTrue) : answer.reason;
}

describe('answerCondition', () => {
  it('has the whole recording', () => {
    expect(recorded.length).toBeGreaterThan(2000);
    expect(recorded.filter(({ answer }) => answer !== undefined).length).toBeGreaterThan(1200);
  });

  it.each(
    recorded.map(({ result, condition, answer, error }) => [condition, result, error || String(answer)] as const),
  )('%s on %j: what expr-lang says, %s', (condition, result, theirs) => {
    const ours = say(condition, decode(result), Anys.safeParse(result).success ? 'anything' : 'floats');

    expect(ours).toBe(OWN_WORDS[condition] ?? inPlainWords(theirs, ours));
  });

  it.each([
    ['result[0] > 0.5', [Number.NaN], true],
    ['result[0] > 0.5', [0.9, Number.NaN], false],
    ['all(result, # > 0.5)', [0.9, Number.NaN], true],
    ['max(result) > 0.5', [0.9, Number.NaN], true],
    ['len(result) == 2', [0.9, Number.NaN], false],
    ['asFloat(result) > 1', 'NaN', true],
    ['result.a / result.b > 1', { a: 0, b: 0 }, true],
    ['isNaN(result) || result > 1', Number.NaN, true],
    ['sum(result) > 1', [Number.NaN], true],
  ])('notices whether a NaN took part: %s on %j: %s', (condition, result, hasMetNaN) => {
    expect(answerCondition(condition, result, { nowMs })).toMatchObject({ isAnswered: true, hasMetNaN });
  });

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

  it('never reaches what JavaScript puts on every object', () => {
    const result = JSON.parse('{"a": {"__proto__": 1}}');

    expect(say('result.constructor == nil', result)).toBe('true');
    expect(say('result.toString == nil', result)).toBe('true');
    expect(say('result.a.__proto__ == 1', result)).toBe('true');
    expect(say('{__proto__: 5}.__proto__ == 5', result)).toBe('true');
    expect(say('constructor(1)', result)).toBe('unknown name constructor');
  });
});

describe('compileCondition', () => {
  it.each([
    ['result >', 'unexpected token EOF'],
    ['1', 'expected bool, but got int'],
    ["'a' + result", undefined],
    ['invalidVariable', 'unknown name invalidVariable'],
    ["'a' == 1", 'invalid operation: == (mismatched types string and int)'],
    ['asFloat(result) == "1.1"', 'invalid operation: == (mismatched types float64 and string)'],
    ['all(result, # > 1', 'unexpected token EOF'],
    ["result matches '['", 'error parsing regexp: missing closing ]: `[`'],
    ['groupBy(result, .x) != nil', undefined],
    ['now() - duration("1h") > 5', 'invalid operation: > (mismatched types time.Time and int)'],
    ['result[0] >= 0.95', undefined],
    ['result.a.b == "x"', undefined],
  ])('%s: %s', (condition, reason) => {
    const compiled = compileCondition(condition);

    expect(compiled.isCompiled ? undefined : compiled.reason).toBe(reason);
  });

  it('answers any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(typeof compileCondition(text).isCompiled).toBe('boolean');
      }),
    );
  });

  const token = fc.constantFrom(
    ...'result # .a ?. [ ] ( ) { } 1 0 2.5 "x" nil true && || ! not in .. + - * / % ** ?? ? : , == < >= contains matches'.split(
      ' ',
    ),
    ...'len( all( map( filter( sum( max( asInt( asFloat( isNaN( default( let x = ; | first( string( "a": '.split(' '),
  );
  it('answers any row of tokens on any result without throwing', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), (tokens, result) => {
        const answer = answerCondition(tokens.join(' '), Json.parse(result), { nowMs });
        expect(typeof answer.isAnswered).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  const number = fc.constantFrom('1', '2.5', 'result', 'len([1, 2])', 'asFloat("3")', '-1');
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 5 },
      fc.tuple(number, fc.constantFrom('<', '>', '==', '!=', '<=', '>='), number).map((parts) => parts.join(' ')),
      fc
        .tuple(tie('expression'), fc.constantFrom('&&', '||', 'and', 'or'), tie('expression'))
        .map((parts) => `(${parts.join(' ')})`),
      tie('expression').map((inner) => `!(${inner})`),
      tie('expression').map((inner) => `all([1, 2], {${inner}})`),
      fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    ),
  }));
  it('gives a truth value for every well-typed condition, and its negation the other', () => {
    fc.assert(
      fc.property(expression, fc.double(), (condition, result) => {
        const answer = answerCondition(condition, result, { nowMs });
        const negated = answerCondition(`not (${condition})`, result, { nowMs });
        expect(answer.isAnswered && negated.isAnswered && answer.isTrue !== negated.isTrue).toBe(true);
      }),
    );
  });
});
