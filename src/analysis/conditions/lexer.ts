import { encodeText } from './utf8.ts';
import { CompileProblem } from './value.ts';

export interface Token {
  /** Mistake: text that is no token; the last one. */
  readonly kind: 'Identifier' | 'Number' | 'String' | 'Bytes' | 'Operator' | 'Bracket' | 'EOF' | 'Mistake';
  readonly text: string;
}

const WORD_OPERATORS = new Set([
  'in',
  'or',
  'and',
  'not',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);
const SPACE = /[\s\u0085]+/y;
const COMMENT = /\/\/[^\n]*\n?|\/\*[\s\S]*?\*\//y;
const NUMBER = /(?:\.(?=[0-9]))?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9][0-9_]*)/y;
/** After a point come digits of the same base, though only decimal ones make a number. */
const FRACTIONS = new Map([
  ['x', /\.(?!\.)[0-9a-fA-F_]*/y],
  ['o', /\.(?!\.)[0-7_]*/y],
  ['b', /\.(?!\.)[01_]*/y],
]);
const FRACTION = /\.(?!\.)[0-9_]*/y;
const EXPONENT = /[eE][+-]?[0-9_]*/y;
const WORD = /[\p{L}\p{Nd}_$]+/uy;
const OPERATOR = /\?\.|\?\?|\|\||::|##?|\.\.|[&!=*<>][&=*]?|[,;%+\-^./?|:]/y;
const ESCAPES = new Map(Object.entries({ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }));
const CODE_ESCAPE = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}/y;

/** Cuts a condition into tokens, as expr-lang 1.17 does, to its end or to the first mistake: the parser may find one before it. */
export function readTokens(source: string): readonly Token[] {
  const tokens: Token[] = [];
  try {
    cut(source, tokens);
    return [...tokens, { kind: 'EOF', text: '' }];
  } catch (error) {
    if (error instanceof CompileProblem) return [...tokens, { kind: 'Mistake', text: error.message }];
    throw error;
  }
}

function cut(source: string, tokens: Token[]): void {
  let position = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) position += text.length;
    return text;
  };
  while (position < source.length) {
    if (take(SPACE) !== undefined || take(COMMENT) !== undefined) continue;
    const character = source.charAt(position);
    if (source.startsWith('/*', position)) throw new CompileProblem('unclosed comment');
    if (/^[bB]['"]/.test(source.slice(position, position + 2))) {
      const literal = readString(source, position + 1, readByteEscape);
      tokens.push({ kind: 'Bytes', text: literal.text });
      position = literal.end;
    } else if (character === '"' || character === "'" || character === '`') {
      const literal = character === '`' ? readRawString(source, position) : readString(source, position);
      tokens.push({ kind: 'String', text: literal.text });
      position = literal.end;
    } else if (/[0-9]/.test(character) || /^\.[0-9]/.test(source.slice(position, position + 2))) {
      const whole = take(NUMBER) ?? '';
      const fraction = take(FRACTIONS.get(whole.charAt(1).toLowerCase()) ?? FRACTION) ?? '';
      const text = `${whole}${fraction}${take(EXPONENT) ?? ''}`;
      const rest = take(WORD);
      if (rest !== undefined) throw new CompileProblem(`bad number syntax: ${JSON.stringify(text + rest.charAt(0))}`);
      tokens.push({ kind: 'Number', text });
    } else if ('([{}])'.includes(character)) {
      tokens.push({ kind: 'Bracket', text: character });
      position += 1;
    } else {
      const word = take(WORD);
      const operator = word ?? take(OPERATOR);
      if (operator === undefined) throw new CompileProblem(`unrecognized character: ${describe(source, position)}`);
      const isOperator = word === undefined || WORD_OPERATORS.has(word);
      tokens.push({ kind: isOperator ? 'Operator' : 'Identifier', text: operator });
    }
  }
}

function describe(source: string, position: number): string {
  const code = source.codePointAt(position) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}

interface Literal {
  readonly text: string;
  readonly end: number;
}

/** Between backquotes nothing is special; a doubled backquote is one. */
function readRawString(source: string, start: number): Literal {
  const match = /`((?:[^`]|``)*)`(?!`)/y;
  match.lastIndex = start;
  const found = match.exec(source);
  if (found === null) throw new CompileProblem('literal not terminated');
  return { text: (found[1] ?? '').replaceAll('``', '`').replace(/\r\n?/g, '\n'), end: start + found[0].length };
}

function readString(source: string, start: number, read = readEscape): Literal {
  const quote = source.charAt(start);
  let text = '';
  let position = start + 1;
  while (true) {
    const character = source.charAt(position);
    if (character === quote) return { text, end: position + 1 };
    if (character === '' || character === '\n') throw new CompileProblem('literal not terminated');
    const literal =
      character === '\\' ? read(source, position + 1, quote) : readCharacter(source, position, read === readByteEscape);
    text += literal.text;
    position = literal.end;
  }
}

/** In bytes, each character of the text stands for one byte. */
function readCharacter(source: string, position: number, isBytes: boolean): Literal {
  const character = String.fromCodePoint(source.codePointAt(position) ?? 0);
  const text = isBytes ? String.fromCharCode(...encodeText(character)) : character;
  return { text, end: position + character.length };
}

function readByteEscape(source: string, position: number, quote: string): Literal {
  if (/^[uU]/.test(source.charAt(position))) throw new CompileProblem('unable to unescape string');
  return readEscape(source, position, quote);
}

function readEscape(source: string, position: number, quote: string): Literal {
  const letter = source.charAt(position);
  const simple = ESCAPES.get(letter) ?? (letter === quote || letter === '\\' ? letter : undefined);
  if (simple !== undefined) return { text: simple, end: position + 1 };
  CODE_ESCAPE.lastIndex = position;
  const code = CODE_ESCAPE.exec(source)?.[0];
  if (code === undefined) throw new CompileProblem('invalid char escape');
  const point = /^[0-3]/.test(code) ? Number.parseInt(code, 8) : Number.parseInt(code.slice(1), 16);
  if (point > 0x10ffff) throw new CompileProblem('invalid char escape');
  return { text: String.fromCodePoint(point), end: position + code.length };
}
