import { dropLabels, isLabelName, keepLabels, keyOfLabels, type Labels, METRIC_NAME, setLabels } from '../labels.ts';
import { type Aggregation, EvaluationError } from './expression.ts';
import { formatValue } from './format-value.ts';
import { mean, quantile, variance } from './statistics.ts';
import type { Element, Value, Vector } from './value.ts';

/** Gathers a vector's elements into groups and makes one element of each; topk and bottomk keep elements as they are. */
export function aggregate(aggregation: Aggregation, elements: Vector, parameter: Value | undefined): Vector {
  if (aggregation.operator === 'count_values') return countValues(aggregation, elements, parameter);
  const groups = [...groupElements(aggregation, elements).values()];
  if (aggregation.operator === 'topk' || aggregation.operator === 'bottomk') {
    const most = Math.trunc(scalarOf(parameter));
    const direction = aggregation.operator === 'topk' ? -1 : 1;
    return groups.flatMap(({ members }) =>
      members.toSorted((a, b) => compareRank(a, b, direction)).slice(0, Math.max(0, most)),
    );
  }
  return groups.map(({ labels, members }) => {
    const values = members.map((member) => member.value);
    return { labels, value: summarize(aggregation.operator, values, parameter) };
  });
}

type Group = { readonly labels: Labels; readonly members: Element[] };

function groupElements(aggregation: Aggregation, elements: Vector): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const element of elements) {
    const labels = groupLabels(aggregation, element.labels);
    const key = keyOfLabels(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    group.members.push(element);
    groups.set(key, group);
  }
  return groups;
}

function groupLabels(aggregation: Aggregation, labels: Labels): Labels {
  if (aggregation.isWithout) return dropLabels(labels, [...aggregation.labels, METRIC_NAME]);
  return keepLabels(labels, aggregation.labels);
}

function summarize(operator: string, values: readonly number[], parameter: Value | undefined): number {
  switch (operator) {
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'avg':
      return mean(values);
    case 'min':
      return extreme(values, (candidate, held) => candidate < held);
    case 'max':
      return extreme(values, (candidate, held) => candidate > held);
    case 'count':
      return values.length;
    case 'group':
      return 1;
    case 'stdvar':
      return variance(values);
    case 'stddev':
      return Math.sqrt(variance(values));
    case 'quantile':
      return quantile(scalarOf(parameter), values);
    default:
      throw new EvaluationError(`aggregation ${JSON.stringify(operator)} is not supported here`);
  }
}

/** NaN gives way to any number, as in Prometheus. */
export function extreme(values: readonly number[], isBetter: (candidate: number, held: number) => boolean): number {
  let held = Number.NaN;
  for (const value of values) if (Number.isNaN(held) || isBetter(value, held)) held = value;
  return held;
}

/** Sorts by value with NaN last in either direction. */
export function compareRank(a: Element, b: Element, direction: 1 | -1): number {
  if (Number.isNaN(a.value) || Number.isNaN(b.value))
    return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
  return direction * (a.value - b.value);
}

function countValues(aggregation: Aggregation, elements: Vector, parameter: Value | undefined): Vector {
  if (parameter?.kind !== 'string') throw new EvaluationError('count_values needs the name of a label');
  const name = parameter.value;
  if (!isLabelName(name)) throw new EvaluationError(`invalid label name ${JSON.stringify(name)}`);
  const counted = elements.map((element) => ({
    labels: setLabels(groupLabels(aggregation, element.labels), { [name]: formatValue(element.value) }),
    value: 1,
  }));
  const groups = new Map<string, { labels: Labels; value: number }>();
  for (const { labels } of counted) {
    const key = keyOfLabels(labels);
    groups.set(key, { labels, value: (groups.get(key)?.value ?? 0) + 1 });
  }
  return [...groups.values()];
}

function scalarOf(value: Value | undefined): number {
  if (value?.kind !== 'scalar') throw new EvaluationError('this aggregation needs a number');
  return value.value;
}
