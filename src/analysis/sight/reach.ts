import type { Matcher, Operation, Query } from './query.ts';
import { type SightScope, sideOf } from './scope.ts';

/** Whose pods a query's answer speaks of. `none`: of nobody's, it holds no selector. `by`: a matcher that says so. */
export type Reach =
  | { readonly of: 'canary' | 'stable'; readonly by: Matcher }
  | { readonly of: 'all' }
  | { readonly of: 'none' };

/**
 * Follows selectors through the query to its answer. `canary` only where every number in it comes from the canary's pods, or compares
 * them with the stable ones, and without them there is no answer; in doubt it is `all`.
 */
export function reachOf(query: Query, scope: SightScope): Reach {
  switch (query.kind) {
    case 'number':
    case 'text':
      return { of: 'none' };
    case 'selector': {
      const known = sideOf(query, scope);
      return known === undefined ? { of: 'all' } : { of: known.side, by: known.by };
    }
    case 'subquery':
      return reachOf(query.inner, scope);
    case 'call':
      return query.args.map((argument) => reachOf(argument, scope)).reduce(join, { of: 'none' });
    case 'aggregation': {
      const inner = reachOf(query.inner, scope);
      return query.parameter === undefined ? inner : join(reachOf(query.parameter, scope), inner);
    }
    case 'operation':
      return reachOfOperation(query, scope);
  }
}

function reachOfOperation(operation: Operation, scope: SightScope): Reach {
  const left = reachOf(operation.left, scope);
  const right = reachOf(operation.right, scope);
  switch (operation.operator) {
    case 'unless':
      return left.of === 'none' ? right : left;
    case 'and':
      if (left.of === 'none') return right;
      return left.of === 'all' && picksPods(operation, right) ? right : left;
    case 'or':
      if (left.of === 'none' || right.of === 'none') return left.of === 'none' ? right : left;
      // Where the one side is silent the other one answers.
      return left.of === right.of ? left : { of: 'all' };
  }
  const isFilled = operation.fillLeft !== undefined || operation.fillRight !== undefined;
  if (isFilled && left.of !== right.of) return { of: 'all' };
  if (left.of === 'all' && picksPods(operation, right)) return right;
  if (right.of === 'all' && picksPods(operation, left)) return left;
  return join(left, right);
}

/** Both sides are in the answer. A comparison of canary and stable is about the canary. */
function join(a: Reach, b: Reach): Reach {
  if (a.of === 'none') return b;
  if (b.of === 'none' || a.of === b.of) return a;
  if (a.of === 'all' || b.of === 'all') return { of: 'all' };
  return a.of === 'canary' ? a : b;
}

const POD_LABELS = [
  'pod',
  'pod_name',
  'kubernetes_pod_name',
  'exported_pod',
  'k8s_pod_name',
  'pod_ip',
  'uid',
  'instance',
];

/** `… * on(pod) group_left() kube_pod_labels{…}`: one side lists pods, and of the other only those are left. */
function picksPods(operation: Operation, picked: Reach): boolean {
  if (picked.of !== 'canary' && picked.of !== 'stable') return false;
  const on = operation.isOn ? operation.labels.filter((label) => POD_LABELS.includes(label)) : [];
  return on.some((label) => keeps(operation.left, label) && keeps(operation.right, label));
}

/** Whether the series of this answer still carry the label. */
function keeps(query: Query, label: string): boolean {
  switch (query.kind) {
    case 'selector':
      return true;
    case 'subquery':
      return keeps(query.inner, label);
    case 'call':
      return query.args.some((argument) => keeps(argument, label));
    case 'aggregation':
      if (['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(query.operator)) return keeps(query.inner, label);
      return query.labels.includes(label) !== query.isWithout && keeps(query.inner, label);
    case 'operation':
      return keeps(query.left, label) || keeps(query.right, label);
    default:
      return false;
  }
}
