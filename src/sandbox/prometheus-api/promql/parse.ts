import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { createMatcher, type Matcher, METRIC_NAME } from '../labels.ts';
import { parseNumber } from './duration.ts';
import {
  type BinaryOperator,
  type Expression,
  type Moment,
  QueryError,
  type Selector,
  typeOf,
  type ValueType,
} from './expression.ts';
import { readPositiveMs, readSeconds } from './parse-duration.ts';
import { readLabelNames, readMatching } from './parse-matching.ts';
import { AGGREGATIONS, SIGNATURES } from './signatures.ts';
import { readString } from './string-literal.ts';
import { child, childrenOf, describeBroken, findBroken, refuse, textOf } from './syntax.ts';

const NOW: Moment = { offsetMs: 0, at: undefined };

/** Reads a query by Prometheus' own grammar and checks its types; throws a QueryError that says where and why. */
export function parseQuery(query: string): Expression {
  const tree = parser.parse(query);
  const broken = findBroken(tree.topNode);
  if (broken !== undefined) throw new QueryError(describeBroken(query, broken));
  const root = tree.topNode.firstChild;
  if (root === null) throw new QueryError('parse error: no expression found in input');
  return readExpression(root, query);
}

function readExpression(node: SyntaxNode, query: string): Expression {
  switch (node.name) {
    case 'NumberDurationLiteral':
      return { kind: 'number', value: parseNumber(textOf(node, query)) };
    case 'StringLiteral':
      return { kind: 'string', value: readString(textOf(node, query)) };
    case 'ParenExpr':
      return readExpression(child(node, 0), query);
    case 'UnaryExpr':
      return readUnary(node, query);
    case 'VectorSelector':
      return readSelector(node, query);
    case 'MatrixSelector':
      return readRange(node, query);
    case 'SubqueryExpr':
      return readSubquery(node, query);
    case 'OffsetExpr':
      return readOffset(node, query);
    case 'StepInvariantExpr':
      return readAt(node, query);
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

function readSelector(node: SyntaxNode, query: string): Selector {
  const matchers: Matcher[] = [];
  const name = node.getChild('Identifier');
  if (name !== null) matchers.push(createMatcher(METRIC_NAME, '=', textOf(name, query)));
  for (const matcher of childrenOf(node.getChild('LabelMatchers'))) matchers.push(readMatcher(matcher, query));
  // Prometheus refuses a selector that every series would match.
  if (matchers.every((matcher) => matcher.isMatch(''))) {
    throw refuse(node, query, 'vector selector must contain at least one non-empty matcher');
  }
  return { kind: 'selector', matchers, moment: NOW };
}

function readMatcher(node: SyntaxNode, query: string): Matcher {
  if (node.name === 'QuotedLabelName') return createMatcher(METRIC_NAME, '=', readString(textOf(node, query)));
  const [label, operator, value] = childrenOf(node);
  if (label === undefined || operator === undefined || value === undefined) throw refuse(node, query, 'bad matcher');
  const name = label.name === 'QuotedLabelName' ? readString(textOf(label, query)) : textOf(label, query);
  try {
    return createMatcher(name, textOf(operator, query) as Matcher['operator'], readString(textOf(value, query)));
  } catch (error) {
    // The library adds its flags to the pattern it complains about.
    throw refuse(value, query, String(error instanceof Error ? error.message : error).replace('(?s)', ''));
  }
}

function readRange(node: SyntaxNode, query: string): Expression {
  const selector = readExpression(child(node, 0), query);
  if (selector.kind !== 'selector') throw refuse(node, query, 'ranges only allowed for vector selectors');
  if (selector.moment !== NOW) throw refuse(node, query, 'no offset or @ modifier allowed before range');
  return { kind: 'range', selector, rangeMs: readPositiveMs(child(node, 1), query) };
}

function readSubquery(node: SyntaxNode, query: string): Expression {
  const inner = readExpression(child(node, 0), query);
  if (typeOf(inner) !== 'instant vector') {
    throw refuse(node, query, `subquery is only allowed on instant vector, got ${typeOf(inner)} instead`);
  }
  const [range, step] = node.getChildren('DurationExpr');
  if (range === undefined) throw refuse(node, query, 'a subquery needs a range');
  const stepMs = step === undefined ? undefined : readPositiveMs(step, query);
  return { kind: 'subquery', inner, rangeMs: readPositiveMs(range, query), stepMs, moment: NOW };
}

function readOffset(node: SyntaxNode, query: string): Expression {
  const inner = readExpression(child(node, 0), query);
  const duration = node.getChild('OffsetDurationExpr');
  if (duration === null) throw refuse(node, query, 'offset needs a duration');
  const offsetMs = Math.round(readSeconds(duration, query) * 1000);
  return moveMoment(inner, (moment) => ({ ...moment, offsetMs }), { node, query, what: 'offset modifier' });
}

function readAt(node: SyntaxNode, query: string): Expression {
  const inner = readExpression(child(node, 0), query);
  const word = node.getChild('AtModifierPreprocessors');
  const literal = node.getChildren('NumberDurationLiteral').at(-1);
  let at: Moment['at'];
  if (word !== null) at = textOf(word, query).toLowerCase() === 'start' ? 'start' : 'end';
  else if (literal !== undefined) at = Math.round(parseNumber(textOf(literal, query)) * 1000);
  return moveMoment(inner, (moment) => ({ ...moment, at }), { node, query, what: '@ modifier' });
}

function moveMoment(
  inner: Expression,
  move: (moment: Moment) => Moment,
  from: { readonly node: SyntaxNode; readonly query: string; readonly what: string },
): Expression {
  if (inner.kind === 'selector' || inner.kind === 'subquery') return { ...inner, moment: move(inner.moment) };
  if (inner.kind === 'range') return { ...inner, selector: { ...inner.selector, moment: move(inner.selector.moment) } };
  throw refuse(
    from.node,
    from.query,
    `${from.what} must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
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
    throw refuse(node, query, 'bool modifier can only be used on comparison operators');
  const areScalars = types.every((type) => type === 'scalar');
  if (COMPARISONS.has(operator) && areScalars && !isBool) {
    throw refuse(node, query, 'comparisons between scalars must use BOOL modifier');
  }
  if (SET_OPERATORS.has(operator) && types.includes('scalar')) {
    throw refuse(node, query, `set operator ${JSON.stringify(operator)} not allowed in binary scalar expression`);
  }
  const clause = node.getChild('MatchingModifierClause');
  if (clause !== null && types.includes('scalar'))
    throw refuse(clause, query, 'vector matching only allowed between instant vectors');
  const matching = readMatching(clause, query);
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
  if (!AGGREGATIONS.has(operator))
    throw refuse(node, query, `aggregation ${JSON.stringify(operator)} is not supported here`);
  const parameterType = AGGREGATIONS.get(operator);
  const modifier = node.getChild('AggregateModifier');
  const args = childrenOf(node.getChild('FunctionCallBody')).map((arg) => readExpression(arg, query));
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
  expectType(inner, 'instant vector', { node, query, where: 'aggregation expression' });
  if (parameter !== undefined && parameterType !== undefined) {
    expectType(parameter, parameterType, { node, query, where: 'aggregation parameter' });
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
  if (signature === undefined) throw refuse(node, query, `function ${JSON.stringify(name)} is not supported here`);
  const args = childrenOf(node.getChild('FunctionCallBody')).map((arg) => readExpression(arg, query));
  const most = signature.repeats === true ? Number.POSITIVE_INFINITY : signature.takes.length;
  if (args.length < signature.required || args.length > most) {
    const wanted = args.length > most ? `at most ${most}` : `at least ${signature.required}`;
    throw refuse(node, query, `expected ${wanted} argument(s) in call to "${name}", got ${args.length}`);
  }
  for (const [index, arg] of args.entries()) {
    const type = signature.takes[Math.min(index, signature.takes.length - 1)];
    if (type !== undefined) expectType(arg, type, { node, query, where: `call to function "${name}"` });
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
