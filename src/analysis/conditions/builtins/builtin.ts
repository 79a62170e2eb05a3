import type { Builtin } from '../callable.ts';
import { checkParameters, isAssignable, isNumeric, isUnknown, type StaticType, UNKNOWN } from '../static-type.ts';
import { CompileProblem, type Value } from '../value.ts';

export type { Builtin, CallContext } from '../callable.ts';

/** A function with the parameters of a Go function. */
export function takes(
  name: string,
  parameters: readonly StaticType[],
  answer: StaticType,
  run: Builtin['run'],
): Builtin {
  return takesOneOf(name, [parameters], answer, run);
}

/** A function with several lists of parameters: where none fits, the message is about the last. */
export function takesOneOf(
  name: string,
  overloads: readonly (readonly StaticType[])[],
  answer: StaticType,
  run: Builtin['run'],
): Builtin {
  return {
    check: (args) => {
      const last = overloads.at(-1) ?? [];
      if (!overloads.some((parameters) => fits(args, parameters)))
        checkParameters(name, args, { parameters: last, answer });
      return answer;
    },
    run,
  };
}

function fits(args: readonly StaticType[], parameters: readonly StaticType[]): boolean {
  return (
    args.length === parameters.length &&
    args.every((arg, index) => {
      const parameter = parameters[index] ?? UNKNOWN;
      if (arg.kind === 'nil') return isUnknown(parameter);
      return isUnknown(arg) || isAssignable(arg, parameter) || (arg.kind === 'int' && isNumeric(parameter));
    })
  );
}

/** A function of one argument of these kinds; without `answer` it gives back the type it took. */
export function takesOne(
  options: {
    readonly kinds: readonly StaticType['kind'][];
    readonly answer?: StaticType;
    /** What is wrong with an argument of this type. */
    readonly refuse: (goName: string) => string;
  },
  run: (value: Value, context: Parameters<Builtin['run']>[1]) => Value,
): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (isUnknown(arg) || options.kinds.includes(arg.kind)) return options.answer ?? arg;
      throw new CompileProblem(options.refuse(arg.goName));
    },
    run: ([value = null], context) => run(value, context),
  };
}

export function checkCount(args: readonly StaticType[], expected: number): void {
  if (args.length === expected) return;
  throw new CompileProblem(`invalid number of arguments (expected ${expected}, got ${args.length})`);
}
