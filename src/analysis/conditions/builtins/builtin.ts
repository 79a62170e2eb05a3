import type { Meter } from '../meter.ts';
import { checkParameters, isUnknown, type StaticType, UNKNOWN } from '../static-type.ts';
import { CompileProblem, type Value } from '../value.ts';

/** One function that conditions may call. */
export interface Builtin {
  /** The type of the answer; throws CompileProblem where the arguments cannot be right. */
  check(args: readonly StaticType[]): StaticType;
  run(args: readonly Value[], context: CallContext): Value;
}

export interface CallContext {
  readonly meter: Meter;
  /** What the provider measured. */
  readonly result: Value;
}

/** A function with the parameters of a Go function. */
export function takes(
  name: string,
  parameters: readonly StaticType[],
  answer: StaticType,
  run: Builtin['run'],
): Builtin {
  return {
    check: (args) => {
      checkParameters(name, args, { types: parameters });
      return answer;
    },
    run,
  };
}

/** A function of one argument of these kinds; without `answer` it gives back the type it took. */
export function takesOne(
  name: string,
  kinds: readonly StaticType['kind'][],
  answer: StaticType | undefined,
  run: (value: Value) => Value,
): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (isUnknown(arg) || kinds.includes(arg.kind)) return answer ?? arg;
      const isPart = name === 'keys' || name === 'values';
      const text = isPart
        ? `cannot get ${name} from ${arg.goName}`
        : `invalid argument for ${name} (type ${arg.goName})`;
      throw new CompileProblem(text);
    },
    run: ([value = null]) => run(value),
  };
}

export function checkCount(args: readonly StaticType[], expected: number): void {
  if (args.length === expected) return;
  throw new CompileProblem(`invalid number of arguments (expected ${expected}, got ${args.length})`);
}
