import type { AnalysisArgument } from './analysis-template.ts';

/** What a substitution came to; `reason` in Argo's words. */
export type Substituted<T> =
  | { readonly isResolved: true; readonly value: T }
  | { readonly isResolved: false; readonly reason: string };

/**
 * Puts the arguments' values in place of each `{{args.<name>}}`, everywhere in a piece of JSON, names of keys included.
 *
 * Argo escapes each value and edits the JSON as text; going through the strings of the value instead gives the same result, and
 * also takes values that Go's escapes would turn into broken JSON (control characters).
 */
export function substituteArguments(json: unknown, args: readonly AnalysisArgument[]): Substituted<unknown> {
  const values = new Map<string, string>();
  for (const { name, value } of args) {
    if (value === undefined) return { isResolved: false, reason: `argument "${name}" was not supplied` };
    values.set(`args.${name}`, value);
  }
  const failures: string[] = [];
  const value = substituteIn(json, (text) => substituteText(text, values, failures));
  const [reason] = failures.slice(-1);
  return reason === undefined ? { isResolved: true, value } : { isResolved: false, reason };
}

function substituteIn(json: unknown, replace: (text: string) => string): unknown {
  if (typeof json === 'string') return replace(json);
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item: unknown) => substituteIn(item, replace));
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [replace(key), substituteIn(item, replace)]));
}

function substituteText(text: string, values: ReadonlyMap<string, string>, failures: string[]): string {
  let result = '';
  let position = 0;
  while (true) {
    const open = text.indexOf('{{', position);
    if (open < 0) return result + text.slice(position);
    const close = text.indexOf('}}', open + 2);
    if (close < 0) {
      failures.push(`Cannot find end tag="}}" in the template=${JSON.stringify(text)}`);
      return result;
    }
    const tag = text.slice(open + 2, close);
    const value = values.get(tag.trim());
    if (value === undefined) failures.push(`failed to resolve {{${tag}}}`);
    result += text.slice(position, open) + (value ?? '');
    position = close + 2;
  }
}
