import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Matcher } from '../labels.ts';
import { parseNumber } from './duration.ts';
import { type BinaryOperator, type Expression, typeOf, type ValueType } from './expression.ts';
import { describeToken, mistakeAt, unexpectedToken } from './mistakes.ts';
import { readLabelNames, readMatching } from './parse-matching.ts';
import { readAt, readOffset, readRange, readSelector, readSubquery } from './parse-selector.ts';
import { AGGREGATIONS, SIGNATURES } from './signatures.ts';
import { readString } from './string-literal.ts';
import { child, childrenOf, findBroken, refuse, textOf } from './syntax.ts';
import { lex } from './tokens.ts';

/** Reads a query by Prometheus' own grammar and checks its types; throws a QueryError that says where and why. */
export function parseQuery(query: string): Expression {
  const { tokens, mistake } = lex(query);
  if (tokens[0]?.kind === 'end of input') throw mistakeAt(query, 0, 'no expression found in input');
  const tree = parser.parse(query);
  const broken = findBroken(tree.topNode);
  const isLexical = mistake !== undefined && (broken === undefined || mistake.at <= broken.from);
  if (isLexical) throw mistakeAt(query, mistake.shownAt, mistake.message);
  if (broken !== undefined) throw unexpectedToken(query, tokens, broken.from);
  const root = tree.topNode.firstChild;
  if (root === null) throw mistakeAt(query, 0, 'no expression found in input');
  return readExpression(root, query);
}

/** Reads a `match[]` parameter; throws a QueryError where it is no selector. */
export function parseSelector(text: string): readonly Matcher[] {
  const { tokens } = lex(text);
  if (tokens[0]?.kind === 'end of input') throw mistakeAt(text, 0, 'unexpected end of input');
  const [first] = tokens;
  const isSelector = first?.text === '{' || first?.kind === 'identifier';
  const outside = isSelector
    ? tokens.slice(1).find(({ place, text: sign }) => place !== 'braces' && sign !== '{')
    : first;
  if (outside !== undefined && outside.kind !== 'end of input') {
    throw mistakeAt(text, outside.from, `unexpected ${describeToken(outside)}`);
  }
  const expression = parseQuery(text);
  if (expression.kind !== 'selector') throw mistakeAt(text, 0, `${JSON.stringify(text)} is no selector`);
  return expression.matchers;
}

function readExpression(node: SyntaxNode, query: string): Expression {
  switch (node.name) {
    case 'NumberDurationLiteral':
      return readNumber(node, query);
    case 'StringLiteral':
      return { kind: 'string', value: readString(textOf(node, query)) };
    case 'ParenExpr':
      return readExpression(child(node, 0), query);
    case 'UnaryExpr':
      return readUnary(node, query);
    case 'VectorSelector':
      return readSelector(node, query);
    case 'MatrixSelector':
      return readRange(readExpression(child(node, 0), query), node, query);
    case 'SubqueryExpr':
      return readSubquery(readExpression(child(node, 0), query), node, query);
    case 'OffsetExpr':
      return readOffset(readExpression(child(node, 0), query), node, query);
    case 'StepInvariantExpr':
      return readAt(readExpression(child(node, 0), query), node, query);
    case 'BinaryExpr':
      return readBinary(node, query);
    case 'AggregateExpr':
      return readAggregation(node, query);
    case 'FunctionCall':
      return readCall(node, query);
    default:
      throw refuse(node, query, `${node.name} ${JSON.stringify(textOf(node, query))} is not supported here`);
  }
}

/** Unlike Prometheus 3, Debian's knows durations only where a time is meant. */
function readNumber(node: SyntaxNode, query: string): Expression {
  const text = textOf(node, query);
  if (/^\d+(?:ms|[smhdwy])/.test(text)) throw refuse(node, query, `unexpected duration ${JSON.stringify(text)}`);
  return { kind: 'number', value: parseNumber(text) };
}

function readUnary(node: SyntaxNode, query: string): Expression {
  const inner = readExpression(child(node, 1), query);
  const type = typeOf(inner);
  if (type !== 'scalar' && type !== 'instant vector') {
    throw refuse(
      node,
      query,
      `unary expression only allowed on expressions of type scalar or instant vector, got "${type}"`,
    );
  }
  return textOf(child(node, 0), query) === '-' ? { kind: 'negation', inner } : inner;
}

const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);

function readBinary(node: SyntaxNode, query: string): Expression {
  const parts = childrenOf(node);
  const [leftNode, operatorNode] = parts;
  const rightNode = parts.at(-1);
  if (leftNode === undefined || operatorNode === undefined || rightNode === undefined)
    throw refuse(node, query, 'bad operation');
  const operator = textOf(operatorNode, query).toLowerCase();
  if (!isBinaryOperator(operator))
    throw refuse(operatorNode, query, `operator ${JSON.stringify(operator)} is not supported here`);
  const fill = node.getChild('FillModifier');
  if (fill !== null) throw refuse(fill, query, `modifier ${JSON.stringify(textOf(fill, query))} is not supported here`);
  const left = readExpression(leftNode, query);
  const right = readExpression(rightNode, query);
  const isBool = node.getChild('BoolModifier') !== null;
  const types: readonly ValueType[] = [typeOf(left), typeOf(right)];
  if (types.some((type) => type !== 'scalar' && type !== 'instant vector')) {
    throw refuse(node, query, 'binary expression must contain only scalar and instant vector types');
  }
  if (isBool && !COMPARISONS.has(operator))
    throw refuse(operatorNode, query, 'bool modifier can only be used on comparison operators');
  const areScalars = types.every((type) => type === 'scalar');
  if (COMPARISONS.has(operator) && areScalars && !isBool) {
    throw refuse(operatorNode, query, 'comparisons between scalars must use BOOL modifier');
  }
  if (SET_OPERATORS.has(operator) && types.includes('scalar')) {
    throw refuse(node, query, `set operator ${JSON.stringify(operator)} not allowed in binary scalar expression`);
  }
  const clause = node.getChild('MatchingModifierClause');
  if (clause !== null && types.includes('scalar'))
    throw refuse(clause, query, 'vector matching only allowed between instant vectors');
  const matching = readMatching(clause, query);
  if (SET_OPERATORS.has(operator) && matching.group !== 'one-to-one') {
    throw refuse(node, query, `no grouping allowed for ${JSON.stringify(operator)} operation`);
  }
  // The grammar reads -3 ^ 2 as (-3) ^ 2; in Prometheus the sign binds weaker than the power.
  if (operator === '^' && left.kind === 'number' && textOf(leftNode, query).startsWith('-')) {
    const base = { kind: 'number', value: -left.value } as const;
    return { kind: 'negation', inner: { kind: 'binary', operator, left: base, right, isBool, matching } };
  }
  return { kind: 'binary', operator, left, right, isBool, matching };
}

const BINARY_OPERATORS: ReadonlySet<string> = new Set<BinaryOperator>([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  'atan2',
  '==',
  '!=',
  '>',
  '<',
  '>=',
  '<=',
  'and',
  'or',
  'unless',
]);
function isBinaryOperator(text: string): text is BinaryOperator {
  return BINARY_OPERATORS.has(text);
}

function readAggregation(node: SyntaxNode, query: string): Expression {
  const operator = textOf(child(node, 0), query).toLowerCase();
  if (!AGGREGATIONS.has(operator)) throw refuse(node, query, `unknown function with name ${JSON.stringify(operator)}`);
  const parameterType = AGGREGATIONS.get(operator);
  const modifier = node.getChild('AggregateModifier');
  const argNodes = childrenOf(node.getChild('FunctionCallBody'));
  const args = argNodes.map((arg) => readExpression(arg, query));
  if (args.length === 0) throw refuse(node, query, 'no arguments for aggregate expression provided');
  const wanted = parameterType === undefined ? 1 : 2;
  if (args.length !== wanted) {
    throw refuse(
      node,
      query,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  const inner = args.at(-1);
  const parameter = wanted === 2 ? args[0] : undefined;
  if (inner === undefined) throw refuse(node, query, 'no arguments for aggregate expression provided');
  expectType(inner, 'instant vector', { node: argNodes.at(-1) ?? node, query, where: 'aggregation expression' });
  if (parameter !== undefined && parameterType !== undefined) {
    expectType(parameter, parameterType, { node: argNodes[0] ?? node, query, where: 'aggregation parameter' });
  }
  return {
    kind: 'aggregation',
    operator,
    inner,
    parameter,
    labels: readLabelNames(modifier?.getChild('GroupingLabels') ?? undefined, query),
    isWithout: modifier !== null && modifier.getChild('Without') !== null,
  };
}

function readCall(node: SyntaxNode, query: string): Expression {
  const name = textOf(child(node, 0), query);
  const signature = SIGNATURES.get(name);
  if (signature === undefined) throw refuse(node, query, `unknown function with name ${JSON.stringify(name)}`);
  const argNodes = childrenOf(node.getChild('FunctionCallBody'));
  const args = argNodes.map((arg) => readExpression(arg, query));
  const most = signature.repeats === true ? Number.POSITIVE_INFINITY : signature.takes.length;
  if (args.length < signature.required || args.length > most) {
    const bound = args.length > most ? `at most ${most}` : `at least ${signature.required}`;
    const wanted = most === signature.required ? most : bound;
    throw refuse(node, query, `expected ${wanted} argument(s) in call to "${name}", got ${args.length}`);
  }
  for (const [index, arg] of args.entries()) {
    const type = signature.takes[Math.min(index, signature.takes.length - 1)];
    if (type !== undefined)
      expectType(arg, type, { node: argNodes[index] ?? node, query, where: `call to function "${name}"` });
  }
  return { kind: 'call', name, args };
}

function expectType(
  expression: Expression,
  type: ValueType,
  at: { readonly node: SyntaxNode; readonly query: string; readonly where: string },
): void {
  const found = typeOf(expression);
  if (found !== type) throw refuse(at.node, at.query, `expected type ${type} in ${at.where}, got ${found}`);
}
