import { BUILTINS } from './builtins/index.ts';
import { COMPARISONS, NEGATABLE, PRECEDENCE, SPELLINGS, UNARY } from './grammar.ts';
import { readTokens } from './lexer.ts';
import { readBytes, readNumber, widen } from './literals.ts';
import { type BinaryOperator, type Node, PREDICATE_CALLS, type PredicateShape } from './syntax.ts';
import { TokenReader } from './token-reader.ts';
import { limitDepth, TreeSize } from './tree-size.ts';
import { CompileProblem, type Value } from './value.ts';

const MAX_LENGTH = 20_000;

/** Argo's functions of a float. */
const TAKE_FLOATS: ReadonlySet<string> = new Set(['isNaN', 'isInf']);

/** Reads a condition into a tree: expr-lang's grammar, by precedence climbing. */
export function parseCondition(source: string): Node {
  if (source.length > MAX_LENGTH) throw new CompileProblem(`condition is longer than ${MAX_LENGTH} characters`);
  return new Parser(new TokenReader(readTokens(source))).parse();
}

class Parser {
  readonly #tokens: TokenReader;
  readonly #size = new TreeSize();
  #depth = 0;
  #predicates = 0;

  constructor(tokens: TokenReader) {
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#sequence();
    if (this.#tokens.current.kind !== 'EOF') this.#tokens.fail();
    return node;
  }

  #node<N extends Node>(node: N): N {
    return this.#size.admit(node);
  }

  #sequence(): Node {
    const first = this.#expression(0);
    const parts = [first];
    while (this.#tokens.accept('Operator', ';') && !this.#tokens.is('EOF')) parts.push(this.#expression(0));
    return parts.length === 1 ? first : this.#node({ kind: 'sequence', parts });
  }

  #expression(precedence: number): Node {
    this.#depth += 1;
    limitDepth(this.#depth);
    const node = this.#climb(precedence);
    this.#depth -= 1;
    return node;
  }

  #climb(precedence: number): Node {
    if (precedence === 0 && this.#tokens.accept('Operator', 'let')) return this.#declaration();
    if (precedence === 0 && this.#tokens.accept('Operator', 'if')) return this.#branches();
    let left = this.#primary();
    let previous = '';
    while (this.#tokens.current.kind === 'Operator') {
      const isNegated = this.#tokens.is('Operator', 'not');
      const written = isNegated ? this.#tokens.following.text : this.#tokens.current.text;
      if (isNegated && !NEGATABLE.has(written)) {
        this.#tokens.next();
        this.#tokens.fail();
      }
      const operator = SPELLINGS.get(written) ?? written;
      const strength = PRECEDENCE.get(operator);
      if (strength === undefined || strength < precedence) break;
      this.#tokens.next();
      if (isNegated) this.#tokens.next();
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
    if (operator === '|') return this.#call(this.#tokens.expect('Identifier').text, [left]);
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
      if (this.#tokens.current.kind !== 'Operator' || !COMPARISONS.has(this.#tokens.current.text)) return whole;
      low = high;
      comparison = this.#tokens.next().text;
    }
  }

  #declaration(): Node {
    const { text: name } = this.#tokens.expect('Identifier');
    this.#tokens.expect('Operator', '=');
    const value = this.#expression(0);
    this.#tokens.expect('Operator', ';');
    return this.#node({ kind: 'let', name, value, body: this.#sequence() });
  }

  #branches(): Node {
    const condition = this.#expression(0);
    const whenTrue = this.#block();
    this.#tokens.expect('Operator', 'else');
    const whenFalse = this.#tokens.accept('Operator', 'if') ? this.#branches() : this.#block();
    return this.#node({ kind: 'choice', condition, whenTrue, whenFalse });
  }

  #block(): Node {
    this.#tokens.expect('Bracket', '{');
    const body = this.#sequence();
    this.#tokens.expect('Bracket', '}');
    return body;
  }

  /** `a ? b : c`, and `a ?: c` for `a ? a : c`. */
  #choice(condition: Node): Node {
    let node = condition;
    while (this.#tokens.accept('Operator', '?')) {
      const isShort = this.#tokens.accept('Operator', ':');
      const whenTrue = isShort ? node : this.#expression(0);
      if (!isShort) this.#tokens.expect('Operator', ':');
      node = this.#node({ kind: 'choice', condition: node, whenTrue, whenFalse: this.#expression(0) });
    }
    return node;
  }

  #primary(): Node {
    const unary = this.#tokens.current.kind === 'Operator' ? UNARY.get(this.#tokens.current.text) : undefined;
    if (unary !== undefined) {
      this.#tokens.next();
      const operand = this.#expression(unary.precedence);
      return this.#postfix(this.#node({ kind: 'unary', operator: unary.operator, operand }));
    }
    if (this.#tokens.accept('Bracket', '(')) {
      const node = this.#sequence();
      this.#tokens.expect('Bracket', ')');
      return this.#postfix(node);
    }
    if (this.#predicates > 0 && this.#tokens.is('Operator', '.')) return this.#postfix(this.#pointer(''));
    if (this.#predicates > 0 && this.#tokens.accept('Operator', '#')) {
      return this.#postfix(this.#pointer(this.#tokens.is('Identifier') ? this.#tokens.next().text : ''));
    }
    // `::len(x)` is the function, whatever is called so.
    if (this.#tokens.accept('Operator', '::')) {
      return this.#postfix(this.#call(this.#tokens.expect('Identifier').text, []));
    }
    return this.#operand();
  }

  #literal(value: Value): Node {
    return this.#node({ kind: 'literal', value });
  }

  #pointer(name: string): Node {
    return this.#node({ kind: 'pointer', name });
  }

  #operand(): Node {
    if (this.#tokens.is('Number')) return this.#literal(readNumber(this.#tokens.next().text));
    if (this.#tokens.is('String')) return this.#postfix(this.#literal(this.#tokens.next().text));
    if (this.#tokens.is('Bytes')) return this.#postfix(this.#literal(readBytes(this.#tokens.next().text)));
    if (this.#tokens.accept('Bracket', '[')) {
      return this.#postfix(this.#node({ kind: 'list', items: this.#items(']') }));
    }
    if (this.#tokens.accept('Bracket', '{')) return this.#postfix(this.#record());
    const { text: name } = this.#tokens.expect('Identifier');
    if (name === 'true' || name === 'false') return this.#literal(name === 'true');
    if (name === 'nil') return this.#literal(null);
    return this.#postfix(this.#tokens.is('Bracket', '(') ? this.#call(name, []) : this.#node({ kind: 'name', name }));
  }

  #record(): Node {
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#tokens.accept('Bracket', '}')) {
      if (entries.length > 0) this.#tokens.expect('Operator', ',');
      if (entries.length > 0 && this.#tokens.accept('Bracket', '}')) break;
      const isWord = this.#tokens.is('Number') || this.#tokens.is('String') || this.#tokens.is('Identifier');
      if (!isWord && !this.#tokens.is('Bracket', '(')) {
        const allowed = 'a quoted string, a number, a identifier, or an expression enclosed in parentheses';
        throw new CompileProblem(`a map key must be ${allowed} (unexpected token ${this.#tokens.describe()})`);
      }
      const key = isWord ? this.#literal(this.#tokens.next().text) : this.#expression(0);
      this.#tokens.expect('Operator', ':');
      entries.push({ key, value: this.#expression(0) });
    }
    return this.#node({ kind: 'record', entries });
  }

  #call(name: string, given: readonly Node[]): Node {
    this.#tokens.expect('Bracket', '(');
    const shape = PREDICATE_CALLS.get(name);
    if (shape !== undefined) return this.#predicateCall(name, given, shape);
    const args = [...given, ...this.#items(')')];
    if (TAKE_FLOATS.has(name)) return this.#node({ kind: 'call', name, args: args.map(widen) });
    if (BUILTINS.has(name)) return this.#node({ kind: 'call', name, args });
    return this.#node({ kind: 'invoke', callee: this.#node({ kind: 'name', name }), args });
  }

  /** Up to the bracket that closes them; a comma may stand behind the last. */
  #items(closing: ')' | ']'): readonly Node[] {
    const items: Node[] = [];
    while (!this.#tokens.accept('Bracket', closing)) {
      if (items.length > 0) this.#tokens.expect('Operator', ',');
      if (items.length > 0 && this.#tokens.accept('Bracket', closing)) break;
      items.push(this.#expression(0));
    }
    return items;
  }

  #predicateCall(name: string, given: readonly Node[], shape: PredicateShape): Node {
    const args = [...given];
    while (args.length < shape.most && !this.#tokens.is('Bracket', ')')) {
      if (args.length > given.length) this.#tokens.expect('Operator', ',');
      args.push(args.length === 1 ? this.#predicate() : this.#expression(0));
    }
    if (args.length < shape.required) {
      throw new CompileProblem(`expected at least ${shape.most - given.length} arguments`);
    }
    this.#tokens.accept('Operator', ',');
    this.#tokens.expect('Bracket', ')');
    return this.#node({ kind: 'call', name, args });
  }

  #predicate(): Node {
    this.#predicates += 1;
    const hasBrackets = this.#tokens.is('Bracket', '{');
    const body = hasBrackets ? this.#block() : this.#expression(0);
    if (!hasBrackets && this.#tokens.is('Operator', ';'))
      throw new CompileProblem('wrap predicate with brackets { and }');
    this.#predicates -= 1;
    return this.#node({ kind: 'predicate', body });
  }

  #postfix(start: Node): Node {
    let node = start;
    while (true) {
      const isOptional = this.#tokens.is('Operator', '?.');
      if (isOptional || this.#tokens.is('Operator', '.')) {
        this.#tokens.next();
        node =
          isOptional && this.#tokens.accept('Bracket', '[') ? this.#index(node, true) : this.#field(node, isOptional);
      } else if (this.#tokens.accept('Bracket', '[')) {
        node = this.#index(node, false);
      } else {
        return node;
      }
    }
  }

  #field(node: Node, isOptional: boolean): Node {
    if (this.#tokens.is('EOF')) throw new CompileProblem('unexpected end of expression');
    const token = this.#tokens.next();
    if (token.kind !== 'Identifier' && !(token.kind === 'Operator' && /^[a-z]+$/i.test(token.text))) {
      throw new CompileProblem('expected name');
    }
    const property = this.#literal(token.text);
    const object = node.kind === 'chain' ? node.body : node;
    const isCallee = this.#tokens.is('Bracket', '(');
    const member = this.#node({ kind: 'member', object, property, isOptional, isCallee });
    const whole = this.#tokens.accept('Bracket', '(')
      ? this.#node({ kind: 'invoke', callee: member, args: this.#items(')') })
      : member;
    return isOptional || node.kind === 'chain' ? this.#node({ kind: 'chain', body: whole }) : whole;
  }

  #index(object: Node, isOptional: boolean): Node {
    const from = this.#tokens.is('Operator', ':') ? undefined : this.#expression(0);
    if (this.#tokens.accept('Operator', ':')) {
      const to = this.#tokens.is('Bracket', ']') ? undefined : this.#expression(0);
      this.#tokens.expect('Bracket', ']');
      return this.#node({ kind: 'slice', object, from, to });
    }
    this.#tokens.expect('Bracket', ']');
    if (from === undefined) return this.#tokens.fail();
    const member = this.#node({ kind: 'member', object, property: from, isOptional, isCallee: false });
    return isOptional ? this.#node({ kind: 'chain', body: member }) : member;
  }
}
