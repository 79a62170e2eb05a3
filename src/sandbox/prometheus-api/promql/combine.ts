import {
  describeLabels,
  dropLabels,
  keepLabels,
  keyOfLabels,
  type Labels,
  METRIC_NAME,
  setLabels,
  withoutName,
} from '../labels.ts';
import { type Binary, type BinaryOperator, EvaluationError, type Matching } from './expression.ts';
import { power } from './go-math.ts';
import { type Element, refuseTwins, type Value, type Vector } from './value.ts';

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '>', '<', '>=', '<=']);

/** Applies a binary operator to two values, with Prometheus' vector matching. */
export function combine(binary: Binary, left: Value, right: Value): Value {
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    return { kind: 'scalar', value: operate(binary.operator, left.value, right.value) };
  }
  if (left.kind === 'vector' && right.kind === 'scalar') {
    return vector(withScalar(binary, left.elements, (value) => [value, right.value]));
  }
  if (left.kind === 'scalar' && right.kind === 'vector') {
    return vector(withScalar(binary, right.elements, (value) => [left.value, value]));
  }
  if (left.kind !== 'vector' || right.kind !== 'vector') {
    throw new EvaluationError(`operator ${binary.operator} cannot take a ${left.kind} and a ${right.kind}`);
  }
  switch (binary.operator) {
    case 'and':
      return vector(intersect(binary.matching, left.elements, right.elements));
    case 'unless':
      return vector(subtract(binary.matching, left.elements, right.elements));
    case 'or':
      return vector(unite(binary.matching, left.elements, right.elements));
    default:
      return vector(matchVectors(binary, left.elements, right.elements));
  }
}

function vector(elements: Vector): Value {
  return { kind: 'vector', elements };
}

/** Comparisons answer 1 or 0 here; the callers decide whether that filters or is the value. */
function operate(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return power(left, right);
    case 'atan2':
      return Math.atan2(left, right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '<':
      return Number(left < right);
    case '>=':
      return Number(left >= right);
    case '<=':
      return Number(left <= right);
    case 'and':
    case 'or':
    case 'unless':
      throw new EvaluationError(`set operator ${operator} takes two vectors`);
  }
}

function withScalar(binary: Binary, elements: Vector, sides: (value: number) => readonly [number, number]): Vector {
  const { operator, isBool } = binary;
  const isFilter = COMPARISONS.has(operator) && !isBool;
  const results: Element[] = [];
  for (const element of elements) {
    const outcome = operate(operator, ...sides(element.value));
    if (!isFilter) results.push({ labels: withoutName(element.labels), value: outcome });
    else if (outcome === 1) results.push({ labels: element.labels, value: element.value });
  }
  return isFilter ? results : refuseTwins(results);
}

/** The labels by which elements of both sides find each other. */
function matchKey(matching: Matching, labels: Labels): string {
  const kept = matching.isOn
    ? keepLabels(labels, matching.labels)
    : dropLabels(labels, [...matching.labels, METRIC_NAME]);
  return keyOfLabels(kept);
}

function keysOf(matching: Matching, elements: Vector): ReadonlySet<string> {
  return new Set(elements.map((element) => matchKey(matching, element.labels)));
}

function intersect(matching: Matching, left: Vector, right: Vector): Vector {
  const keys = keysOf(matching, right);
  return left.filter((element) => keys.has(matchKey(matching, element.labels)));
}

function subtract(matching: Matching, left: Vector, right: Vector): Vector {
  const keys = keysOf(matching, right);
  return left.filter((element) => !keys.has(matchKey(matching, element.labels)));
}

function unite(matching: Matching, left: Vector, right: Vector): Vector {
  const keys = keysOf(matching, left);
  return [...left, ...right.filter((element) => !keys.has(matchKey(matching, element.labels)))];
}

function matchVectors(binary: Binary, left: Vector, right: Vector): Vector {
  const { operator, isBool, matching } = binary;
  // Before any complaint about twins: where one side is empty nothing can match.
  if (left.length === 0 || right.length === 0) return [];
  const isSwapped = matching.group === 'right';
  const [many, one] = isSwapped ? [right, left] : [left, right];
  const partners = indexOneSide(matching, one, isSwapped ? 'left' : 'right');
  const isFilter = COMPARISONS.has(operator) && !isBool;
  const taken = new Set<string>();
  const results: Element[] = [];
  for (const element of many) {
    const key = matchKey(matching, element.labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    const [leftElement, rightElement] = isSwapped ? [partner, element] : [element, partner];
    const outcome = operate(operator, leftElement.value, rightElement.value);
    if (isFilter && outcome === 0) continue;
    const labels = resultLabels(binary, element.labels, partner.labels);
    refuseTaken(matching, taken, { key, labels });
    results.push({ labels, value: isFilter ? leftElement.value : outcome });
  }
  return results;
}

function indexOneSide(matching: Matching, one: Vector, side: 'left' | 'right'): ReadonlyMap<string, Element> {
  const partners = new Map<string, Element>();
  for (const element of one) {
    const key = matchKey(matching, element.labels);
    const twin = partners.get(key);
    if (twin !== undefined) {
      const twins = `[${describeLabels(element.labels)}, ${describeLabels(twin.labels)}]`;
      throw new EvaluationError(
        `found duplicate series for the match group ${describeLabels(groupLabels(matching, element.labels))} on the ${side} hand-side of the operation: ${twins};many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    partners.set(key, element);
  }
  return partners;
}

function groupLabels(matching: Matching, labels: Labels): Labels {
  return matching.isOn ? keepLabels(labels, matching.labels) : dropLabels(labels, [...matching.labels, METRIC_NAME]);
}

function refuseTaken(
  matching: Matching,
  taken: Set<string>,
  result: { readonly key: string; readonly labels: Labels },
): void {
  const isOneToOne = matching.group === 'one-to-one';
  const key = isOneToOne ? result.key : keyOfLabels(result.labels);
  if (taken.has(key)) {
    throw new EvaluationError(
      isOneToOne
        ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
        : 'multiple matches for labels: grouping labels must ensure unique matches',
    );
  }
  taken.add(key);
}

function resultLabels(binary: Binary, many: Labels, one: Labels): Labels {
  const { operator, isBool, matching } = binary;
  const keepsName = COMPARISONS.has(operator) && !isBool;
  const named = keepsName ? many : withoutName(many);
  if (matching.group !== 'one-to-one') {
    return setLabels(named, Object.fromEntries(matching.include.map((name) => [name, one[name] ?? ''])));
  }
  return matching.isOn ? keepLabels(named, matching.labels) : dropLabels(named, matching.labels);
}
