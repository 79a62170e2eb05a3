import type { Token } from './lexer.ts';
import { CompileProblem } from './value.ts';

const END: Token = { kind: 'EOF', text: '' };

/** Goes through the tokens of a condition. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#stopAtMistake();
  }

  #stopAtMistake(): void {
    if (this.current.kind === 'Mistake') throw new CompileProblem(this.current.text);
  }

  get current(): Token {
    return this.#tokens[this.#position] ?? END;
  }

  get following(): Token {
    return this.#tokens[this.#position + 1] ?? END;
  }

  next(): Token {
    const token = this.current;
    this.#position += 1;
    this.#stopAtMistake();
    return token;
  }

  is(kind: Token['kind'], text?: string): boolean {
    return this.current.kind === kind && (text === undefined || this.current.text === text);
  }

  accept(kind: Token['kind'], text: string): boolean {
    const isIt = this.is(kind, text);
    if (isIt) this.next();
    return isIt;
  }

  expect(kind: Token['kind'], text?: string): Token {
    if (!this.is(kind, text)) this.fail();
    return this.next();
  }

  fail(): never {
    throw new CompileProblem(`unexpected token ${this.describe()}`);
  }

  /** The current token as messages show it. */
  describe(): string {
    const { kind, text } = this.current;
    return text === '' ? kind : `${kind}(${JSON.stringify(text)})`;
  }
}
