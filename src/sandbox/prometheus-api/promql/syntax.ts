import type { SyntaxNode } from '@lezer/common';
import { QueryError } from './expression.ts';

export function findBroken(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type.isError) return node;
  for (const inner of childrenOf(node)) {
    const broken = findBroken(inner);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

export function describeBroken(query: string, node: SyntaxNode): string {
  const before = query.slice(0, node.from).match(/([A-Za-z_][A-Za-z0-9_]*)\s*$/)?.[1];
  if (query[node.from] === '(' && before !== undefined) {
    return `1:${node.from - before.length + 1}: parse error: unknown function with name ${JSON.stringify(before)}`;
  }
  const found = query.slice(node.from, Math.max(node.to, node.from + 1));
  const what = node.from >= query.trimEnd().length ? 'end of input' : JSON.stringify(found);
  return `1:${node.from + 1}: parse error: unexpected ${what}`;
}

export function refuse(node: SyntaxNode, query: string, message: string): QueryError {
  const lines = query.slice(0, node.from).split('\n');
  return new QueryError(`${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: parse error: ${message}`);
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
