import { asGoList, goKind, goText, goType, inGoOrder } from '../go-text.ts';
import { DICTIONARY, LIST, type StaticType, UNKNOWN } from '../static-type.ts';
import { CompileProblem, Dictionary, isList, isRecord, RuntimeProblem, type Value } from '../value.ts';
import { type Builtin, checkCount, takesOne } from './builtin.ts';

type Entry = readonly [key: Value, value: Value];

/** Functions of maps. Go's maps have no order; here keys and values come in the order of the keys. */
export const OF_MAPS: Readonly<Record<string, Builtin>> = {
  keys: ofMap(
    (type) => `cannot get keys from ${type}`,
    (entries) => entries.map(([key]) => key),
  ),
  values: ofMap(
    (type) => `cannot get values from ${type}`,
    (entries) => entries.map(([, value]) => value),
  ),
  toPairs: ofMap(
    (type) => `cannot transform ${type} to pairs`,
    (entries) =>
      asGoList(
        '[][2]interface {}',
        entries.map(([key, value]) => asGoList('[2]interface {}', [key, value])),
      ),
  ),
  fromPairs: {
    check: (args): StaticType => {
      checkCount(args, 1);
      const [arg = UNKNOWN] = args;
      if (arg.kind === 'list' || arg.kind === 'unknown') return DICTIONARY;
      throw new CompileProblem(`cannot transform ${arg.goName} from pairs`);
    },
    run: ([list = null], { meter }) => {
      if (!isList(list)) throw new RuntimeProblem(`cannot transform ${goText(list)} from pairs`);
      meter.grow(list.length);
      return new Dictionary(DICTIONARY.goName, new Map(list.map(readPair)), goText);
    },
  },
};

function ofMap(refuse: (type: string) => string, run: (entries: readonly Entry[]) => Value): Builtin {
  return takesOne({ kinds: ['record'], answer: LIST, refuse }, (value, { meter }) => {
    const entries = entriesOf(value);
    if (entries === undefined) throw new RuntimeProblem(refuse(goKind(value)));
    meter.grow(entries.length);
    return run(entries);
  });
}

function entriesOf(value: Value): readonly Entry[] | undefined {
  if (value instanceof Dictionary) return [...value.entries];
  if (!isRecord(value)) return undefined;
  return Object.keys(value)
    .sort(inGoOrder)
    .map((key): Entry => [key, value[key] ?? null]);
}

function readPair(pair: Value): Entry {
  if (!isList(pair)) throw new RuntimeProblem(`invalid pair ${goText(pair)}`);
  if (pair.length !== 2) throw new RuntimeProblem(`invalid pair length ${goText(pair)}`);
  const [key = null, value = null] = pair;
  return [expectHashable(key), value];
}

/** Go has no lists and maps as keys of maps. */
export function expectHashable(key: Value): Value {
  const isHashable = !isList(key) && !isRecord(key) && !(key instanceof Dictionary);
  if (isHashable) return key;
  throw new RuntimeProblem(`hash of unhashable type: ${goType(key)}`);
}
