import { ARGO_FUNCTIONS, BUILTINS } from './builtins/index.ts';
import { Callable, type CallContext } from './callable.ts';
import { expectType, goType } from './go-text.ts';
import { applyOperator, negate } from './operators.ts';
import { type Element, runPredicateCall } from './predicates.ts';
import { readMember, readSlice } from './read-member.ts';
import { type Node, PREDICATE_CALLS, type UnaryOperator } from './syntax.ts';
import { isNil, isNumber, RuntimeProblem, type Value } from './value.ts';

interface Scope {
  readonly context: CallContext;
  readonly exact: ReadonlySet<Node>;
  readonly variables: ReadonlyMap<string, Value>;
  readonly element?: Element;
}

/** What an optional member gives to the rest of its chain when it found nil. */
const NOTHING = Symbol('nothing');

/** Computes a checked condition; throws RuntimeProblem. Whether it met NaN, its meter knows; `exact`: see checkCondition. */
export function evaluate(node: Node, context: CallContext, exact: ReadonlySet<Node>): Value {
  return evaluateIn(node, { context, exact, variables: NO_VARIABLES });
}

const NO_VARIABLES: ReadonlyMap<string, Value> = new Map();

function evaluateIn(node: Node, scope: Scope): Value {
  const { meter } = scope.context;
  meter.step();
  const value = compute(node, scope);
  meter.see(value);
  return value;
}

function compute(node: Node, scope: Scope): Value {
  const { meter } = scope.context;
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'list':
      meter.grow(node.items.length);
      return node.items.map((item) => evaluateIn(item, scope));
    case 'record':
      meter.grow(node.entries.length);
      return computeRecord(node, scope);
    case 'name':
      return readName(node.name, scope);
    case 'pointer':
      return readPointer(node.name, scope.element);
    case 'unary':
      return computeUnary(node.operator, evaluateIn(node.operand, scope));
    case 'binary':
      return computeBinary(node, scope);
    case 'choice': {
      const isTrue = expectType(evaluateIn(node.condition, scope), 'bool');
      return evaluateIn(isTrue ? node.whenTrue : node.whenFalse, scope);
    }
    case 'member':
    case 'invoke': {
      const value = evaluateChain(node, scope);
      return value === NOTHING ? null : value;
    }
    case 'chain': {
      const value = evaluateChain(node.body, scope);
      return value === NOTHING || isNil(value) ? null : value;
    }
    case 'slice':
      return computeSlice(node, scope);
    case 'call':
      return computeCall(node, scope);
    case 'predicate':
      return evaluateIn(node.body, scope);
    case 'sequence': {
      let last: Value = null;
      for (const part of node.parts) last = evaluateIn(part, scope);
      return last;
    }
    case 'let': {
      const variables = new Map(scope.variables).set(node.name, evaluateIn(node.value, scope));
      return evaluateIn(node.body, { ...scope, variables });
    }
  }
}

function computeRecord(node: Extract<Node, { kind: 'record' }>, scope: Scope): Value {
  const entries = node.entries.map(
    ({ key, value }) => [expectType(evaluateIn(key, scope), 'string'), evaluateIn(value, scope)] as const,
  );
  // As expr-lang: of a doubled key the first wins. Never an assignment, which would run the setter of __proto__.
  return Object.fromEntries(entries.toReversed());
}

function readName(name: string, { context, variables }: Scope): Value {
  const variable = variables.get(name);
  if (variable !== undefined) return variable;
  if (name === 'result') return context.result;
  return name === '$env' ? environmentOf(context) : (ARGO_FUNCTIONS.get(name) ?? null);
}

/** All that a condition finds by name. */
function environmentOf({ result }: CallContext): Value {
  return { ...Object.fromEntries(ARGO_FUNCTIONS), result };
}

function readPointer(name: string, element: Element | undefined): Value {
  if (element === undefined) return null;
  if (name === 'index') return BigInt(element.index);
  return name === 'acc' ? element.accumulator : element.value;
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
      return isNil(left) ? evaluateIn(node.right, scope) : left;
    case 'in': {
      const range = readWrittenRange(node.right);
      if (range !== undefined) return isWithin(left, range);
      return applyOperator('in', left, evaluateIn(node.right, scope), scope.context.meter);
    }
    default: {
      const right = evaluateIn(node.right, scope);
      if ((left === null || right === null) && scope.exact.has(node)) return refuseNil(left ?? right);
      return applyOperator(node.operator, left, right, scope.context.meter);
    }
  }
}

function refuseNil(other: Value): never {
  const wanted = typeof other === 'string' ? 'string' : 'int';
  throw new RuntimeProblem(`interface conversion: interface {} is nil, not ${wanted}`);
}

type Range = readonly [from: bigint, to: bigint];

/** `1..1000000000` after `in`: nobody needs the list. */
function readWrittenRange(node: Node): Range | undefined {
  if (node.kind !== 'binary' || node.operator !== '..') return undefined;
  const { left, right } = node;
  if (left.kind !== 'literal' || right.kind !== 'literal') return undefined;
  return typeof left.value === 'bigint' && typeof right.value === 'bigint' ? [left.value, right.value] : undefined;
}

function isWithin(value: Value, [from, to]: Range): boolean {
  return isNumber(value) && (typeof value === 'bigint' || Number.isInteger(value)) && value >= from && value <= to;
}

function evaluateChain(node: Node, scope: Scope): Value | typeof NOTHING {
  if (node.kind !== 'member' && node.kind !== 'invoke') return evaluateIn(node, scope);
  const { meter } = scope.context;
  meter.step();
  if (node.kind === 'invoke') {
    const callee = evaluateChain(node.callee, scope);
    return callee === NOTHING ? NOTHING : invoke(callee, node.args, scope);
  }
  const object = evaluateChain(node.object, scope);
  if (object === NOTHING || (node.isOptional && isNil(object))) return NOTHING;
  if (typeof object === 'string') meter.touch(object);
  const value = readMember(object, evaluateIn(node.property, scope));
  meter.see(value);
  return value;
}

function invoke(callee: Value, args: readonly Node[], scope: Scope): Value {
  const given = args.map((arg) => evaluateIn(arg, scope));
  if (callee === null) throw new RuntimeProblem('invalid operation: cannot call nil');
  if (!(callee instanceof Callable)) {
    throw new RuntimeProblem(`invalid operation: cannot call non-function of type ${goType(callee)}`);
  }
  return callee.call(given, scope.context);
}

function computeSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): Value {
  const object = evaluateIn(node.object, scope);
  const to = node.to === undefined ? undefined : evaluateIn(node.to, scope);
  const from = node.from === undefined ? undefined : evaluateIn(node.from, scope);
  scope.context.meter.touch(object);
  const part = readSlice(object, from, to);
  scope.context.meter.grow(part.length);
  return part;
}

function computeCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  if (PREDICATE_CALLS.has(node.name)) return computePredicateCall(node, scope);
  const builtin = BUILTINS.get(node.name);
  if (builtin === undefined) throw new RuntimeProblem(`unknown name ${node.name}`);
  const { context } = scope;
  const args = node.args.map((arg) => evaluateIn(arg, scope));
  for (const arg of args) context.meter.touch(arg);
  const answer = builtin.run(args, context);
  context.meter.touch(answer);
  return answer;
}

function computePredicateCall({ name, args }: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  const [list, predicate, third] = args;
  const collection = list === undefined ? null : evaluateIn(list, scope);
  return runPredicateCall(name, collection, {
    third: third === undefined ? undefined : evaluateIn(third, scope),
    ask: (element) => (predicate === undefined ? element.value : evaluateIn(predicate, { ...scope, element })),
    meter: scope.context.meter,
  });
}
