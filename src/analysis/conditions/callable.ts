import type { Meter } from './meter.ts';
import type { Signature, StaticType } from './static-type.ts';
import { RuntimeProblem, Special, type Value } from './value.ts';

export interface CallContext {
  readonly meter: Meter;
  /** What the provider measured. */
  readonly result: Value;
  readonly nowMs: number;
}

/** One function that conditions may call by its name. */
export interface Builtin {
  /** The type of the answer; throws CompileProblem where the arguments cannot be right. */
  check(args: readonly StaticType[]): StaticType;
  run(args: readonly Value[], context: CallContext): Value;
}

/** A function as a value: one of Argo's, or a method of a time. */
export class Callable extends Special {
  readonly goKind = 'func';
  readonly goName: string;
  readonly signature: Signature;
  readonly #run: Builtin['run'];

  constructor(goName: string, signature: Signature, run: Builtin['run']) {
    super();
    this.goName = goName;
    this.signature = signature;
    this.#run = run;
  }

  call(args: readonly Value[], context: CallContext): Value {
    const expected = this.signature.parameters.length;
    if (args.length !== expected) {
      throw new RuntimeProblem(`invalid number of arguments: expected ${expected}, got ${args.length}`);
    }
    return this.#run(args, context);
  }

  print(): string {
    return this.goName;
  }
}

/** How Go writes the type of a function. */
export function goNameOfSignature({ parameters, answer }: Signature): string {
  return `func(${parameters.map(({ goName }) => goName).join(', ')}) ${answer.goName}`;
}
