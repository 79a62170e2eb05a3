import { isObject } from './deep-equal.ts';
import type { RolloutSpec } from './rollout.ts';

/** How Kubernetes prints a selector that selects nothing by labels. */
export const noLabelSelector = '<none>';

/** A label selector as Kubernetes prints it: `app=checkout,tier in (a,b)`, sorted by key. */
export function formatLabelSelector(selector: RolloutSpec['selector']): string {
  const terms = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  for (const expression of selector?.matchExpressions ?? []) {
    if (isObject(expression)) terms.push({ key: String(expression.key), text: formatExpression(expression) });
  }
  if (terms.length === 0) return noLabelSelector;
  return terms
    .sort((a, b) => compare(a.key, b.key))
    .map((term) => term.text)
    .join(',');
}

function formatExpression(expression: Record<string, unknown>): string {
  const key = String(expression.key);
  const values = Array.isArray(expression.values) ? expression.values.map(String).sort(compare).join(',') : '';
  switch (expression.operator) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
