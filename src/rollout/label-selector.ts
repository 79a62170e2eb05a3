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

/** Whether a selector that can be read chooses these labels. */
export function matchesLabels(
  selector: RolloutSpec['selector'],
  labels: Readonly<Record<string, string | undefined>>,
): boolean {
  if (Object.entries(selector?.matchLabels ?? {}).some(([name, value]) => labels[name] !== value)) return false;
  return (selector?.matchExpressions ?? []).every((expression) => {
    if (!isObject(expression)) return false;
    const value = labels[String(expression.key)];
    const isListed = value !== undefined && valuesOf(expression).includes(value);
    switch (expression.operator) {
      case 'In':
        return isListed;
      case 'NotIn':
        return !isListed;
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}

/** What is wrong with a selector itself, in Kubernetes' words; undefined: nothing. */
export function explainLabelSelector(selector: RolloutSpec['selector']): string | undefined {
  for (const [index, expression] of (selector?.matchExpressions ?? []).entries()) {
    const path = `matchExpressions[${index}]`;
    if (!isObject(expression)) return `${path}: Invalid value: must be an object`;
    const { operator } = expression;
    const values = valuesOf(expression);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length > 0) continue;
      return `${path}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`;
    }
    if (operator !== 'Exists' && operator !== 'DoesNotExist') {
      return `${path}.operator: Invalid value: ${JSON.stringify(operator ?? '')}: not a valid selector operator`;
    }
    if (values.length > 0) {
      return `${path}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`;
    }
  }
  return undefined;
}

function valuesOf({ values }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(values) ? values.map(String) : [];
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
