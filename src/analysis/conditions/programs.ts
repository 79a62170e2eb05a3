import { type Checked, checkCondition } from './checker.ts';
import { fold } from './fold.ts';
import { parseCondition } from './parser.ts';
import { Patterns } from './patterns.ts';
import type { StaticType } from './static-type.ts';
import { childrenOf, type Node } from './syntax.ts';
import { CompileProblem } from './value.ts';

/** A condition ready to run, as often as its metric is measured. */
export interface Program {
  readonly tree: Node;
  /** The same, with all that is known without a result already computed: what runs. */
  readonly folded: Node;
  /** The regular expressions that are written in it. */
  readonly patterns: Patterns;
  /** The condition calls isNaN: its author thought of it. */
  readonly asksIsNaN: boolean;
  /** What the check said for the types of results seen so far, by their names in Go. */
  readonly verdicts: Map<string, Verdict>;
}

/** The type of the answer, or why no result of this type can be right. */
type Verdict =
  | { readonly isRight: true; readonly type: StaticType; readonly exact: ReadonlySet<Node> }
  | { readonly isRight: false; readonly reason: string };

/** A condition of 100 characters keeps about 20 kB. */
const MAX_KEPT = 500;

/**
 * What the texts seen last turned out to be, so that a condition is read once and not with each measurement. What a text means never
 * changes: nobody can tell a kept program from a fresh one.
 */
const kept = new Map<string, Program | CompileProblem>();

/** Reads a condition; throws CompileProblem. */
export function compileProgram(source: string): Program {
  const known = kept.get(source) ?? read(source);
  // A Map is in order of insertion: what is used goes to its end, what leaves is at its beginning.
  kept.delete(source);
  kept.set(source, known);
  const oldest = kept.size > MAX_KEPT ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  if (known instanceof CompileProblem) throw new CompileProblem(known.message);
  return known;
}

function read(source: string): Program | CompileProblem {
  try {
    const tree = parseCondition(source);
    const folded = fold(tree);
    return { tree, folded, patterns: new Patterns(), asksIsNaN: callsIsNaN(tree), verdicts: new Map() };
  } catch (error) {
    if (error instanceof CompileProblem) return error;
    throw error;
  }
}

/**
 * The type of the answer for a result of some type, as Argo's compiler finds it before each run; without one, `result` is an unknown
 * name. Throws CompileProblem.
 */
export function checkProgram(program: Program, result: StaticType | undefined): Checked {
  const key = result?.goName ?? 'no result';
  const known = program.verdicts.get(key);
  const verdict = known ?? judge(program, result);
  if (known === undefined) program.verdicts.set(key, verdict);
  if (verdict.isRight) return verdict;
  throw new CompileProblem(verdict.reason);
}

function judge({ tree, folded, patterns }: Program, result: StaticType | undefined): Verdict {
  try {
    const { type } = checkCondition(tree, result, patterns);
    // What runs is the folded tree; that it is right too follows from the first check.
    return { isRight: true, type, exact: checkCondition(folded, result, patterns).exact };
  } catch (error) {
    if (error instanceof CompileProblem) return { isRight: false, reason: error.message };
    throw error;
  }
}

function callsIsNaN(node: Node): boolean {
  return (node.kind === 'call' && node.name === 'isNaN') || childrenOf(node).some(callsIsNaN);
}
