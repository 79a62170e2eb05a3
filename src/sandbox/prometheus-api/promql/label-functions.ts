import { RE2JS } from 're2js';
import { type Labels, METRIC_NAME, setLabels } from '../labels.ts';
import { EvaluationError, type Expression } from './expression.ts';
import { refuseTwins, type Vector } from './value.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** label_replace: where the whole of `from` matches, `to` becomes the replacement with `$1` and `${name}` filled in. */
export function replaceLabels(
  elements: Vector,
  how: { readonly to: string; readonly replacement: string; readonly from: string; readonly pattern: string },
): Vector {
  refuseBadLabel('label_replace', how.to);
  const pattern = compile(how.pattern);
  const names = pattern.namedGroups();
  const replaced = elements.map((element) => {
    const matcher = pattern.matcher(element.labels[how.from] ?? '');
    if (!matcher.matches()) return element;
    const value = how.replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const group = bare ?? braced ?? '';
      const index = /^\d+$/.test(group) ? Number(group) : names[group];
      return index === undefined || index > matcher.groupCount() ? '' : (matcher.group(index) ?? '');
    });
    return { ...element, labels: setLabels(element.labels, { [how.to]: value }) };
  });
  return refuseTwins(replaced);
}

/** label_join: `to` becomes the values of `from`, joined. */
export function joinLabels(
  elements: Vector,
  how: { readonly to: string; readonly separator: string; readonly from: readonly string[] },
): Vector {
  refuseBadLabel('label_join', how.to);
  const joined = elements.map((element) => {
    const value = how.from.map((name) => element.labels[name] ?? '').join(how.separator);
    return { ...element, labels: setLabels(element.labels, { [how.to]: value }) };
  });
  return refuseTwins(joined);
}

/** The labels that absent() can know: those a selector names with `=`, once each. */
export function absentLabels(argument: Expression | undefined): Labels {
  const selector = argument?.kind === 'range' ? argument.selector : argument;
  if (selector?.kind !== 'selector') return {};
  const labels: Record<string, string> = {};
  const ambiguous = new Set<string>();
  for (const { name, operator, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (operator !== '=' || name in labels) ambiguous.add(name);
    else labels[name] = value;
  }
  for (const name of ambiguous) delete labels[name];
  return setLabels({}, labels);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`, { cause: error });
  }
}

function refuseBadLabel(call: string, name: string): void {
  if (!LABEL_NAME.test(name)) throw new EvaluationError(`invalid destination label name in ${call}(): ${name}`);
}
