import { checkAnswer, checkCondition } from './checker.ts';
import { parseCondition } from './parser.ts';
import { Patterns } from './patterns.ts';
import type { StaticType } from './static-type.ts';
import { childrenOf, type Node } from './syntax.ts';
import { CompileProblem } from './value.ts';

/** A condition ready to run, as often as its metric is measured. */
export interface Program {
  readonly tree: Node;
  /** The regular expressions that are written in it. */
  readonly patterns: Patterns;
  /** The condition calls isNaN: its author thought of it. */
  readonly asksIsNaN: boolean;
  /** Why no result of a type can be right, by the type's name in Go; undefined where it can. */
  readonly objections: Map<string, string | undefined>;
}

/** A condition of 100 characters keeps about 20 kB. */
const MAX_KEPT = 500;

/**
 * The programs of the texts seen last, so that a condition is read once and not with each measurement. What a text means never
 * changes: nobody can tell a kept program from a fresh one.
 */
const kept = new Map<string, Program>();

/** Reads a condition; throws CompileProblem. */
export function compileProgram(source: string): Program {
  const known = kept.get(source);
  if (known !== undefined) {
    // A Map is in order of insertion: what is used goes to its end, what leaves is at its beginning.
    kept.delete(source);
    kept.set(source, known);
    return known;
  }
  const tree = parseCondition(source);
  const program = { tree, patterns: new Patterns(), asksIsNaN: callsIsNaN(tree), objections: new Map() };
  kept.set(source, program);
  const oldest = kept.size > MAX_KEPT ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  return program;
}

/** Checks a program against the type of a result, as Argo's compiler does before each run; throws CompileProblem. */
export function checkProgram(program: Program, result: StaticType): void {
  const { tree, patterns, objections } = program;
  if (!objections.has(result.goName)) objections.set(result.goName, objectionOf(tree, result, patterns));
  const objection = objections.get(result.goName);
  if (objection !== undefined) throw new CompileProblem(objection);
}

function objectionOf(tree: Node, result: StaticType, patterns: Patterns): string | undefined {
  try {
    checkAnswer(checkCondition(tree, result, patterns));
    return undefined;
  } catch (error) {
    if (error instanceof CompileProblem) return error.message;
    throw error;
  }
}

function callsIsNaN(node: Node): boolean {
  return (node.kind === 'call' && node.name === 'isNaN') || childrenOf(node).some(callsIsNaN);
}
