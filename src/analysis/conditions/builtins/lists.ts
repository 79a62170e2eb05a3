import { toNumber } from '../operators.ts';
import { INT, isUnknown, LIST, UNKNOWN } from '../static-type.ts';
import { CompileProblem, goType, isList, isRecord, RuntimeProblem, toInt64, type Value } from '../value.ts';
import { type Builtin, checkCount, takes, takesOne } from './builtin.ts';

/** Functions of lists and maps, those with a predicate apart (checker.ts, evaluate.ts). */
export const OF_LISTS: Readonly<Record<string, Builtin>> = {
  len: takesOne('len', ['list', 'record', 'string'], INT, (value) => {
    if (typeof value === 'string') return BigInt([...value].length);
    if (isList(value)) return BigInt(value.length);
    if (isRecord(value)) return BigInt(Object.keys(value).length);
    throw new RuntimeProblem(`invalid argument for len (type ${goType(value)})`);
  }),
  first: takesElement('first', (list) => pick(list, 0)),
  last: takesElement('last', (list) => pick(list, -1)),
  get: {
    check: (args) => {
      checkCount(args, 2);
      const [base = UNKNOWN] = args;
      if (isUnknown(base) || base.kind === 'list' || base.kind === 'record') return base.element ?? UNKNOWN;
      throw new CompileProblem(`type ${base.goName} does not support indexing`);
    },
    run: ([from = null, key = null]) => {
      if (isRecord(from)) return typeof key === 'string' && Object.hasOwn(from, key) ? (from[key] ?? null) : null;
      return pick(from, Number(toInt64(toNumber(key, 'int'))));
    },
  },
  take: takes('take', [LIST, INT], LIST, ([list = null, count = null], { meter }) => {
    const items = expectList('take', list);
    const wanted = Number(toInt64(toNumber(count, 'int')));
    if (wanted < 0) throw new RuntimeProblem(`cannot take ${wanted} elements`);
    meter.grow(Math.min(wanted, items.length));
    return items.slice(0, wanted);
  }),
  keys: takesOne('keys', ['record'], LIST, (value) => Object.keys(expectRecord('keys', value)).sort()),
  values: takesOne('values', ['record'], LIST, (value) => Object.values(expectRecord('values', value))),
};

function takesElement(name: string, run: (list: Value) => Value): Builtin {
  return {
    check: (args) => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (isUnknown(arg) || arg.kind === 'list') return arg.element ?? UNKNOWN;
      throw new CompileProblem(`cannot get ${name} element from ${arg.goName}`);
    },
    run: ([value = null]) => run(value),
  };
}

function pick(list: Value, index: number): Value {
  return isList(list) ? (list.at(index) ?? null) : null;
}

export function expectList(name: string, value: Value): readonly Value[] {
  if (isList(value)) return value;
  throw new RuntimeProblem(`builtin ${name} takes only array (got ${goType(value)})`);
}

function expectRecord(name: string, value: Value): { readonly [key: string]: Value } {
  if (isRecord(value)) return value;
  throw new RuntimeProblem(`cannot get ${name} from ${goType(value)}`);
}
