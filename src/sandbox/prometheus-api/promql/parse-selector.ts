import type { SyntaxNode } from '@lezer/common';
import { createMatcher, type Matcher, METRIC_NAME } from '../labels.ts';
import { parseNumber } from './duration.ts';
import { type Expression, type Moment, type Selector, typeOf } from './expression.ts';
import { mistakeAt } from './mistakes.ts';
import { readPositiveMs, readSeconds } from './parse-duration.ts';
import { readString } from './string-literal.ts';
import { child, childrenOf, refuse, textOf } from './syntax.ts';

const NOW: Moment = { offsetMs: 0, at: undefined };

export function readSelector(node: SyntaxNode, query: string): Selector {
  const matchers: Matcher[] = [];
  const name = node.getChild('Identifier');
  if (name !== null) matchers.push(createMatcher(METRIC_NAME, '=', textOf(name, query)));
  for (const matcher of childrenOf(node.getChild('LabelMatchers'))) matchers.push(readMatcher(matcher, query));
  const second = name === null ? undefined : matchers.slice(1).find((matcher) => matcher.name === METRIC_NAME);
  if (name !== null && second !== undefined) {
    const names = [textOf(name, query), second.value].map((text) => JSON.stringify(text));
    throw refuse(node, query, `metric name must not be set twice: ${names.join(' or ')}`);
  }
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
    if (!(error instanceof Error)) throw error;
    // The library knows nothing of the anchors that Prometheus puts around a pattern.
    const pattern = readString(textOf(value, query));
    throw refuse(
      node,
      query,
      error.message.replace(/: `.*`$/s, () => `: \`^(?:${pattern})$\``),
    );
  }
}

export function readRange(inner: Expression, node: SyntaxNode, query: string): Expression {
  if (inner.kind !== 'selector') {
    throw mistakeAt(query, query.indexOf('[', child(node, 0).to), 'ranges only allowed for vector selectors');
  }
  if (inner.moment !== NOW) throw refuse(node, query, 'no offset or @ modifier allowed before range');
  return { kind: 'range', selector: inner, rangeMs: readPositiveMs(child(node, 1), query) };
}

export function readSubquery(inner: Expression, node: SyntaxNode, query: string): Expression {
  if (typeOf(inner) !== 'instant vector') {
    throw refuse(node, query, `subquery is only allowed on instant vector, got ${typeOf(inner)} instead`);
  }
  const [range, step] = node.getChildren('DurationExpr');
  if (range === undefined) throw refuse(node, query, 'a subquery needs a range');
  const stepMs = step === undefined ? undefined : readPositiveMs(step, query);
  return { kind: 'subquery', inner, rangeMs: readPositiveMs(range, query), stepMs, moment: NOW };
}

export function readOffset(inner: Expression, node: SyntaxNode, query: string): Expression {
  const duration = node.getChild('OffsetDurationExpr');
  if (duration === null) throw refuse(node, query, 'offset needs a duration');
  const written = textOf(duration, query);
  if (/^[-+]?\s*[\d.]+$/.test(written)) {
    throw refuse(duration, query, `unexpected number ${JSON.stringify(written)} in offset, expected duration`);
  }
  const offsetMs = Math.round(readSeconds(duration, query) * 1000);
  if (momentOf(inner)?.offsetMs) throw refuse(node, query, 'offset may not be set multiple times');
  return moveMoment(inner, (moment) => ({ ...moment, offsetMs }), { node, query, what: 'offset modifier' });
}

export function readAt(inner: Expression, node: SyntaxNode, query: string): Expression {
  const word = node.getChild('AtModifierPreprocessors');
  const literal = node.getChildren('NumberDurationLiteral').at(-1);
  let at: Moment['at'];
  if (word !== null) at = textOf(word, query).toLowerCase() === 'start' ? 'start' : 'end';
  else if (literal !== undefined) at = Math.round(parseNumber(textOf(literal, query)) * 1000);
  if (typeof at === 'number' && !Number.isFinite(at)) {
    throw refuse(node, query, `timestamp out of bounds for @ modifier: ${literal && textOf(literal, query)}`);
  }
  if (momentOf(inner)?.at !== undefined) throw refuse(node, query, '@ <timestamp> may not be set multiple times');
  return moveMoment(inner, (moment) => ({ ...moment, at }), { node, query, what: '@ modifier' });
}

function momentOf(inner: Expression): Moment | undefined {
  if (inner.kind === 'selector' || inner.kind === 'subquery') return inner.moment;
  return inner.kind === 'range' ? inner.selector.moment : undefined;
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
