import { COMPARISONS, NEGATABLE, PRECEDENCE, SPELLINGS, UNARY } from './grammar.ts';
import { readTokens, type Token } from './lexer.ts';
import { readNumber } from './read-number.ts';
import { type BinaryOperator, childrenOf, type Node, PREDICATE_CALLS, UNSUPPORTED_CALLS } from './syntax.ts';
import { CompileProblem } from './value.ts';

/** Bounds the recursion of parser, checker and evaluator alike. */
const MAX_DEPTH = 250;
/** expr-lang allows 10,000 nodes; this many characters hold no more. */
const MAX_LENGTH = 20_000;

/** Reads a condition into a tree: expr-lang's grammar, by precedence climbing. */
export function parseCondition(source: string): Node {
  if (source.length > MAX_LENGTH) throw new CompileProblem(`condition is longer than ${MAX_LENGTH} characters`);
  return new Parser(readTokens(source)).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #depths = new WeakMap<Node, number>();
  #position = 0;
  #depth = 0;
  #predicates = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#sequence();
    if (this.#token.kind !== 'EOF') this.#fail();
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#position] ?? { kind: 'EOF', text: '' };
  }

  #next(): Token {
    const token = this.#token;
    this.#position += 1;
    return token;
  }

  #is(kind: Token['kind'], text?: string): boolean {
    return this.#token.kind === kind && (text === undefined || this.#token.text === text);
  }

  #accept(kind: Token['kind'], text: string): boolean {
    const isIt = this.#is(kind, text);
    if (isIt) this.#position += 1;
    return isIt;
  }

  #expect(kind: Token['kind'], text?: string): Token {
    if (!this.#is(kind, text)) this.#fail();
    return this.#next();
  }

  #fail(): never {
    const { kind, text } = this.#token;
    throw new CompileProblem(`unexpected token ${text === '' ? kind : `${kind}(${JSON.stringify(text)})`}`);
  }

  #node<N extends Node>(node: N): N {
    let depth = 0;
    for (const child of childrenOf(node)) depth = Math.max(depth, this.#depths.get(child) ?? 0);
    this.#limitDepth(depth + 1);
    this.#depths.set(node, depth + 1);
    return node;
  }

  #limitDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw new CompileProblem(`condition is nested deeper than ${MAX_DEPTH} levels`);
  }

  #sequence(): Node {
    const node = this.#expression(0);
    if (this.#accept('Operator', ';') && !this.#is('EOF') && !this.#is('Bracket')) {
      throw new CompileProblem('sequences (a; b) are not supported yet');
    }
    return node;
  }

  #expression(precedence: number): Node {
    this.#depth += 1;
    this.#limitDepth(this.#depth);
    const node = this.#climb(precedence);
    this.#depth -= 1;
    return node;
  }

  #climb(precedence: number): Node {
    if (precedence === 0 && this.#accept('Operator', 'let')) return this.#declaration();
    if (precedence === 0 && this.#accept('Operator', 'if')) return this.#branches();
    let left = this.#primary();
    let previous = '';
    while (this.#token.kind === 'Operator') {
      const isNegated = this.#is('Operator', 'not');
      const written = isNegated ? (this.#tokens[this.#position + 1]?.text ?? '') : this.#token.text;
      if (isNegated && !NEGATABLE.has(written)) {
        this.#position += 1;
        this.#fail();
      }
      const operator = SPELLINGS.get(written) ?? written;
      const strength = PRECEDENCE.get(operator);
      if (strength === undefined || strength < precedence) break;
      this.#position += isNegated ? 2 : 1;
      if (previous === '??' && operator !== '??' && operator !== '|') {
        const mixed = `Operator (${written}) and coalesce expressions (??) cannot be mixed.`;
        throw new CompileProblem(`${mixed} Wrap either by parentheses.`);
      }
      left = this.#operation(left, { operator, written }, strength);
      if (isNegated) left = this.#node({ kind: 'unary', operator: 'not', operand: left });
      previous = operator;
    }
    return precedence === 0 ? this.#choice(left) : left;
  }

  #operation(left: Node, { operator, written }: { operator: string; written: string }, strength: number): Node {
    if (operator === '|') return this.#call(this.#expect('Identifier').text, [left]);
    if (COMPARISONS.has(operator)) return this.#comparison(left, operator, strength);
    const right = this.#expression(operator === '**' ? strength : strength + 1);
    return this.#node({ kind: 'binary', operator: operator as BinaryOperator, written, left, right });
  }

  /** `1 < x < 5` means `1 < x && x < 5`. */
  #comparison(left: Node, operator: string, strength: number): Node {
    let whole: Node | undefined;
    let low = left;
    let comparison = operator;
    while (true) {
      const high = this.#expression(strength + 1);
      const pair = this.#node({
        kind: 'binary',
        operator: comparison as BinaryOperator,
        written: comparison,
        left: low,
        right: high,
      });
      whole =
        whole === undefined
          ? pair
          : this.#node({ kind: 'binary', operator: '&&', written: '&&', left: whole, right: pair });
      if (this.#token.kind !== 'Operator' || !COMPARISONS.has(this.#token.text)) return whole;
      low = high;
      comparison = this.#next().text;
    }
  }

  #declaration(): Node {
    const { text: name } = this.#expect('Identifier');
    this.#expect('Operator', '=');
    const value = this.#expression(0);
    this.#expect('Operator', ';');
    return this.#node({ kind: 'let', name, value, body: this.#sequence() });
  }

  #branches(): Node {
    const condition = this.#expression(0);
    const whenTrue = this.#block();
    this.#expect('Operator', 'else');
    const whenFalse = this.#accept('Operator', 'if') ? this.#branches() : this.#block();
    return this.#node({ kind: 'choice', condition, whenTrue, whenFalse });
  }

  #block(): Node {
    this.#expect('Bracket', '{');
    const body = this.#sequence();
    this.#expect('Bracket', '}');
    return body;
  }

  /** `a ? b : c`, and `a ?: c` for `a ? a : c`. */
  #choice(condition: Node): Node {
    let node = condition;
    while (this.#accept('Operator', '?')) {
      const isShort = this.#accept('Operator', ':');
      const whenTrue = isShort ? node : this.#expression(0);
      if (!isShort) this.#expect('Operator', ':');
      node = this.#node({ kind: 'choice', condition: node, whenTrue, whenFalse: this.#expression(0) });
    }
    return node;
  }

  #primary(): Node {
    const unary = this.#token.kind === 'Operator' ? UNARY.get(this.#token.text) : undefined;
    if (unary !== undefined) {
      this.#next();
      const operand = this.#expression(unary.precedence);
      return this.#postfix(this.#node({ kind: 'unary', operator: unary.operator, operand }));
    }
    if (this.#accept('Bracket', '(')) {
      const node = this.#sequence();
      this.#expect('Bracket', ')');
      return this.#postfix(node);
    }
    if (this.#predicates > 0 && this.#is('Operator', '.')) return this.#postfix(this.#pointer(''));
    if (this.#predicates > 0 && this.#accept('Operator', '#')) {
      return this.#postfix(this.#pointer(this.#is('Identifier') ? this.#next().text : ''));
    }
    if (this.#is('Operator', '::')) throw new CompileProblem('the operator :: is not supported yet');
    return this.#operand();
  }

  #pointer(name: string): Node {
    return this.#node({ kind: 'pointer', name });
  }

  #operand(): Node {
    if (this.#is('Number')) return this.#node({ kind: 'literal', value: readNumber(this.#next().text) });
    if (this.#is('String')) return this.#postfix(this.#node({ kind: 'literal', value: this.#next().text }));
    if (this.#accept('Bracket', '[')) return this.#postfix(this.#list());
    if (this.#accept('Bracket', '{')) return this.#postfix(this.#record());
    const { text: name } = this.#expect('Identifier');
    if (name === 'true' || name === 'false') return this.#node({ kind: 'literal', value: name === 'true' });
    if (name === 'nil') return this.#node({ kind: 'literal', value: null });
    return this.#postfix(this.#is('Bracket', '(') ? this.#call(name, []) : this.#node({ kind: 'name', name }));
  }

  #list(): Node {
    const items: Node[] = [];
    while (!this.#accept('Bracket', ']')) {
      if (items.length > 0) this.#expect('Operator', ',');
      if (items.length > 0 && this.#accept('Bracket', ']')) break;
      items.push(this.#expression(0));
    }
    return this.#node({ kind: 'list', items });
  }

  #record(): Node {
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#accept('Bracket', '}')) {
      if (entries.length > 0) this.#expect('Operator', ',');
      if (entries.length > 0 && this.#accept('Bracket', '}')) break;
      const isWord = this.#is('Number') || this.#is('String') || this.#is('Identifier');
      if (!isWord && !this.#is('Bracket', '(')) {
        const allowed = 'a quoted string, a number, a identifier, or an expression enclosed in parentheses';
        const { kind, text } = this.#token;
        const token = text === '' ? kind : `${kind}(${JSON.stringify(text)})`;
        throw new CompileProblem(`a map key must be ${allowed} (unexpected token ${token})`);
      }
      const key = isWord ? this.#node({ kind: 'literal', value: this.#next().text }) : this.#expression(0);
      this.#expect('Operator', ':');
      entries.push({ key, value: this.#expression(0) });
    }
    return this.#node({ kind: 'record', entries });
  }

  #call(name: string, given: readonly Node[]): Node {
    if (UNSUPPORTED_CALLS.has(name)) throw new CompileProblem(`the function ${name} is not supported yet`);
    this.#expect('Bracket', '(');
    const args = [...given];
    const hasPredicate = PREDICATE_CALLS.has(name);
    while (!this.#accept('Bracket', ')')) {
      if (args.length > given.length) this.#expect('Operator', ',');
      if (args.length > given.length && this.#accept('Bracket', ')')) break;
      args.push(hasPredicate && args.length === 1 ? this.#predicate() : this.#expression(0));
    }
    return this.#node({ kind: 'call', name, args });
  }

  #predicate(): Node {
    this.#predicates += 1;
    const body = this.#is('Bracket', '{') ? this.#block() : this.#expression(0);
    this.#predicates -= 1;
    return this.#node({ kind: 'predicate', body });
  }

  #postfix(start: Node): Node {
    let node = start;
    while (true) {
      const isOptional = this.#is('Operator', '?.');
      if (isOptional || this.#is('Operator', '.')) {
        this.#next();
        node = isOptional && this.#accept('Bracket', '[') ? this.#index(node, true) : this.#field(node, isOptional);
      } else if (this.#accept('Bracket', '[')) {
        node = this.#index(node, false);
      } else {
        return node;
      }
    }
  }

  #field(node: Node, isOptional: boolean): Node {
    const token = this.#next();
    if (token.kind !== 'Identifier' && !(token.kind === 'Operator' && /^[a-z]+$/i.test(token.text))) {
      throw new CompileProblem('expected name');
    }
    if (this.#is('Bracket', '(')) throw new CompileProblem(`calling a method (.${token.text}()) is not supported yet`);
    const property = this.#node({ kind: 'literal', value: token.text });
    const object = node.kind === 'chain' ? node.body : node;
    const member = this.#node({ kind: 'member', object, property, isOptional });
    return isOptional || node.kind === 'chain' ? this.#node({ kind: 'chain', body: member }) : member;
  }

  #index(object: Node, isOptional: boolean): Node {
    const from = this.#is('Operator', ':') ? undefined : this.#expression(0);
    if (this.#accept('Operator', ':')) {
      const to = this.#is('Bracket', ']') ? undefined : this.#expression(0);
      this.#expect('Bracket', ']');
      return this.#node({ kind: 'slice', object, from, to });
    }
    this.#expect('Bracket', ']');
    if (from === undefined) return this.#fail();
    const member = this.#node({ kind: 'member', object, property: from, isOptional });
    return isOptional ? this.#node({ kind: 'chain', body: member }) : member;
  }
}
