import { RE2JS } from 're2js';

/** A series' labels, name included as `__name__`; a label that is empty is absent. */
export type Labels = Readonly<Record<string, string>>;

export const METRIC_NAME = '__name__';

export function isLabelName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** One string per label set, the same for the same labels in any order. */
export function keyOfLabels(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) key += `${name}\xff${labels[name]}\xff`;
  return key;
}

export function withoutName(labels: Labels): Labels {
  if (labels[METRIC_NAME] === undefined) return labels;
  const { [METRIC_NAME]: _name, ...rest } = labels;
  return rest;
}

export function keepLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

export function dropLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = { ...labels };
  for (const name of names) delete kept[name];
  return kept;
}

/** Sets labels; an empty value removes its label. */
export function setLabels(labels: Labels, changes: Readonly<Record<string, string>>): Labels {
  const changed: Record<string, string> = { ...labels };
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') delete changed[name];
    else changed[name] = value;
  }
  return changed;
}

/** Writes labels as Prometheus does in messages: `{__name__="up", a="b"}`. */
export function describeLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${JSON.stringify(labels[key])}`);
  return `{${pairs.join(', ')}}`;
}

export type Matcher = {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  isMatch(value: string): boolean;
};

/** Creates one matcher of a selector. Patterns are RE2, anchored at both ends; a bad one throws. */
export function createMatcher(name: string, operator: Matcher['operator'], value: string): Matcher {
  if (operator === '=') return { name, operator, value, isMatch: (candidate) => candidate === value };
  if (operator === '!=') return { name, operator, value, isMatch: (candidate) => candidate !== value };
  const pattern = RE2JS.compile(value, RE2JS.DOTALL);
  const isWanted = operator === '=~';
  // Few values, many series: each value meets the pattern once.
  const known = new Map<string, boolean>();
  function isMatch(candidate: string): boolean {
    const held = known.get(candidate);
    if (held !== undefined) return held;
    const answer = pattern.matches(candidate) === isWanted;
    known.set(candidate, answer);
    return answer;
  }
  return { name, operator, value, isMatch };
}

export function areMatched(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.isMatch(labels[matcher.name] ?? ''));
}
