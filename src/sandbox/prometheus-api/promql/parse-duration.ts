import type { SyntaxNode } from '@lezer/common';
import { parseNumber } from './duration.ts';
import { childrenOf, refuse, textOf } from './syntax.ts';

/** Reads the length of a window or step. */
export function readPositiveMs(node: SyntaxNode, query: string): number {
  const ms = Math.round(readSeconds(node, query) * 1000);
  if (!(ms > 0)) throw refuse(node, query, 'duration must be greater than 0');
  return ms;
}

/** Reads a duration with its arithmetic. */
export function readSeconds(node: SyntaxNode, query: string): number {
  const parts = childrenOf(node);
  const [first, second, third] = parts;
  if (first === undefined) return parseNumber(textOf(node, query));
  if (parts.length === 1) return readSeconds(first, query);
  if (first.name === 'UnaryOp' && second !== undefined) {
    return (textOf(first, query) === '-' ? -1 : 1) * readSeconds(second, query);
  }
  if (second === undefined || third === undefined || !first.name.endsWith('DurationExpr')) {
    throw refuse(node, query, `duration ${JSON.stringify(textOf(node, query))} is not supported here`);
  }
  return arithmetic(second.name, readSeconds(first, query), readSeconds(third, query));
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case 'Add':
      return left + right;
    case 'Sub':
      return left - right;
    case 'Mul':
      return left * right;
    case 'Div':
      return left / right;
    case 'Mod':
      return left % right;
    default:
      return left ** right;
  }
}
