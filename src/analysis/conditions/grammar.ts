import type { UnaryOperator } from './syntax.ts';

/** How strongly an operator binds; `**` alone binds to the right. */
export const PRECEDENCE = new Map<string, number>([
  ['|', 0],
  ['||', 10],
  ['&&', 15],
  ...['==', '!=', '<', '>', '>=', '<=', 'in', 'matches', 'contains', 'startsWith', 'endsWith'].map(
    (operator): [string, number] => [operator, 20],
  ),
  ['..', 25],
  ['+', 30],
  ['-', 30],
  ['*', 60],
  ['/', 60],
  ['%', 60],
  ['**', 100],
  ['??', 500],
]);
/** Operators before a value. */
export const UNARY = new Map<string, { readonly operator: UnaryOperator; readonly precedence: number }>([
  ['!', { operator: '!', precedence: 50 }],
  ['not', { operator: 'not', precedence: 50 }],
  ['-', { operator: '-', precedence: 90 }],
  ['+', { operator: '+', precedence: 90 }],
]);
/** Other ways to write an operator. */
export const SPELLINGS = new Map([
  ['or', '||'],
  ['and', '&&'],
  ['^', '**'],
]);
/** Those that may follow `not`: `x not in y`. */
export const NEGATABLE = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);
/** Those that may stand in a row: `0 < x < 5`. */
export const COMPARISONS = new Set(['<', '>', '>=', '<=']);
