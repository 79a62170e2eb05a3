/**
 * A set of fields as `fieldsV1` writes it: `{"f:spec":{"f:replicas":{}}}`. A node without children is in the set; one with children only when
 * it has the key `.`. `f:` names a field, `k:` an item of a keyed list, `v:` an item of a set.
 */
export interface FieldTree {
  readonly [step: string]: FieldTree;
}

const member = '.';

export function isMember(tree: FieldTree): boolean {
  return tree[member] !== undefined || Object.keys(tree).length === 0;
}

/** undefined is the empty set. */
export function makeTree(isIn: boolean, children: { readonly [step: string]: FieldTree }): FieldTree | undefined {
  if (Object.keys(children).length === 0) return isIn ? {} : undefined;
  return isIn ? { [member]: {}, ...children } : children;
}

function childrenOf(tree: FieldTree): readonly (readonly [string, FieldTree])[] {
  return Object.entries(tree).filter(([step]) => step !== member);
}

export function union(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const children: Record<string, FieldTree> = Object.fromEntries(childrenOf(a));
  for (const [step, child] of childrenOf(b)) children[step] = union(children[step], child) ?? child;
  return makeTree(isMember(a) || isMember(b), children);
}

/** What is in `a` and not in `b`. */
export function subtract(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (a === undefined || b === undefined) return a;
  const children: Record<string, FieldTree> = {};
  for (const [step, child] of childrenOf(a)) {
    const left = subtract(child, b[step]);
    if (left !== undefined) children[step] = left;
  }
  return makeTree(isMember(a) && !isMember(b), children);
}

export function intersect(a: FieldTree | undefined, b: FieldTree | undefined): FieldTree | undefined {
  if (a === undefined || b === undefined) return undefined;
  const children: Record<string, FieldTree> = {};
  for (const [step, child] of childrenOf(a)) {
    const both = intersect(child, b[step]);
    if (both !== undefined) children[step] = both;
  }
  return makeTree(isMember(a) && isMember(b), children);
}

/** The members as the API's conflict messages write them, in its order: `.spec.template.spec.containers[name="c"].image`. */
export function pathsOf(tree: FieldTree, path = ''): readonly string[] {
  const children = childrenOf(tree).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const own = children.filter(([, child]) => isMember(child)).map(([step]) => path + pathOf(step));
  return [...own, ...children.flatMap(([step, child]) => pathsOf(child, path + pathOf(step)))];
}

function pathOf(step: string): string {
  const name = step.slice(2);
  if (step.startsWith('f:')) return `.${name}`;
  if (step.startsWith('v:')) return `[=${name}]`;
  const keys = Object.entries(JSON.parse(name)).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}
