import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { readGoString, readNumber } from './literals.ts';

/** A PromQL query, as far as it matters for what it can see: ranges, and moments near now, are left out. */
export type Query =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | Selector
  | { readonly kind: 'subquery'; readonly inner: Query }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Query[] }
  | Aggregation
  | Operation;

export interface Selector {
  readonly kind: 'selector';
  /** The metric's name is a matcher on `__name__`. */
  readonly matchers: readonly Matcher[];
  /** `offset 1d`, `@ …`: it may speak of a time before this canary. */
  readonly isPast: boolean;
}

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly operator: string;
  readonly inner: Query;
  readonly parameter: Query | undefined;
  readonly labels: readonly string[];
  readonly isWithout: boolean;
}

export interface Operation {
  readonly kind: 'operation';
  readonly operator: string;
  readonly isBool: boolean;
  readonly left: Query;
  readonly right: Query;
  readonly isOn: boolean;
  /** Of `on(…)` or `ignoring(…)`. */
  readonly labels: readonly string[];
  /** What `fill(…)`, `fill_left(…)`, `fill_right(…)` put where a side has no match. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

/** Nobody writes such a query; reading it would cost a card its time, or the stack. */
const LONGEST_QUERY = 20_000;
const DEEPEST_QUERY = 250;

/** Reads a query by Prometheus' own grammar; undefined where that finds a mistake in it, or it is beyond all measure. */
export function readQuery(text: string): Query | undefined {
  if (text.length > LONGEST_QUERY) return undefined;
  const tree = parser.parse(text);
  let depth = 0;
  let isReadable = true;
  tree.iterate({
    enter({ type }) {
      depth++;
      if (type.isError || depth > DEEPEST_QUERY) isReadable = false;
      return isReadable;
    },
    leave() {
      depth--;
    },
  });
  const root = tree.topNode.firstChild;
  return root === null || !isReadable ? undefined : read(root, text);
}

function read(node: SyntaxNode, text: string): Query | undefined {
  const [first, second] = childrenOf(node);
  switch (node.name) {
    case 'NumberDurationLiteral':
      return { kind: 'number', value: readNumber(textOf(node, text)) };
    case 'StringLiteral':
      return { kind: 'text', value: readGoString(textOf(node, text)) };
    case 'ParenExpr':
    case 'MatrixSelector':
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      return readInner(first, text);
    case 'UnaryExpr':
      return readUnary(textOf(first, text), readInner(second, text));
    case 'VectorSelector':
      return readSelector(node, text);
    case 'SubqueryExpr': {
      const inner = readInner(first, text);
      return inner && { kind: 'subquery', inner };
    }
    case 'OffsetExpr': {
      const isPast = !isNear(textOf(node.getChild('OffsetDurationExpr'), text));
      return inPast(readInner(first, text), isPast);
    }
    case 'StepInvariantExpr':
      return inPast(readInner(first, text), true);
    case 'BinaryExpr':
      return readOperation(node, text);
    case 'AggregateExpr':
      return readAggregation(node, text);
    case 'FunctionCall':
      return readCall(node, text);
    default:
      return undefined;
  }
}

function readInner(node: SyntaxNode | undefined, text: string): Query | undefined {
  return node === undefined ? undefined : read(node, text);
}

function readUnary(sign: string, inner: Query | undefined): Query | undefined {
  if (inner === undefined || sign === '+') return inner;
  if (inner.kind === 'number') return { kind: 'number', value: -inner.value };
  const none = { isBool: false, isOn: false, labels: [], fillLeft: undefined, fillRight: undefined } as const;
  return { kind: 'operation', operator: '*', left: { kind: 'number', value: -1 }, right: inner, ...none };
}

function readSelector(node: SyntaxNode, text: string): Selector {
  const name = node.getChild('Identifier');
  const matchers: Matcher[] = name === null ? [] : [{ label: '__name__', operator: '=', value: textOf(name, text) }];
  for (const matcher of childrenOf(node.getChild('LabelMatchers'))) {
    const [label, operator, value] = childrenOf(matcher);
    if (matcher.name === 'QuotedLabelName') {
      matchers.push({ label: '__name__', operator: '=', value: readGoString(textOf(matcher, text)) });
    } else {
      matchers.push({
        label: readLabel(label, text),
        operator: textOf(operator, text) as Matcher['operator'],
        value: readGoString(textOf(value, text)),
      });
    }
  }
  return { kind: 'selector', matchers, isPast: false };
}

function readLabel(node: SyntaxNode | undefined, text: string): string {
  const written = textOf(node, text);
  return node?.name === 'QuotedLabelName' ? readGoString(written) : written;
}

/** Up to ten minutes back is the delay of a scrape, not another time. */
function isNear(offset: string): boolean {
  const [, minutes, seconds] = /^(?:(\d{1,3})m)?(?:(\d{1,4})s)?$/.exec(offset) ?? [];
  const total = Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return total > 0 && total <= 600;
}

function inPast(query: Query | undefined, isPast: boolean): Query | undefined {
  if (query?.kind === 'selector') return { ...query, isPast: query.isPast || isPast };
  if (query?.kind !== 'subquery' || !isPast) return query;
  return { kind: 'subquery', inner: allInPast(query.inner) };
}

function allInPast(query: Query): Query {
  switch (query.kind) {
    case 'selector':
      return { ...query, isPast: true };
    case 'subquery':
      return { ...query, inner: allInPast(query.inner) };
    case 'call':
      return { ...query, args: query.args.map(allInPast) };
    case 'aggregation':
      return { ...query, inner: allInPast(query.inner) };
    case 'operation':
      return { ...query, left: allInPast(query.left), right: allInPast(query.right) };
    default:
      return query;
  }
}

function readOperation(node: SyntaxNode, text: string): Query | undefined {
  const parts = childrenOf(node);
  const left = readInner(parts[0], text);
  const right = readInner(parts.at(-1), text);
  if (left === undefined || right === undefined) return undefined;
  const clause = node.getChild('MatchingModifierClause');
  const fill = node.getChild('FillModifier');
  const both = fillOf(fill, 'FillClause', text);
  return {
    kind: 'operation',
    operator: textOf(parts[1], text).toLowerCase(),
    isBool: node.getChild('BoolModifier') !== null,
    left,
    right,
    isOn: clause?.getChild('On') != null,
    labels: readLabels(clause?.getChildren('GroupingLabels')[0], text),
    fillLeft: both ?? fillOf(fill, 'FillLeftClause', text),
    fillRight: both ?? fillOf(fill, 'FillRightClause', text),
  };
}

function fillOf(fill: SyntaxNode | null, name: string, text: string): number | undefined {
  const literal = fill?.getChild(name)?.getChild('NumberDurationLiteral');
  return literal == null ? undefined : readNumber(textOf(literal, text));
}

function readAggregation(node: SyntaxNode, text: string): Query | undefined {
  const args = readArgs(node, text);
  const inner = args?.at(-1);
  if (args === undefined || inner === undefined) return undefined;
  const modifier = node.getChild('AggregateModifier');
  return {
    kind: 'aggregation',
    operator: textOf(node.firstChild, text).toLowerCase(),
    inner,
    parameter: args.length > 1 ? args[0] : undefined,
    labels: readLabels(modifier?.getChild('GroupingLabels') ?? undefined, text),
    isWithout: modifier?.getChild('Without') != null,
  };
}

function readCall(node: SyntaxNode, text: string): Query | undefined {
  const args = readArgs(node, text);
  return args && { kind: 'call', name: textOf(node.firstChild, text), args };
}

function readArgs(node: SyntaxNode, text: string): readonly Query[] | undefined {
  const args: Query[] = [];
  for (const argument of childrenOf(node.getChild('FunctionCallBody'))) {
    const query = read(argument, text);
    if (query === undefined) return undefined;
    args.push(query);
  }
  return args;
}

function readLabels(node: SyntaxNode | undefined, text: string): readonly string[] {
  return childrenOf(node ?? null).map((label) => readLabel(label, text));
}

function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let next = node?.firstChild ?? null; next !== null; next = next.nextSibling) children.push(next);
  return children;
}

function textOf(node: SyntaxNode | null | undefined, text: string): string {
  return node == null ? '' : text.slice(node.from, node.to);
}
