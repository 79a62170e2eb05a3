import type { SyntaxNode } from '@lezer/common';
import { QueryError } from './expression.ts';
import { mistakeAt } from './mistakes.ts';

export function findBroken(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type.isError) return node;
  for (const inner of childrenOf(node)) {
    const broken = findBroken(inner);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

export function refuse(node: SyntaxNode, query: string, message: string): QueryError {
  return mistakeAt(query, node.from, message);
}

export function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let next = node?.firstChild ?? null; next !== null; next = next.nextSibling) children.push(next);
  return children;
}

export function child(node: SyntaxNode, index: number): SyntaxNode {
  const found = childrenOf(node)[index];
  if (found === undefined) throw new QueryError(`parse error: ${node.name} is incomplete`);
  return found;
}

export function textOf(node: SyntaxNode, query: string): string {
  return query.slice(node.from, node.to);
}
