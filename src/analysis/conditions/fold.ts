import { Meter } from './meter.ts';
import { applyOperator } from './operators.ts';
import { Patterns } from './patterns.ts';
import { mapChildren, type Node } from './syntax.ts';
import { RuntimeProblem, type Value } from './value.ts';

/**
 * Computes what is known without a result, as expr-lang's optimizer does. It is not only faster: `result.a > 1 || true` is true
 * even where there is no `a`, and `x in ['a', 'b']` is an error for an x that is no text.
 */
export function fold(node: Node): Node {
  const folded = mapChildren(node, fold);
  switch (folded.kind) {
    case 'unary':
      return foldUnary(folded);
    case 'binary':
      return foldBinary(folded);
    default:
      return folded;
  }
}

function literal(value: Value): Node {
  return { kind: 'literal', value };
}

function isLiteral(node: Node): node is Extract<Node, { kind: 'literal' }> {
  return node.kind === 'literal';
}

function foldUnary(node: Extract<Node, { kind: 'unary' }>): Node {
  const { operator, operand } = node;
  if (!isLiteral(operand)) return node;
  const { value } = operand;
  if (typeof value === 'boolean') return operator === '!' || operator === 'not' ? literal(!value) : node;
  if (typeof value === 'number') return literal(operator === '-' ? -value : value);
  if (typeof value === 'bigint') return literal(operator === '-' ? BigInt.asIntN(64, -value) : value);
  return node;
}

function foldBinary(node: Extract<Node, { kind: 'binary' }>): Node {
  const { operator, left, right } = node;
  if (operator === '&&' || operator === '||') return foldLogic(node);
  if (operator === 'in') return foldIn(node);
  if (!isLiteral(left) || !isLiteral(right) || !FOLDED.has(operator)) return node;
  const areAlike =
    typeof left.value === typeof right.value && ['bigint', 'string', 'boolean'].includes(typeof left.value);
  if (operator === '==') return areAlike ? literal(left.value === right.value) : node;
  return compute(node, left.value, right.value);
}

const FOLDED: ReadonlySet<string> = new Set(['==', '+', '-', '*', '/', '**']);

function compute(node: Extract<Node, { kind: 'binary' }>, left: Value, right: Value): Node {
  const { operator } = node;
  if (operator === '&&' || operator === '||' || operator === '??') return node;
  try {
    return literal(applyOperator(operator, left, right, new Meter(new Patterns())));
  } catch (error) {
    if (error instanceof RuntimeProblem) return node;
    throw error;
  }
}

/** `x && true` is x; `x || true` is true, and x is never looked at. */
function foldLogic(node: Extract<Node, { kind: 'binary' }>): Node {
  const { operator, left, right } = node;
  const neutral = operator === '&&';
  const isNeutral = (side: Node): boolean => isLiteral(side) && side.value === neutral;
  const decides = (side: Node): boolean => isLiteral(side) && side.value === !neutral;
  if (isNeutral(left)) return right;
  if (isNeutral(right)) return left;
  return decides(left) || decides(right) ? literal(!neutral) : node;
}

/** A list of texts becomes a map of them, which is asked for its keys. */
function foldIn(node: Extract<Node, { kind: 'binary' }>): Node {
  const { right } = node;
  if (right.kind !== 'list' || right.items.length === 0) return node;
  const texts = right.items.flatMap((item) => (isLiteral(item) && typeof item.value === 'string' ? [item.value] : []));
  if (texts.length < right.items.length) return node;
  return { ...node, right: literal(Object.fromEntries(texts.map((text) => [text, true]))) };
}
