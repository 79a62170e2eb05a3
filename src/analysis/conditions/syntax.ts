import type { Value } from './value.ts';

/** A condition as a tree. */
export type Node =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'record'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] }
  /** `result`, a function of Argo's, `$env`, or a variable of `let` */
  | { readonly kind: 'name'; readonly name: string }
  /** Inside a predicate: `#` (the element; name ''), `#index`, `#acc` */
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
  /** `a.b`, `a[b]`; optional: `a?.b`; as a callee: `a.b()` */
  | {
      readonly kind: 'member';
      readonly object: Node;
      readonly property: Node;
      readonly isOptional: boolean;
      readonly isCallee: boolean;
    }
  /** Where an optional member that found nil ends: everything up to here is nil. */
  | { readonly kind: 'chain'; readonly body: Node }
  | {
      readonly kind: 'slice';
      readonly object: Node;
      readonly from: Node | undefined;
      readonly to: Node | undefined;
    }
  /** A function known by its name: a builtin, or one of Argo's. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  /** A function that is a value: a method of a time, a variable, a field. */
  | { readonly kind: 'invoke'; readonly callee: Node; readonly args: readonly Node[] }
  /** The body runs once for each element. */
  | { readonly kind: 'predicate'; readonly body: Node }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
  /** `a; b`: the last one counts. */
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] };

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
    case 'invoke':
      return [node.callee, ...node.args];
    case 'sequence':
      return node.parts;
    case 'chain':
    case 'predicate':
      return [node.body];
    case 'let':
      return [node.value, node.body];
  }
}

/** How many arguments a call takes whose second one is a predicate. */
export interface PredicateShape {
  readonly required: number;
  readonly most: number;
}

/** Calls whose second argument is a predicate. */
export const PREDICATE_CALLS: ReadonlyMap<string, PredicateShape> = new Map<string, PredicateShape>([
  ...shaped('all any none one filter map find findIndex findLast findLastIndex groupBy', { required: 2, most: 2 }),
  ...shaped('count sum', { required: 1, most: 2 }),
  ...shaped('sortBy reduce', { required: 2, most: 3 }),
]);

function shaped(names: string, shape: PredicateShape): readonly (readonly [string, PredicateShape])[] {
  return names.split(' ').map((name) => [name, shape]);
}

/** The same node over other children. */
export function mapChildren(node: Node, change: (child: Node) => Node): Node {
  const changeAll = (nodes: readonly Node[]): readonly Node[] => nodes.map(change);
  switch (node.kind) {
    case 'literal':
    case 'name':
    case 'pointer':
      return node;
    case 'list':
      return { ...node, items: changeAll(node.items) };
    case 'record':
      return { ...node, entries: node.entries.map(({ key, value }) => ({ key: change(key), value: change(value) })) };
    case 'unary':
      return { ...node, operand: change(node.operand) };
    case 'binary':
      return { ...node, left: change(node.left), right: change(node.right) };
    case 'choice': {
      const { condition, whenTrue, whenFalse } = node;
      return { ...node, condition: change(condition), whenTrue: change(whenTrue), whenFalse: change(whenFalse) };
    }
    case 'member':
      return { ...node, object: change(node.object), property: change(node.property) };
    case 'slice':
      return {
        ...node,
        object: change(node.object),
        from: node.from && change(node.from),
        to: node.to && change(node.to),
      };
    case 'call':
      return { ...node, args: changeAll(node.args) };
    case 'invoke':
      return { ...node, callee: change(node.callee), args: changeAll(node.args) };
    case 'chain':
    case 'predicate':
      return { ...node, body: change(node.body) };
    case 'let':
      return { ...node, value: change(node.value), body: change(node.body) };
    case 'sequence':
      return { ...node, parts: changeAll(node.parts) };
  }
}
