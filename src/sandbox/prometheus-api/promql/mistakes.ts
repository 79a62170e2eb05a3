import { QueryError } from './expression.ts';
import { AGGREGATIONS } from './signatures.ts';
import type { Token } from './tokens.ts';

/** An error of a query at an offset in it, in Prometheus' form: line, column, message. */
export function mistakeAt(query: string, offset: number, message: string): QueryError {
  const lines = query.slice(0, offset).split('\n');
  return new QueryError(`${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}: parse error: ${message}`);
}

/** Says which token cannot stand where it stands, and what could, as Prometheus' parser does. */
export function unexpectedToken(query: string, tokens: readonly Token[], offset: number): QueryError {
  const index = tokens.findIndex((token) => token.from >= offset);
  const token = tokens[index];
  if (token === undefined) return mistakeAt(query, query.length, 'unexpected end of input');
  const before = tokens.slice(0, index);
  const name = before.at(-1);
  const isCall = token.text === '(' && name?.kind === 'identifier' && name.from + name.text.length === token.from;
  const context = contextOf(before, token);
  if (isCall && context === '')
    return mistakeAt(query, name.from, `unknown function with name ${JSON.stringify(name.text)}`);
  return mistakeAt(query, token.from, `unexpected ${describeToken(token)}${context}`);
}

const KEYWORDS = 'offset by without on ignoring group_left group_right bool start end'.split(' ');
const OPERATORS = '+ - * / % ^ == != < > <= >= and or unless atan2'.split(' ');

/** How Prometheus' messages call a token. */
export function describeToken(token: Token): string {
  const { kind, text } = token;
  if (kind === 'end of input') return kind;
  if (token.place === 'braces') return kind === 'sign' ? JSON.stringify(text) : `${kind} ${describeText(token)}`;
  const word = text.toLowerCase();
  if (OPERATORS.includes(word)) return `<op:${word}>`;
  if (kind === 'sign') return JSON.stringify(text);
  if (kind === 'identifier' && KEYWORDS.includes(word)) return `<${word}>`;
  if (kind === 'identifier' && AGGREGATIONS.has(word)) return `<aggr:${word}>`;
  return `${kind} ${describeText(token)}`;
}

function describeText({ text }: Token): string {
  return JSON.stringify(text);
}

function contextOf(before: readonly Token[], token: Token): string {
  const last = before.at(-1);
  if (last === undefined) return '';
  if (token.place === 'braces') return ` in label matching, expected ${expectedInBraces(last)}`;
  const word = last.text.toLowerCase();
  const earlier = before.at(-2)?.text.toLowerCase();
  if (word === 'offset' || (earlier === 'offset' && /^[-+]$/.test(word))) return ' in offset, expected duration';
  if (word === '@' || (earlier === '@' && (word === 'end' || word === 'start'))) return ' in @, expected timestamp';
  if (GROUPINGS.has(word)) return ' in grouping opts, expected "("';
  const opened = before.findLastIndex(({ text }) => text === '(' || text === ')');
  const isGrouping = before[opened]?.text === '(' && GROUPINGS.has(before[opened - 1]?.text.toLowerCase() ?? '');
  if (!isGrouping) return '';
  const isAfterLabel = last.kind === 'identifier';
  return ` in grouping opts, expected ${isAfterLabel ? '"," or ")"' : 'label'}`;
}

const GROUPINGS: ReadonlySet<string> = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

function expectedInBraces(last: Token): string {
  if (last.kind === 'identifier') return 'label matching operator';
  if (last.kind === 'string') return '"," or "}"';
  return last.text === '{' || last.text === ',' ? 'identifier or "}"' : 'string';
}
