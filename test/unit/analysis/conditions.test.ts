import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerCondition, compileCondition } from '../../../src/analysis/index.ts';
import { Json } from '../../support/json.ts';

const Recorded = z.array(
  z.object({ result: Json, condition: z.string(), answer: z.boolean().optional(), error: z.string().optional() }),
);
const file = new URL('../../fixtures/conditions/answers.json', import.meta.url);
const recorded = Recorded.parse(JSON.parse(readFileSync(file, 'utf8')));

/** Where we answer differently from expr-lang on purpose: its own words are a Go panic, or it answers where nobody means it. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  'findIndex(result, # > 1) == -1': 'false',
  'all(result.text, # > 1)': 'builtin all takes only array (got string)',
  'all(result.missing, # > 1)': 'builtin all takes only array (got <nil>)',
  'any(result.service_apdex, # > 1)': 'builtin any takes only array (got map[string]interface {})',
  'all(result.n, # > 1)': 'builtin all takes only array (got float64)',
  '5 % 0 == 1': 'runtime error: integer divide by zero',
};

/** NaN and Inf cannot be said in JSON: `{ float: 'NaN' }`, `{ floats: ['NaN', '1'] }`. */
const Float = z.object({ float: z.string() });
const Floats = z.object({ floats: z.array(z.string()) });
function decode(result: Json): Json {
  const float = Float.safeParse(result);
  if (float.success) return toNumber(float.data.float);
  const floats = Floats.safeParse(result);
  return floats.success ? floats.data.floats.map(toNumber) : result;
}
function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function say(condition: string, result: Json): string {
  const answer = answerCondition(condition, result);
  return answer.isAnswered ? String(answer.isTrue) : answer.reason;
}

describe('answerCondition', () => {
  it('has the whole recording', () => {
    expect(recorded.length).toBeGreaterThan(650);
  });

  it.each(
    recorded.map(({ result, condition, answer, error }) => [condition, result, error || String(answer)] as const),
  )('%s on %j: what expr-lang says, %s', (condition, result, theirs) => {
    const ours = say(condition, decode(result));

    if (/(is|are) not supported yet$/.test(ours)) return expect(compileCondition(condition).isCompiled).toBe(false);
    // Go prints a nil type as a formatting mistake.
    return expect(ours).toBe((OWN_WORDS[condition] ?? theirs).replace('%!s(<nil>)', 'unknown'));
  });

  it('supports nearly all of the recording', () => {
    const refused = recorded.filter(({ condition, result }) =>
      / not supported yet$/.test(say(condition, decode(result))),
    );

    expect(refused.length).toBeLessThan(30);
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
    expect(answerCondition(condition, result)).toMatchObject({ isAnswered: true, hasMetNaN });
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
    ['groupBy(result, .x) != nil', 'the function groupBy is not supported yet'],
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
        const answer = answerCondition(tokens.join(' '), Json.parse(result));
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
        const answer = answerCondition(condition, result);
        const negated = answerCondition(`not (${condition})`, result);
        expect(answer.isAnswered && negated.isAnswered && answer.isTrue !== negated.isTrue).toBe(true);
      }),
    );
  });
});
