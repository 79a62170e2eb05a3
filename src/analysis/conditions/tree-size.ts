import { childrenOf, type Node } from './syntax.ts';
import { CompileProblem } from './value.ts';

/** Bounds the recursion of parser, checker and evaluator alike. */
const MAX_DEPTH = 250;
/**
 * expr-lang counts nodes as they are written and allows 10,000; here they are counted as they are visited, or `((a ?: b) ?: c) ?: d`
 * and so on would take longer with each pair of parentheses, twice as long.
 */
const MAX_SIZE = 20_000;

export function limitDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new CompileProblem(`condition is nested deeper than ${MAX_DEPTH} levels`);
}

/** How large a tree becomes while it is built from its leaves up. */
export class TreeSize {
  /** Of each subtree; what stands at two places of the tree (`b` in `a < b < c`, `a` in `a ?: b`) counts twice. */
  readonly #extents = new WeakMap<Node, { readonly depth: number; readonly size: number }>();

  /** Refuses a node that makes its tree too deep or too large. */
  admit<N extends Node>(node: N): N {
    let depth = 1;
    let size = 1;
    for (const child of childrenOf(node)) {
      const known = this.#extents.get(child) ?? { depth: 0, size: 0 };
      depth = Math.max(depth, known.depth + 1);
      size += known.size;
    }
    limitDepth(depth);
    if (size > MAX_SIZE) throw new CompileProblem('compilation failed: expression exceeds maximum allowed nodes');
    this.#extents.set(node, { depth, size });
    return node;
  }
}
