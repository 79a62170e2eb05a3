import { ARGO_FUNCTIONS, BUILTINS } from './builtins/index.ts';
import { checkUnary, typeOfChoice, typeOfOperation } from './check-operators.ts';
import type { Patterns } from './patterns.ts';
import {
  ANY,
  BOOL,
  checkParameters,
  GROUPS,
  INT,
  isAssignable,
  isUnknown,
  LIST,
  listOf,
  RECORD,
  STRING,
  type StaticType,
  staticTypeOf,
  UNKNOWN,
} from './static-type.ts';
import { type Node, PREDICATE_CALLS } from './syntax.ts';
import { typeOfMethod } from './time/methods.ts';
import { CompileProblem } from './value.ts';

/** Names that mean something here, and what `#` is. */
interface Scope {
  /** `result` and Argo's functions. */
  readonly environment: ReadonlyMap<string, StaticType>;
  readonly variables: ReadonlyMap<string, StaticType>;
  /** Inside a predicate: the elements (name ''), and where they exist `#index` and `#acc`. */
  readonly pointers?: ReadonlyMap<string, StaticType>;
  readonly patterns: Patterns;
  /** Gathers what checkCondition gives back as `exact`. */
  readonly exact: Set<Node>;
}

export interface Checked {
  readonly type: StaticType;
  /**
   * The `==` and `!=` between two ints or two strings by their types: there expr-lang asserts both, and a nil (findIndex has found
   * nothing) is an error, not unequal.
   */
  readonly exact: ReadonlySet<Node>;
}

/** The type of a condition for a result of this type; throws CompileProblem where no value of that type can make it right. */
export function checkCondition(node: Node, result: StaticType | undefined, patterns: Patterns): Checked {
  const functions = [...ARGO_FUNCTIONS].map(([name, { goName, signature }]): [string, StaticType] => [
    name,
    { kind: 'function', goName, signature },
  ]);
  const environment = new Map(functions);
  if (result !== undefined) environment.set('result', result);
  const exact = new Set<Node>();
  return { type: check(node, { environment, variables: new Map(), patterns, exact }), exact };
}

function check(node: Node, scope: Scope): StaticType {
  switch (node.kind) {
    case 'literal':
      return staticTypeOf(node.value);
    case 'list':
      return checkList(node.items.map((item) => check(item, scope)));
    case 'record':
      for (const { key, value } of node.entries) [check(key, scope), check(value, scope)];
      return RECORD;
    case 'name':
      return checkName(node.name, scope);
    case 'pointer':
      return checkPointer(node.name, scope);
    case 'unary':
      return checkUnary(node.operator, check(node.operand, scope));
    case 'binary':
      return checkBinary(node, scope);
    case 'choice':
      return checkChoice(node, scope);
    case 'member':
      return checkMember(node, scope);
    case 'slice':
      return checkSlice(node, scope);
    case 'call':
      return checkCall(node, scope);
    case 'invoke':
      return checkInvoke(node, scope);
    case 'chain':
    case 'predicate':
      return check(node.body, scope);
    case 'sequence':
      return node.parts.map((part) => check(part, scope)).at(-1) ?? UNKNOWN;
    case 'let':
      return checkLet(node, scope);
  }
}

function checkLet(node: Extract<Node, { kind: 'let' }>, scope: Scope): StaticType {
  const { name } = node;
  if (scope.environment.has(name)) throw new CompileProblem(`cannot redeclare ${name}`);
  if (BUILTINS.has(name) || PREDICATE_CALLS.has(name)) throw new CompileProblem(`cannot redeclare builtin ${name}`);
  if (scope.variables.has(name)) throw new CompileProblem(`cannot redeclare variable ${name}`);
  const variables = new Map(scope.variables).set(name, check(node.value, scope));
  return check(node.body, { ...scope, variables });
}

/** The type of a builtin that is named and not called: the compiler takes it, and the value is nil. */
const BUILTIN_TYPE: StaticType = { kind: 'function', goName: 'func(...interface {}) (interface {}, error)' };

function checkName(name: string, scope: Scope): StaticType {
  const type = scope.variables.get(name) ?? scope.environment.get(name);
  if (type !== undefined) return type;
  if (name === '$env') return UNKNOWN;
  if (BUILTINS.has(name) || PREDICATE_CALLS.has(name)) return BUILTIN_TYPE;
  throw new CompileProblem(`unknown name ${name}`);
}

function checkPointer(name: string, scope: Scope): StaticType {
  if (scope.pointers === undefined) throw new CompileProblem('cannot use pointer accessor outside predicate');
  const type = scope.pointers.get(name);
  if (type !== undefined) return type;
  throw new CompileProblem(`unknown pointer #${name}`);
}

function checkList(items: readonly StaticType[]): StaticType {
  const last = items.at(-1) ?? UNKNOWN;
  return listOf(items.every((item) => item.kind === last.kind) ? last : ANY);
}

function checkBinary(node: Extract<Node, { kind: 'binary' }>, scope: Scope): StaticType {
  const left = check(node.left, scope);
  const right = check(node.right, scope);
  if (node.operator === 'matches' && node.right.kind === 'literal' && typeof node.right.value === 'string') {
    const compiled = scope.patterns.compile(node.right.value);
    if (!compiled.isCompiled) throw new CompileProblem(compiled.reason);
  }
  const isEquality = node.operator === '==' || node.operator === '!=';
  if (isEquality && left.goName === right.goName && EXACT.has(left.goName)) scope.exact.add(node);
  // What a list of texts was folded to is asked for anything.
  const isFolded = node.operator === 'in' && node.right.kind === 'literal' && right.kind === 'record';
  const answer = isFolded ? BOOL : typeOfOperation(node.operator, left, right);
  if (answer !== undefined) return answer;
  throw new CompileProblem(`invalid operation: ${node.written} (mismatched types ${left.goName} and ${right.goName})`);
}

const EXACT: ReadonlySet<string> = new Set(['int', 'string']);

function checkChoice(node: Extract<Node, { kind: 'choice' }>, scope: Scope): StaticType {
  const condition = check(node.condition, scope);
  if (condition.kind !== 'bool' && !isUnknown(condition)) {
    throw new CompileProblem(`non-bool expression (type ${condition.goName}) used as condition`);
  }
  return typeOfChoice(check(node.whenTrue, scope), check(node.whenFalse, scope));
}

function isEnvironment(node: Node): boolean {
  return node.kind === 'name' && node.name === '$env';
}

function textOf(node: Node): string | undefined {
  return node.kind === 'literal' && typeof node.value === 'string' ? node.value : undefined;
}

function checkMember(node: Extract<Node, { kind: 'member' }>, scope: Scope): StaticType {
  const field = textOf(node.property);
  if (isEnvironment(node.object)) {
    const type = field === undefined ? UNKNOWN : scope.environment.get(field);
    if (type === undefined && !node.isOptional) throw new CompileProblem(`unknown name ${field}`);
    return type ?? UNKNOWN;
  }
  const object = check(node.object, scope);
  const property = check(node.property, scope);
  if (isUnknown(object)) return UNKNOWN;
  if (object.kind === 'nil' && field !== undefined) throw new CompileProblem(`type nil has no field ${field}`);
  const method = field === undefined ? undefined : typeOfMethod(object.goName, field);
  if (method !== undefined) return method;
  if (object.kind === 'record') {
    if (isUnknown(property) || isAssignable(property, object.key ?? STRING)) return object.element ?? UNKNOWN;
    throw new CompileProblem(`cannot use ${property.goName} to get an element from ${object.goName}`);
  }
  if (object.kind === 'list') {
    if (property.kind === 'int' || isUnknown(property)) return object.element ?? UNKNOWN;
    throw new CompileProblem(`array elements can only be selected using an integer (got ${property.goName})`);
  }
  const name = object.goName.replace('*', '');
  if (field !== undefined)
    throw new CompileProblem(`type ${name} has no ${node.isCallee ? 'method' : 'field'} ${field}`);
  throw new CompileProblem(`type ${name}[${property.goName}] is undefined`);
}

function checkSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): StaticType {
  const object = check(node.object, scope);
  if (isUnknown(object)) return UNKNOWN;
  if (object.kind !== 'list' && object.kind !== 'string') throw new CompileProblem(`cannot slice ${object.goName}`);
  for (const edge of [node.from, node.to]) {
    const type = edge === undefined ? INT : check(edge, scope);
    if (type.kind !== 'int' && !isUnknown(type)) throw new CompileProblem(`non-integer slice index ${type.goName}`);
  }
  return object;
}

function checkCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): StaticType {
  const { name, args } = node;
  if (PREDICATE_CALLS.has(name)) return checkPredicateCall(node, scope);
  const builtin = BUILTINS.get(name);
  if (builtin === undefined) throw new CompileProblem(`unknown name ${name}`);
  const [first, second] = args;
  const asksEnvironment = name === 'get' && args.length === 2 && first !== undefined && isEnvironment(first);
  if (asksEnvironment) return scope.environment.get(textOf(second ?? first) ?? '') ?? UNKNOWN;
  return builtin.check(args.map((arg) => check(arg, scope)));
}

function checkInvoke(node: Extract<Node, { kind: 'invoke' }>, scope: Scope): StaticType {
  const { callee, args } = node;
  if (isEnvironment(callee)) throw new CompileProblem('map[string]interface {} is not callable');
  const type = check(callee, scope);
  if (isUnknown(type)) return UNKNOWN;
  const name =
    callee.kind === 'name' ? callee.name : (callee.kind === 'member' && textOf(callee.property)) || 'function';
  if (type.kind === 'nil') throw new CompileProblem(`${name} is nil; cannot call nil as function`);
  if (type.kind !== 'function') throw new CompileProblem(`${type.goName} is not callable`);
  if (type.signature === undefined) return UNKNOWN;
  if (type.signature.answer.kind === 'nil') throw new CompileProblem(`func ${name} returns more then two values`);
  const given = args.map((arg) => check(arg, scope));
  checkParameters(name, given, type.signature);
  return type.signature.answer;
}

function checkPredicateCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): StaticType {
  const { name, args } = node;
  const [list, predicate, third] = args;
  const collection = list === undefined ? UNKNOWN : check(list, scope);
  if (collection.kind !== 'list' && !isUnknown(collection)) {
    throw new CompileProblem(`builtin ${name} takes only array (got ${collection.goName})`);
  }
  const element = collection.element ?? UNKNOWN;
  const answer = predicate && checkPredicate(name, check(predicate, { ...scope, pointers: pointersOf(name, element) }));
  const last = third === undefined ? UNKNOWN : check(third, scope);
  if (name === 'sortBy' && last.kind !== 'string' && !isUnknown(last)) {
    throw new CompileProblem(`sortBy order argument must be a string (got ${last.goName})`);
  }
  switch (name) {
    case 'count':
    case 'findIndex':
    case 'findLastIndex':
      return INT;
    case 'filter':
      return isUnknown(collection) ? LIST : listOf(element);
    case 'map':
      return listOf(answer ?? UNKNOWN);
    case 'groupBy':
      return GROUPS;
    case 'sortBy':
      return collection;
    case 'reduce':
      return answer ?? UNKNOWN;
    case 'find':
    case 'findLast':
      return element;
    case 'sum':
      return answer ?? element;
    default:
      return BOOL;
  }
}

function pointersOf(name: string, element: StaticType): ReadonlyMap<string, StaticType> {
  const pointers = new Map([['', element]]);
  if (name === 'map' || name === 'reduce') pointers.set('index', INT);
  return name === 'reduce' ? pointers.set('acc', UNKNOWN) : pointers;
}

const MAY_ANSWER_ANYTHING: ReadonlySet<string> = new Set(['map', 'sum', 'groupBy', 'sortBy', 'reduce']);

function checkPredicate(name: string, answer: StaticType): StaticType {
  if (answer.kind === 'nil') {
    throw new CompileProblem(`predicate should has ${name === 'reduce' ? 'two' : 'one'} input and one output param`);
  }
  if (MAY_ANSWER_ANYTHING.has(name) || answer.kind === 'bool' || isUnknown(answer)) return answer;
  throw new CompileProblem(`predicate should return boolean (got ${answer.goName})`);
}

/** Whether a condition may be judged: of type bool, or not known before it runs. */
export function checkAnswer(type: StaticType): void {
  if (type.kind === 'bool' || isUnknown(type)) return;
  throw new CompileProblem(`expected bool, but got ${type.kind === 'nil' ? '<nil>' : type.goName}`);
}
