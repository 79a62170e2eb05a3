import type { Json } from '../../lib/index.ts';
import { checkAnswer } from './checker.ts';
import { evaluate } from './evaluate.ts';
import { asGoList, goType } from './go-text.ts';
import { Meter } from './meter.ts';
import { checkProgram, compileProgram } from './programs.ts';
import { staticTypeOf, UNKNOWN } from './static-type.ts';
import type { Node } from './syntax.ts';
import { Moment } from './time/moment.ts';
import { CompileProblem, RuntimeProblem, type Value } from './value.ts';

/** A condition that was read and found right as far as that can be said without a result. */
export interface Condition {
  readonly source: string;
  readonly tree: Node;
}

export type CompiledCondition =
  | { readonly isCompiled: true; readonly condition: Condition }
  /** `reason`: `unknown name x`, as Argo words it. */
  | { readonly isCompiled: false; readonly reason: string };

export type ConditionAnswer =
  | {
      readonly isAnswered: true;
      readonly isTrue: boolean;
      /** A NaN took part in the answer. */
      readonly hasMetNaN: boolean;
      /** The condition calls isNaN: its author thought of it. */
      readonly asksIsNaN: boolean;
    }
  | { readonly isAnswered: false; readonly reason: string };

export interface Circumstances {
  /** What `now()` is. */
  readonly nowMs: number;
  /**
   * What a list of numbers is in Go: Prometheus' vectors are `[]float64`, in which no string can be looked for; the lists in JSON
   * hold anything.
   */
  readonly numbersAre?: 'floats' | 'anything';
}

/** Reads a successCondition or failureCondition: expr-lang 1.17's language. */
export function compileCondition(source: string): CompiledCondition {
  try {
    const program = compileProgram(source);
    checkAnswer(checkProgram(program, UNKNOWN).type);
    return { isCompiled: true, condition: { source, tree: program.tree } };
  } catch (error) {
    return { isCompiled: false, reason: reasonOf(error) };
  }
}

/**
 * Answers a condition for what was measured, within a budget of steps and memory; an error is an answer too.
 * Like Argo, it checks the condition against the type of this result: `result > 1` is an error on a list.
 */
export function answerCondition(source: string, measured: Json, circumstances: Circumstances): ConditionAnswer {
  try {
    const program = compileProgram(source);
    const result = readResult(measured, circumstances);
    const { type, exact } = checkProgram(program, staticTypeOf(result));
    const meter = new Meter(program.patterns);
    const value = evaluate(program.folded, { meter, result, nowMs: circumstances.nowMs }, exact);
    if (typeof value !== 'boolean') {
      // Only the check keeps Go's kinds of int apart.
      const goName = type.kind === 'int' ? type.goName : goType(value);
      return { isAnswered: false, reason: `expected bool, but got ${goName}` };
    }
    const { hasMetNaN } = meter;
    return { isAnswered: true, isTrue: value, hasMetNaN, asksIsNaN: hasMetNaN && program.asksIsNaN };
  } catch (error) {
    return { isAnswered: false, reason: reasonOf(error) };
  }
}

/** Computes an expression that gives a time, and knows no result. */
export function evaluateMoment(
  source: string,
  nowMs: number,
): { readonly isMoment: true; readonly moment: Moment } | { readonly isMoment: false; readonly reason: string } {
  try {
    const program = compileProgram(source);
    const { exact } = checkProgram(program, undefined);
    const value = evaluate(program.folded, { meter: new Meter(program.patterns), result: null, nowMs }, exact);
    if (value instanceof Moment) return { isMoment: true, moment: value };
    return { isMoment: false, reason: `expected time.Time, but got ${goType(value)}` };
  } catch (error) {
    return { isMoment: false, reason: reasonOf(error) };
  }
}

/** What is wrong with a condition or with this evaluation. */
function reasonOf(error: unknown): string {
  if (error instanceof CompileProblem || error instanceof RuntimeProblem) return error.message;
  // A provider may answer JSON that is nested deeper than the stack.
  if (error instanceof RangeError) return 'the result is too large or nested too deeply';
  // A mistake of ours: as an error of this measurement it is seen; thrown, it would hold up its analysis run for ever.
  return `internal error: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function readResult(measured: Json, { numbersAre = 'floats' }: Circumstances): Value {
  const areFloats = numbersAre === 'floats' && Array.isArray(measured) && isFloats(measured);
  return areFloats ? asGoList('[]float64', [...measured]) : measured;
}

function isFloats(list: readonly Json[]): boolean {
  return list.every((item) => typeof item === 'number');
}
