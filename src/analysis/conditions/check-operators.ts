import {
  areComparable,
  BOOL,
  DURATION,
  FLOAT,
  INT,
  isAssignable,
  isNumeric,
  isUnknown,
  LIST,
  listOf,
  mayBoth,
  NIL,
  STRING,
  type StaticType,
  TIME,
  UNKNOWN,
} from './static-type.ts';
import type { BinaryOperator } from './syntax.ts';
import { CompileProblem } from './value.ts';

export function checkUnary(operator: string, operand: StaticType): StaticType {
  const isLogical = operator === '!' || operator === 'not';
  if (isLogical && (operand.kind === 'bool' || isUnknown(operand))) return BOOL;
  if (!isLogical && (isNumeric(operand) || isUnknown(operand))) return operand;
  throw new CompileProblem(`invalid operation: ${operator} (mismatched type ${operand.goName})`);
}

/** The type of what an operator gives; undefined where it never takes these sides. */
export function typeOfOperation(operator: BinaryOperator, left: StaticType, right: StaticType): StaticType | undefined {
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
      return areOrdered(left, right) ? BOOL : undefined;
    case '+':
    case '-':
    case '*':
      return typeOfArithmetic(operator, left, right);
    case '/':
    case '**':
      return (isNumeric(left) && isNumeric(right)) || mayBoth(left, right, ['int', 'float']) ? FLOAT : undefined;
    case '%':
      return areIntegers(left, right) ? INT : undefined;
    case '..':
      return areIntegers(left, right) ? listOf(INT) : undefined;
    case 'in':
      return checkIn(left, right);
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith': {
      const hasText = left.kind === 'string' || (operator === 'matches' && left.goName === '[]uint8');
      return (hasText && right.kind === 'string') || mayBoth(left, right, ['string']) ? BOOL : undefined;
    }
    case '??':
      if (left.kind === 'nil') return right;
      return right.kind === 'nil' || isAssignable(right, left) ? left : UNKNOWN;
  }
}

function areIntegers(left: StaticType, right: StaticType): boolean {
  return (left.kind === 'int' && right.kind === 'int') || mayBoth(left, right, ['int']);
}

function areOrdered(left: StaticType, right: StaticType): boolean {
  if (isNumeric(left) && isNumeric(right)) return true;
  const haveOrder = ['string', 'time', 'duration'].includes(left.kind) && left.kind === right.kind;
  return haveOrder || mayBoth(left, right, ['int', 'float', 'string', 'time', 'duration']);
}

function typeOfArithmetic(operator: '+' | '-' | '*', left: StaticType, right: StaticType): StaticType | undefined {
  if (isNumeric(left) && isNumeric(right)) return left.kind === 'float' || right.kind === 'float' ? FLOAT : INT;
  const kinds = `${left.kind} ${operator} ${right.kind}`;
  switch (kinds) {
    case 'string + string':
      return STRING;
    case 'time + duration':
    case 'duration + time':
    case 'time - duration':
      return TIME;
    case 'time - time':
    case 'duration + duration':
    case 'duration - duration':
    case 'duration * duration':
    case 'duration * int':
    case 'duration * float':
    case 'int * duration':
    case 'float * duration':
      return DURATION;
  }
  const others = { '+': ['string', 'time'], '-': ['time'], '*': [] } as const;
  return mayBoth(left, right, ['int', 'float', 'duration', ...others[operator]]) ? UNKNOWN : undefined;
}

function checkIn(left: StaticType, right: StaticType): StaticType | undefined {
  if (right.kind === 'time') return left.kind === 'string' || isUnknown(left) ? BOOL : undefined;
  if (right.kind === 'record') {
    const key = right.key ?? STRING;
    if (isUnknown(left) || isAssignable(left, key)) return BOOL;
    throw new CompileProblem(`cannot use ${left.goName} as type ${key.goName} in map key`);
  }
  if (right.kind === 'list') {
    const element = right.element ?? UNKNOWN;
    if (areComparable(left, element)) return BOOL;
    throw new CompileProblem(`cannot use ${left.goName} as type ${element.goName} in array`);
  }
  return isUnknown(right) || (isUnknown(left) && right.kind === 'string') ? BOOL : undefined;
}

/** Of `a ? b : c`. */
export function typeOfChoice(whenTrue: StaticType, whenFalse: StaticType): StaticType {
  if (whenTrue.kind === 'nil') return whenFalse.kind === 'nil' ? NIL : whenFalse;
  if (whenFalse.kind === 'nil') return whenTrue;
  const areAlike = !isUnknown(whenTrue) && !isUnknown(whenFalse) && isAssignable(whenTrue, whenFalse);
  if (!areAlike) return UNKNOWN;
  const haveSameElement = whenTrue.element?.goName === whenFalse.element?.goName;
  return whenTrue.kind === 'list' && !haveSameElement ? LIST : whenTrue;
}
