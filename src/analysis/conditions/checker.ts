import { BUILTINS } from './builtins/index.ts';
import type { Patterns } from './patterns.ts';
import {
  areComparable,
  BOOL,
  FLOAT,
  INT,
  isNumeric,
  isUnknown,
  listOf,
  mayBoth,
  NIL,
  RECORD,
  STRING,
  type StaticType,
  staticTypeOf,
  UNKNOWN,
} from './static-type.ts';
import { type BinaryOperator, type Node, PREDICATE_CALLS } from './syntax.ts';
import { CompileProblem } from './value.ts';

/** Names that mean something here, and what `#` is. */
interface Scope {
  readonly names: ReadonlyMap<string, StaticType>;
  /** Inside a predicate: the elements' type, and whether `#index` is known. */
  readonly element?: StaticType;
  readonly hasIndex?: boolean;
  readonly patterns: Patterns;
}

/** The type of a condition for a result of this type; throws CompileProblem where no value of that type can make it right. */
export function checkCondition(node: Node, result: StaticType, patterns: Patterns): StaticType {
  return check(node, { names: new Map([['result', result]]), patterns });
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
    case 'chain':
    case 'predicate':
      return check(node.body, scope);
    case 'let': {
      if (BUILTINS.has(node.name)) throw new CompileProblem(`cannot redeclare builtin ${node.name}`);
      if (scope.names.has(node.name)) throw new CompileProblem(`cannot redeclare ${node.name}`);
      const names = new Map(scope.names).set(node.name, check(node.value, scope));
      return check(node.body, { ...scope, names });
    }
  }
}

function checkName(name: string, scope: Scope): StaticType {
  const type = scope.names.get(name);
  if (type !== undefined) return type;
  if (name === '$env') throw new CompileProblem('$env is not supported yet');
  throw new CompileProblem(`unknown name ${name}`);
}

function checkPointer(name: string, scope: Scope): StaticType {
  if (scope.element === undefined) throw new CompileProblem('cannot use pointer accessor outside predicate');
  if (name === '') return scope.element;
  if (name === 'index' && scope.hasIndex === true) return INT;
  throw new CompileProblem(`unknown pointer #${name}`);
}

function checkList(items: readonly StaticType[]): StaticType {
  const [first = UNKNOWN] = items;
  return listOf(items.every((item) => item.kind === first.kind) ? first : UNKNOWN);
}

function checkUnary(operator: string, operand: StaticType): StaticType {
  const isLogical = operator === '!' || operator === 'not';
  if (isLogical && (operand.kind === 'bool' || isUnknown(operand))) return BOOL;
  if (!isLogical && (isNumeric(operand) || isUnknown(operand))) return operand;
  throw new CompileProblem(`invalid operation: ${operator} (mismatched type ${operand.goName})`);
}

function checkBinary(node: Extract<Node, { kind: 'binary' }>, scope: Scope): StaticType {
  const left = check(node.left, scope);
  const right = check(node.right, scope);
  if (node.operator === 'matches' && node.right.kind === 'literal' && typeof node.right.value === 'string') {
    const compiled = scope.patterns.compile(node.right.value);
    if (!compiled.isCompiled) throw new CompileProblem(compiled.reason);
  }
  const answer = typeOfOperation(node.operator, left, right);
  if (answer !== undefined) return answer;
  throw new CompileProblem(`invalid operation: ${node.written} (mismatched types ${left.goName} and ${right.goName})`);
}

function typeOfOperation(operator: BinaryOperator, left: StaticType, right: StaticType): StaticType | undefined {
  const areNumbers = isNumeric(left) && isNumeric(right);
  const areStrings = left.kind === 'string' && right.kind === 'string';
  const mayBeNumbers = areNumbers || mayBoth(left, right, ['int', 'float']);
  switch (operator) {
    case '==':
    case '!=':
      return areComparable(left, right) ? BOOL : undefined;
    case '||':
    case '&&':
      return (left.kind === 'bool' && right.kind === 'bool') || mayBoth(left, right, ['bool']) ? BOOL : undefined;
    case '<':
    case '>':
    case '<=':
    case '>=':
      return mayBeNumbers || areStrings || mayBoth(left, right, ['string']) ? BOOL : undefined;
    case '+':
      if (areStrings) return STRING;
      if (areNumbers) return widest(left, right);
      return mayBeNumbers || mayBoth(left, right, ['string']) ? UNKNOWN : undefined;
    case '-':
    case '*':
      if (areNumbers) return widest(left, right);
      return mayBeNumbers ? UNKNOWN : undefined;
    case '/':
    case '**':
      return mayBeNumbers ? FLOAT : undefined;
    case '%':
      return (left.kind === 'int' && right.kind === 'int') || mayBoth(left, right, ['int']) ? INT : undefined;
    case '..':
      return (left.kind === 'int' && right.kind === 'int') || mayBoth(left, right, ['int']) ? listOf(INT) : undefined;
    case 'in':
      return checkIn(left, right);
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return areStrings || mayBoth(left, right, ['string']) ? BOOL : undefined;
    case '??':
      if (left.kind === 'nil') return right;
      return right.kind === 'nil' || right.kind === left.kind ? left : UNKNOWN;
  }
}

function widest(left: StaticType, right: StaticType): StaticType {
  return left.kind === 'float' || right.kind === 'float' ? FLOAT : INT;
}

function checkIn(left: StaticType, right: StaticType): StaticType | undefined {
  if (right.kind === 'record') {
    if (left.kind === 'string' || isUnknown(left)) return BOOL;
    throw new CompileProblem(`cannot use ${left.goName} as type string in map key`);
  }
  if (right.kind === 'list') {
    const element = right.element ?? UNKNOWN;
    if (areComparable(left, element)) return BOOL;
    throw new CompileProblem(`cannot use ${left.goName} as type ${element.goName} in array`);
  }
  return isUnknown(right) || (isUnknown(left) && right.kind === 'string') ? BOOL : undefined;
}

function checkChoice(
  node: { readonly condition: Node; readonly whenTrue: Node; readonly whenFalse: Node },
  scope: Scope,
): StaticType {
  const condition = check(node.condition, scope);
  if (condition.kind !== 'bool' && !isUnknown(condition)) {
    throw new CompileProblem(`non-bool expression (type ${condition.goName}) used as condition`);
  }
  const whenTrue = check(node.whenTrue, scope);
  const whenFalse = check(node.whenFalse, scope);
  if (whenTrue.kind === 'nil') return whenFalse;
  return whenFalse.kind === 'nil' || whenFalse.kind === whenTrue.kind ? whenTrue : UNKNOWN;
}

function checkMember(node: { readonly object: Node; readonly property: Node }, scope: Scope): StaticType {
  const object = check(node.object, scope);
  const property = check(node.property, scope);
  const field =
    node.property.kind === 'literal' && typeof node.property.value === 'string' ? node.property.value : undefined;
  if (isUnknown(object)) return UNKNOWN;
  if (object.kind === 'nil' && field !== undefined) throw new CompileProblem(`type nil has no field ${field}`);
  if (object.kind === 'record') {
    if (property.kind === 'string' || isUnknown(property)) return UNKNOWN;
    throw new CompileProblem(`cannot use ${property.goName} to get an element from ${object.goName}`);
  }
  if (object.kind === 'list') {
    if (property.kind === 'int' || isUnknown(property)) return object.element ?? UNKNOWN;
    throw new CompileProblem(`array elements can only be selected using an integer (got ${property.goName})`);
  }
  if (field !== undefined) throw new CompileProblem(`type ${object.goName} has no field ${field}`);
  throw new CompileProblem(`type ${object.goName}[${property.goName}] is undefined`);
}

function checkSlice(
  node: { readonly object: Node; readonly from: Node | undefined; readonly to: Node | undefined },
  scope: Scope,
): StaticType {
  const object = check(node.object, scope);
  for (const edge of [node.from, node.to]) {
    const type = edge === undefined ? INT : check(edge, scope);
    if (type.kind !== 'int' && !isUnknown(type)) throw new CompileProblem(`non-integer slice index ${type.goName}`);
  }
  if (isUnknown(object) || object.kind === 'list' || object.kind === 'string') return object;
  throw new CompileProblem(`cannot slice ${object.goName}`);
}

function checkCall(node: { readonly name: string; readonly args: readonly Node[] }, scope: Scope): StaticType {
  const { name } = node;
  if (PREDICATE_CALLS.has(name)) return checkPredicateCall(node, scope);
  const builtin = BUILTINS.get(name);
  if (builtin !== undefined) return builtin.check(node.args.map((arg) => check(arg, scope)));
  throw new CompileProblem(`${checkName(name, scope).goName} is not callable`);
}

function checkPredicateCall(node: { readonly name: string; readonly args: readonly Node[] }, scope: Scope): StaticType {
  const { name, args } = node;
  const [list, predicate] = args;
  const isOptional = name === 'count' || name === 'sum';
  if (list === undefined || (predicate === undefined && !isOptional)) {
    throw new CompileProblem(`expected at least ${isOptional ? 1 : 2} arguments`);
  }
  if (args.length > 2) throw new CompileProblem(`too many arguments to call ${name}`);
  const collection = check(list, scope);
  if (collection.kind !== 'list' && !isUnknown(collection)) {
    throw new CompileProblem(`builtin ${name} takes only array (got ${collection.goName})`);
  }
  const element = collection.element ?? UNKNOWN;
  const inside = { ...scope, element, hasIndex: name === 'map' };
  const answer = predicate === undefined ? undefined : check(predicate, inside);
  if (answer !== undefined && name !== 'map' && name !== 'sum' && answer.kind !== 'bool' && !isUnknown(answer)) {
    throw new CompileProblem(`predicate should return boolean (got ${answer.goName})`);
  }
  if (name === 'count' || name.endsWith('Index')) return INT;
  if (name === 'filter') return listOf(element);
  if (name === 'map') return listOf(answer ?? UNKNOWN);
  if (name.startsWith('find')) return element;
  return name === 'sum' ? (answer ?? element) : BOOL;
}

/** Whether a condition may be judged: of type bool, or not known before it runs. */
export function checkAnswer(type: StaticType): void {
  if (type.kind === 'bool' || isUnknown(type)) return;
  throw new CompileProblem(`expected bool, but got ${type === NIL ? '<nil>' : type.goName}`);
}
