import { QueryError } from './expression.ts';

/** Unquotes as Go does; backquotes keep everything as it is. */
export function readString(text: string): string {
  const body = text.slice(1, -1);
  if (text.startsWith('`')) return body;
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_whole, escaped: string) => {
    const simple = SIMPLE_ESCAPES[escaped];
    if (simple !== undefined) return simple;
    if (/^[xuU]/.test(escaped) && escaped.length > 1)
      return String.fromCodePoint(Number.parseInt(escaped.slice(1), 16));
    if (/^[0-7]{3}$/.test(escaped)) return String.fromCodePoint(Number.parseInt(escaped, 8));
    throw new QueryError(`parse error: unknown escape sequence \\${escaped} in ${text}`);
  });
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
