import { RuntimeProblem, type Value } from '../value.ts';

/** Reads JSON; what is wrong with it is said in the words of Go's encoding/json. */
export function readJson(text: string): Value {
  let value: Value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RuntimeProblem(new Scan(text).explain());
  }
  // JavaScript reads a number that is too large as Infinity, and Go does not read it at all.
  const huge = /-?[0-9.]+[eE]\+?[0-9]+|[0-9]{309,}/g;
  for (const [number] of text.replace(/"(?:[^"\\]|\\.)*"/g, '""').matchAll(huge)) {
    if (Number.isFinite(Number(number))) continue;
    throw new RuntimeProblem(`json: cannot unmarshal number ${number} into Go value of type float64`);
  }
  return value;
}

const END = 'unexpected end of JSON input';
const VALUE = 'looking for beginning of value';

/** Walks through text that is not JSON until the first character that cannot stand where it stands. */
class Scan {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  explain(): string {
    try {
      this.#value();
      this.#space();
      if (this.#position < this.#text.length) this.#fail('after top-level value');
    } catch (error) {
      if (error instanceof RuntimeProblem) return error.message;
      throw error;
    }
    return END;
  }

  #peek(): string {
    return this.#text.charAt(this.#position);
  }

  /** Inside a number or a word Go's scanner takes the end for a space. */
  #fail(where: string, atEnd: string = END): never {
    if (this.#position >= this.#text.length && atEnd === END) throw new RuntimeProblem(END);
    const character = this.#peek() || ' ';
    const shown = character === "'" ? "\\'" : JSON.stringify(character).slice(1, -1).replace('\\"', '"');
    throw new RuntimeProblem(`invalid character '${shown}' ${where}`);
  }

  #space(): void {
    while (/^[ \t\r\n]$/.test(this.#peek())) this.#position += 1;
  }

  #value(): void {
    this.#space();
    const character = this.#peek();
    if (character === '{') this.#object();
    else if (character === '[') this.#array();
    else if (character === '"') this.#string();
    else if (/^[-0-9]$/.test(character)) this.#number();
    else this.#word();
  }

  #word(): void {
    const word = ['true', 'false', 'null'].find((name) => name.charAt(0) === this.#peek());
    if (word === undefined) this.#fail(VALUE);
    for (const letter of word ?? '') {
      if (this.#peek() !== letter) this.#fail(`in literal ${word} (expecting '${letter}')`, ' ');
      this.#position += 1;
    }
  }

  #number(): void {
    if (this.#peek() === '-') this.#position += 1;
    if (this.#peek() === '0') this.#position += 1;
    else this.#digits('in numeric literal');
    if (this.#peek() === '.') {
      this.#position += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if (/^[eE]$/.test(this.#peek())) {
      this.#position += 1;
      if (/^[+-]$/.test(this.#peek())) this.#position += 1;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    if (!/^[0-9]$/.test(this.#peek())) this.#fail(where, ' ');
    while (/^[0-9]$/.test(this.#peek())) this.#position += 1;
  }

  #string(): void {
    this.#position += 1;
    while (this.#peek() !== '"') {
      if (this.#peek() === '' || this.#peek() < ' ') this.#fail('in string literal');
      if (this.#peek() === '\\') {
        this.#position += 1;
        if (this.#peek() === 'u') this.#code();
        else if (!/^["\\/bfnrt]$/.test(this.#peek())) this.#fail('in string escape code');
      }
      this.#position += 1;
    }
    this.#position += 1;
  }

  #code(): void {
    for (let digit = 0; digit < 4; digit++) {
      this.#position += 1;
      if (!/^[0-9a-fA-F]$/.test(this.#peek())) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #array(): void {
    this.#position += 1;
    this.#space();
    let isOpen = this.#peek() !== ']';
    while (isOpen) {
      this.#value();
      this.#space();
      isOpen = this.#peek() !== ']';
      if (isOpen) this.#comma('after array element');
    }
    this.#position += 1;
  }

  #object(): void {
    this.#position += 1;
    this.#space();
    let isOpen = this.#peek() !== '}';
    while (isOpen) {
      this.#space();
      if (this.#peek() !== '"') this.#fail('looking for beginning of object key string');
      this.#string();
      this.#space();
      if (this.#peek() !== ':') this.#fail('after object key');
      this.#position += 1;
      this.#value();
      this.#space();
      isOpen = this.#peek() !== '}';
      if (isOpen) this.#comma('after object key:value pair');
    }
    this.#position += 1;
  }

  #comma(where: string): void {
    if (this.#peek() !== ',') this.#fail(where);
    this.#position += 1;
  }
}
