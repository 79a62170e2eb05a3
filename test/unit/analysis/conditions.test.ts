import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerCondition, compileCondition } from '../../../src/analysis/index.ts';
import type { Json } from '../../support/json.ts';
import { readRecordedAnswers } from '../../support/recorded-conditions.ts';

const recorded = readRecordedAnswers();

/** Where we answer differently from expr-lang on purpose: its own words are a Go panic, or it answers where nobody means it. */
const OWN_WORDS: Readonly<Record<string, string>> = {
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

const nowMs = Date.parse('2026-11-20T10:00:00Z');

function say(condition: string, result: Json, numbersAre: 'floats' | 'anything' = 'floats'): string {
  const answer = answerCondition(condition, result, { nowMs, numbersAre });
  return answer.isAnswered ? String(answer.isTrue) : answer.reason;
}

describe('answerCondition', () => {
  it('has the whole recording', () => {
    expect(recorded.length).toBeGreaterThan(2000);
    expect(recorded.filter(({ answer }) => answer === 'true' || answer === 'false').length).toBeGreaterThan(1200);
  });

  it.each(
    recorded.map(({ condition, result, answer, numbersAre }) => [condition, result, answer, numbersAre] as const),
  )('%s on %j: what expr-lang says, %s', (condition, result, theirs, numbersAre) => {
    const ours = say(condition, result, numbersAre);

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
