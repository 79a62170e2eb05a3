import type { SyntaxNode } from '@lezer/common';
import type { Matching } from './expression.ts';
import { readString } from './string-literal.ts';
import { childrenOf, textOf } from './syntax.ts';

/** Reads `on(…) group_left(…)` and its like. */
export function readMatching(clause: SyntaxNode | null, query: string): Matching {
  if (clause === null) return { labels: [], isOn: false, group: 'one-to-one', include: [] };
  const [labels, include] = clause.getChildren('GroupingLabels');
  let group: Matching['group'] = 'one-to-one';
  if (clause.getChild('GroupLeft') !== null) group = 'left';
  if (clause.getChild('GroupRight') !== null) group = 'right';
  return {
    labels: readLabelNames(labels, query),
    isOn: clause.getChild('On') !== null,
    group,
    include: readLabelNames(include, query),
  };
}

export function readLabelNames(node: SyntaxNode | undefined, query: string): readonly string[] {
  return childrenOf(node ?? null).map((label) => {
    const text = textOf(label, query);
    return label.name === 'QuotedLabelName' ? readString(text) : text;
  });
}
