import { BUILTINS, expectList } from './builtins/index.ts';
import type { Meter } from './meter.ts';
import { applyOperator, expectType, negate, toNumber } from './operators.ts';
import { type Node, PREDICATE_CALLS, type UnaryOperator } from './syntax.ts';
import { goText, goType, isList, isRecord, RuntimeProblem, toInt64, type Value } from './value.ts';

interface Scope {
  readonly result: Value;
  readonly names: ReadonlyMap<string, Value>;
  readonly meter: Meter;
  readonly element?: { readonly value: Value; readonly index: number };
}

/** What an optional member gives to the rest of its chain when it found nil. */
const NOTHING = Symbol('nothing');

/** Computes a checked condition; throws RuntimeProblem. `hasMetNaN`: a NaN took part in it. */
export function evaluate(
  node: Node,
  result: Value,
  meter: Meter,
): { readonly value: Value; readonly hasMetNaN: boolean } {
  const value = evaluateIn(node, { result, names: new Map([['result', result]]), meter });
  return { value, hasMetNaN: meter.hasMetNaN };
}

function evaluateIn(node: Node, scope: Scope): Value {
  scope.meter.step();
  const value = compute(node, scope);
  scope.meter.see(value);
  return value;
}

function compute(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'list':
      scope.meter.grow(node.items.length);
      return node.items.map((item) => evaluateIn(item, scope));
    case 'record':
      scope.meter.grow(node.entries.length);
      return Object.fromEntries(
        node.entries
          .map(({ key, value }) => [expectType(evaluateIn(key, scope), 'string'), evaluateIn(value, scope)] as const)
          // As expr-lang: of a doubled key the first wins.
          .toReversed(),
      );
    case 'name':
      return scope.names.get(node.name) ?? null;
    case 'pointer':
      return node.name === 'index' ? BigInt(scope.element?.index ?? 0) : (scope.element?.value ?? null);
    case 'unary':
      return computeUnary(node.operator, evaluateIn(node.operand, scope));
    case 'binary':
      return computeBinary(node, scope);
    case 'choice': {
      const isTrue = expectType(evaluateIn(node.condition, scope), 'bool');
      return evaluateIn(isTrue ? node.whenTrue : node.whenFalse, scope);
    }
    case 'member':
    case 'chain': {
      const value = evaluateChain(node.kind === 'chain' ? node.body : node, scope);
      return value === NOTHING ? null : value;
    }
    case 'slice':
      return computeSlice(node, scope);
    case 'call':
      return PREDICATE_CALLS.has(node.name) ? computePredicateCall(node, scope) : computeCall(node, scope);
    case 'predicate':
      return evaluateIn(node.body, scope);
    case 'let': {
      const names = new Map(scope.names).set(node.name, evaluateIn(node.value, scope));
      return evaluateIn(node.body, { ...scope, names });
    }
  }
}

function computeUnary(operator: UnaryOperator, operand: Value): Value {
  if (operator === '!' || operator === 'not') return !expectType(operand, 'bool');
  return operator === '-' ? negate(operand) : operand;
}

function computeBinary(node: Extract<Node, { kind: 'binary' }>, scope: Scope): Value {
  const left = evaluateIn(node.left, scope);
  switch (node.operator) {
    case '&&':
      return expectType(left, 'bool') ? evaluateIn(node.right, scope) : false;
    case '||':
      return expectType(left, 'bool') ? true : evaluateIn(node.right, scope);
    case '??':
      return left ?? evaluateIn(node.right, scope);
    default:
      return applyOperator(node.operator, left, evaluateIn(node.right, scope), scope.meter);
  }
}

function evaluateChain(node: Node, scope: Scope): Value | typeof NOTHING {
  if (node.kind !== 'member') return evaluateIn(node, scope);
  scope.meter.step();
  const object = evaluateChain(node.object, scope);
  if (object === NOTHING || (object === null && node.isOptional)) return NOTHING;
  const value = readMember(object, evaluateIn(node.property, scope));
  scope.meter.see(value);
  return value;
}

/** `object[key]`, with negative indexes from the end; a key that a map does not have is nil. */
function readMember(object: Value, key: Value): Value {
  if (isList(object)) {
    const index = Number(toInt64(toNumber(key, 'int')));
    const position = index < 0 ? object.length + index : index;
    if (position >= 0 && position < object.length) return object[position] ?? null;
    throw new RuntimeProblem(`index out of range: ${position} (array length is ${object.length})`);
  }
  if (isRecord(object)) {
    if (typeof key === 'string') return Object.hasOwn(object, key) ? (object[key] ?? null) : null;
    throw new RuntimeProblem(`cannot use ${goType(key)} to get an element from ${goType(object)}`);
  }
  if (typeof object === 'string') return byteAt(object, Number(toInt64(toNumber(key, 'int'))));
  throw new RuntimeProblem(`cannot fetch ${goText(key)} from ${goType(object)}`);
}

/** Go counts a string in bytes, and may cut a character in two. */
function expectAscii(text: string): string {
  if (/[^\0-\x7f]/.test(text)) throw new RuntimeProblem('cutting text outside ASCII is not supported yet');
  return text;
}

function byteAt(text: string, index: number): Value {
  const position = index < 0 ? text.length + index : index;
  if (position < 0 || position >= text.length) {
    throw new RuntimeProblem(`index out of range: ${position} (array length is ${text.length})`);
  }
  return BigInt(expectAscii(text).charCodeAt(position));
}

function computeSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): Value {
  const object = evaluateIn(node.object, scope);
  const from = node.from === undefined ? 0 : Number(toInt64(toNumber(evaluateIn(node.from, scope), 'int')));
  const to = node.to === undefined ? undefined : Number(toInt64(toNumber(evaluateIn(node.to, scope), 'int')));
  if (!isList(object) && typeof object !== 'string') throw new RuntimeProblem(`cannot slice ${goType(object)}`);
  const part = typeof object === 'string' ? expectAscii(object).slice(from, to) : object.slice(from, to);
  scope.meter.grow(part.length);
  return part;
}

function computeCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  const builtin = BUILTINS.get(node.name);
  if (builtin === undefined) throw new RuntimeProblem(`unknown name ${node.name}`);
  const args = node.args.map((arg) => evaluateIn(arg, scope));
  for (const arg of args) scope.meter.touch(arg);
  const answer = builtin.run(args, { meter: scope.meter, result: scope.result });
  scope.meter.touch(answer);
  return answer;
}

function computePredicateCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  const [list, predicate] = node.args;
  const items = expectList(node.name, list === undefined ? null : evaluateIn(list, scope));
  const ask = (value: Value, index: number): Value =>
    predicate === undefined ? value : evaluateIn(predicate, { ...scope, element: { value, index } });
  const holds = (value: Value, index: number): boolean => expectType(ask(value, index), 'bool');
  switch (node.name) {
    case 'all':
      return items.every(holds);
    case 'any':
      return items.some(holds);
    case 'none':
      return !items.some(holds);
    case 'one':
      return items.filter(holds).length === 1;
    case 'filter':
      scope.meter.grow(items.length);
      return items.filter(holds);
    case 'map':
      scope.meter.grow(items.length);
      return items.map(ask);
    case 'find':
      return items.find(holds) ?? null;
    case 'findLast':
      return items.findLast(holds) ?? null;
    case 'findIndex':
      return indexOrNil(items.findIndex(holds));
    case 'findLastIndex':
      return indexOrNil(items.findLastIndex(holds));
    case 'count':
      return BigInt(items.filter(holds).length);
    default:
      return addUp(items.map(ask), scope.meter);
  }
}

/** As expr-lang: nil when there is none, never -1. */
function indexOrNil(index: number): Value {
  return index < 0 ? null : BigInt(index);
}

function addUp(values: readonly Value[], meter: Meter): Value {
  let sum: Value = 0n;
  for (const value of values) {
    meter.see(value);
    sum = applyOperator('+', sum, value, meter);
  }
  return sum;
}
