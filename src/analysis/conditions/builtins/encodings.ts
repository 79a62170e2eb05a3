import { STRING, UNKNOWN } from '../static-type.ts';
import { decodeText, encodeText } from '../utf8.ts';
import { RuntimeProblem } from '../value.ts';
import { type Builtin, takes } from './builtin.ts';
import { readJson } from './read-json.ts';
import { textAt } from './text.ts';
import { writeJson } from './write-json.ts';

/** JSON and base64. */
export const OF_ENCODINGS: Readonly<Record<string, Builtin>> = {
  toJSON: takes('toJSON', [UNKNOWN], STRING, ([value = null], { meter }) => {
    meter.walk(value);
    const text = writeJson(value, '');
    meter.grow(text.length);
    return text;
  }),
  fromJSON: takes('fromJSON', [STRING], UNKNOWN, (args, { meter }) => {
    const text = textAt(args, 0);
    meter.grow(text.length);
    return readJson(text);
  }),
  toBase64: takes('toBase64', [STRING], STRING, (args, { meter }) => {
    const bytes = encodeText(textAt(args, 0));
    meter.grow(bytes.length * 2);
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }),
  fromBase64: takes('fromBase64', [STRING], STRING, (args, { meter }) => {
    const text = textAt(args, 0);
    meter.grow(text.length);
    const wrongAt = findMistake(text);
    if (wrongAt !== undefined) throw new RuntimeProblem(`illegal base64 data at input byte ${wrongAt}`);
    return decodeText(Uint8Array.from(atob(text.replace(/[\r\n]/g, '')), (character) => character.charCodeAt(0)));
  }),
};

/** Where Go's decoder would stop: at a character of another alphabet, a wrong padding, or the first of the last few that are too few. */
function findMistake(text: string): number | undefined {
  let quantum: number[] = [];
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === '\r' || character === '\n') continue;
    if (character === '=') return findMistakeInPadding(text, position, quantum.length);
    if (!/[A-Za-z0-9+/]/.test(character)) return position;
    quantum.push(position);
    if (quantum.length === 4) quantum = [];
  }
  return quantum[0];
}

function findMistakeInPadding(text: string, start: number, before: number): number | undefined {
  if (before < 2) return start;
  const wanted = 4 - before;
  let seen = 0;
  for (let position = start; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === '\r' || character === '\n') continue;
    if (character !== '=' || seen === wanted) return position;
    seen += 1;
  }
  return seen === wanted ? undefined : text.length;
}
