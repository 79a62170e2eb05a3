import type { Value } from './value.ts';

/** A condition as a tree. */
export type Node =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'record'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] }
  /** `result`, or a variable of `let` */
  | { readonly kind: 'name'; readonly name: string }
  /** Inside a predicate: `#` (the element; name ''), `#index` */
  | { readonly kind: 'pointer'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      /** `and` for `&&`: messages repeat it. */
      readonly written: string;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: 'choice'; readonly condition: Node; readonly whenTrue: Node; readonly whenFalse: Node }
  /** `a.b`, `a[b]`; optional: `a?.b` */
  | { readonly kind: 'member'; readonly object: Node; readonly property: Node; readonly isOptional: boolean }
  /** Where an optional member that found nil ends: everything up to here is nil. */
  | { readonly kind: 'chain'; readonly body: Node }
  | {
      readonly kind: 'slice';
      readonly object: Node;
      readonly from: Node | undefined;
      readonly to: Node | undefined;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  /** The body runs once for each element. */
  | { readonly kind: 'predicate'; readonly body: Node }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node };

/** As written: messages repeat it. */
export type UnaryOperator = '!' | 'not' | '-' | '+';

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '>='
  | '<='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '??';

/** The nodes directly below one, in order of evaluation. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
    case 'pointer':
      return [];
    case 'list':
      return node.items;
    case 'record':
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'choice':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'member':
      return [node.object, node.property];
    case 'slice':
      return [node.object, node.from, node.to].filter((child) => child !== undefined);
    case 'call':
      return node.args;
    case 'chain':
    case 'predicate':
      return [node.body];
    case 'let':
      return [node.value, node.body];
  }
}

/** Calls whose second argument is a predicate. */
export const PREDICATE_CALLS: ReadonlySet<string> = new Set([
  'all',
  'any',
  'none',
  'one',
  'filter',
  'map',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'count',
  'sum',
]);

/** expr-lang's other functions: refused with words rather than called unknown. */
export const UNSUPPORTED_CALLS: ReadonlySet<string> = new Set(
  (
    'groupBy sortBy reduce trimPrefix trimSuffix splitAfter replace repeat join indexOf lastIndexOf toJSON fromJSON ' +
    'toBase64 fromBase64 now duration date timezone toPairs fromPairs reverse uniq concat flatten sort ' +
    'bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr'
  ).split(' '),
);
