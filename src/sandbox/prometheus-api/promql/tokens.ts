/** Prometheus' own lexer, as far as its mistakes go: Lezer's grammar takes what Prometheus stops at, and says less about it. */
export interface Token {
  readonly kind: 'identifier' | 'number' | 'duration' | 'string' | 'sign' | 'end of input';
  readonly text: string;
  readonly from: number;
  /** Where it stands. */
  readonly place: 'statement' | 'braces' | 'brackets';
}

export interface LexicalMistake {
  /** Offset in the query, from 0. */
  readonly at: number;
  /** Where Prometheus says it is. */
  readonly shownAt: number;
  readonly message: string;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly mistake: LexicalMistake | undefined;
}

const SPACE = /(?:[ \t\r\n]+|#[^\n]*)+/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`/y;
const NUMBER = /0[xX][0-9a-fA-F]*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d*)?/y;
const DURATION = /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])/y;
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL = /[A-Za-z_][A-Za-z0-9_]*/y;
const SIGN = /==|!=|<=|>=|=~|[-+*/%^=<>(),{}[\]@:]/y;
const BRACE_SIGN = /=~|!~|!=|[=,}]/y;

/** Cuts a query into tokens, until its end or the first text that is no token. */
export function lex(query: string): Lexed {
  const tokens: Token[] = [];
  let place: Token['place'] = 'statement';
  let depth = 0;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(query)?.[0];
  };
  const stop = (message: string, position = at): Lexed => ({ tokens, mistake: { at: position, shownAt: at, message } });
  while (true) {
    at += take(SPACE)?.length ?? 0;
    if (at >= query.length) break;
    const token = readToken(query, at, place, take);
    if (token.mistake !== undefined) return stop(token.mistake);
    const from = at;
    tokens.push({ kind: token.kind, text: token.text, from, place });
    at += token.text.length;
    if (token.kind !== 'sign') continue;
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth < 0) return stop("unexpected right parenthesis ')'", from);
    if (token.text === '{') place = 'braces';
    else if (token.text === '[') place = 'brackets';
    else if (token.text === '}' || token.text === ']') place = 'statement';
  }
  if (place === 'braces') return stop('unexpected end of input inside braces');
  if (place === 'brackets') return stop('unclosed left bracket');
  if (depth > 0) return stop('unclosed left parenthesis');
  tokens.push({ kind: 'end of input', text: '', from: query.length, place });
  return { tokens, mistake: undefined };
}

type Read =
  | { readonly kind: Token['kind']; readonly text: string; readonly mistake?: undefined }
  | { readonly mistake: string };

function readToken(
  query: string,
  at: number,
  place: Token['place'],
  take: (pattern: RegExp) => string | undefined,
): Read {
  const character = String.fromCodePoint(query.codePointAt(at) ?? 0);
  if (/["'`]/.test(character)) {
    const text = take(STRING);
    const escaped = text === undefined || character === '`' ? undefined : findBadEscape(text);
    if (escaped !== undefined) return { mistake: `unknown escape sequence ${escaped}` };
    return text === undefined ? { mistake: 'unterminated quoted string' } : { kind: 'string', text };
  }
  if (place === 'braces') {
    const label = take(LABEL);
    if (label !== undefined) return { kind: 'identifier', text: label };
    const sign = take(BRACE_SIGN);
    if (sign !== undefined) return { kind: 'sign', text: sign };
    return { mistake: `unexpected character inside braces: '${character}'` };
  }
  const isWindow = place === 'brackets' && !/:\s*$/.test(query.slice(0, at));
  if (isWindow && !/[:\]]/.test(character)) return readWindow(take);
  if (place === 'brackets' && character === ']' && /\[\s*$/.test(query.slice(0, at))) {
    return { mistake: 'missing unit character in duration' };
  }
  return readInStatement(query, at, place, take);
}

/** The first escape of a string that there is not, as Go's %#U prints it. */
function findBadEscape(text: string): string | undefined {
  const quote = text.charAt(0);
  for (const [, escaped = ''] of text.slice(1, -1).matchAll(/\\(.)/gsu)) {
    if (/[abfnrtv\\xuU0-7]/.test(escaped) || escaped === quote) continue;
    const code = (escaped.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `U+${code} '${escaped}'`;
  }
  return undefined;
}

/** What stands in brackets: a duration, or a mistake. */
function readWindow(take: (pattern: RegExp) => string | undefined): Read {
  const duration = take(DURATION);
  if (duration !== undefined) return { kind: 'duration', text: duration };
  const digits = take(/\d*/y) ?? '';
  const hasLetter = take(/\d+[A-Za-z_]/y) !== undefined;
  return { mistake: hasLetter ? `bad duration syntax: "${digits}"` : 'missing unit character in duration' };
}

function readInStatement(
  query: string,
  at: number,
  place: Token['place'],
  take: (pattern: RegExp) => string | undefined,
): Read {
  const duration = take(DURATION);
  if (duration !== undefined) return { kind: 'duration', text: duration };
  const number = take(NUMBER);
  if (number !== undefined) {
    if (/[A-Za-z0-9_]/.test(query.charAt(at + number.length))) {
      return { mistake: `bad number or duration syntax: "${number}"` };
    }
    if (!Number.isNaN(Number(number))) return { kind: 'number', text: number };
    return { mistake: `error parsing number: strconv.ParseFloat: parsing "${number}": invalid syntax` };
  }
  const word = place === 'brackets' ? undefined : take(WORD);
  if (word !== undefined) return { kind: 'identifier', text: word };
  const sign = take(SIGN);
  const character = String.fromCodePoint(query.codePointAt(at) ?? 0);
  if (sign === undefined && character === '!') {
    return { mistake: `unexpected character after '!': '${query.charAt(at + 1)}'` };
  }
  if (sign === '}') return { mistake: "unexpected right brace '}'" };
  if (sign === ']' && place !== 'brackets') return { mistake: "unexpected right bracket ']'" };
  return sign === undefined ? { mistake: `unexpected character: '${character}'` } : { kind: 'sign', text: sign };
}
