import type { Metric } from './analysis-template.ts';
import { parseCondition } from './conditions/parser.ts';
import type { Node } from './conditions/syntax.ts';

/** What a value must keep to pass: `>= 0.95`. The shape of MetricLine's limit in rollout/delivery.ts. */
export interface MetricLimit {
  readonly comparison: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

const OPPOSITE = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

/**
 * Reads the limit for cards and charts: of a successCondition what must hold, of a failureCondition its opposite. Only where the
 * measured value itself is compared with a constant (`result[0] >= 0.95`, `asFloat(result) < 5`, `len(result) == 0 || result[0] > 1`),
 * and there is one such comparison; undefined otherwise: no line in a chart is better than a wrong one.
 */
export function readLimit(metric: Pick<Metric, 'successCondition' | 'failureCondition'>): MetricLimit | undefined {
  const success = metric.successCondition ? findLimit(metric.successCondition) : undefined;
  if (success !== undefined || !metric.failureCondition) return success;
  const failure = findLimit(metric.failureCondition);
  return failure === undefined ? undefined : { comparison: OPPOSITE[failure.comparison], value: failure.value };
}

function findLimit(condition: string): MetricLimit | undefined {
  try {
    const [limit, ...others] = limitsIn(parseCondition(condition), false);
    return others.length === 0 ? limit : undefined;
  } catch {
    // What is no condition has no limit; that it is none, its measurement says.
    return undefined;
  }
}

function limitsIn(node: Node, isInPredicate: boolean): readonly MetricLimit[] {
  if (
    node.kind === 'call' &&
    node.name === 'all' &&
    node.args[0] !== undefined &&
    isMeasured(node.args[0], isInPredicate)
  ) {
    return node.args[1]?.kind === 'predicate' ? limitsIn(node.args[1].body, true) : [];
  }
  if (node.kind !== 'binary') return [];
  const { operator, left, right } = node;
  if (operator === '&&' || operator === '||') {
    return [...limitsIn(left, isInPredicate), ...limitsIn(right, isInPredicate)];
  }
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') return [];
  const onRight = readConstant(right);
  if (onRight !== undefined && isMeasured(left, isInPredicate)) return [{ comparison: operator, value: onRight }];
  const onLeft = readConstant(left);
  const isMirrored = onLeft !== undefined && isMeasured(right, isInPredicate);
  return isMirrored ? [{ comparison: MIRRORED[operator], value: onLeft }] : [];
}

/** `result`, an element of it, `#` in a predicate over it, and these inside asFloat, asInt, default, float, int, first, last. */
function isMeasured(node: Node, isInPredicate: boolean): boolean {
  if (node.kind === 'name') return node.name === 'result';
  if (node.kind === 'pointer') return isInPredicate && node.name === '';
  if (node.kind === 'member') return isMeasured(node.object, isInPredicate);
  if (node.kind === 'chain') return isMeasured(node.body, isInPredicate);
  if (node.kind !== 'call' || node.args[0] === undefined) return false;
  const keepsValue = ['asFloat', 'asInt', 'default', 'float', 'int', 'first', 'last'].includes(node.name);
  return keepsValue && isMeasured(node.args[0], isInPredicate);
}

function readConstant(node: Node): number | undefined {
  if (node.kind === 'unary' && node.operator === '-') {
    const value = readConstant(node.operand);
    return value === undefined ? undefined : -value;
  }
  const isNumber = node.kind === 'literal' && (typeof node.value === 'number' || typeof node.value === 'bigint');
  return isNumber ? Number(node.value) : undefined;
}

/** The number in a measurement's value text (`1.5`, `[0.98,0.99]`: the first); undefined where there is none, or NaN. */
export function readMeasuredNumber(value: string | undefined): number | undefined {
  const text = /^\s*\[?\s*([^,\]\s]+)/.exec(value ?? '')?.[1]?.replace(/^"|"$/g, '');
  const number = text === undefined || text === '' ? Number.NaN : Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));
  return Number.isNaN(number) ? undefined : number;
}
