import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Manifest } from './git-ops.ts';
import type { TestSandbox } from './sandbox.ts';

const Rule = z.strictObject({
  group: z.string(),
  kind: z.string(),
  jsonPointers: z.array(z.string()).default([]),
  jqPathExpressions: z.array(z.string()).default([]),
});
export type IgnoreRule = z.infer<typeof Rule>;

const Application = z.looseObject({
  spec: z.looseObject({
    ignoreDifferences: z.array(Rule),
    syncPolicy: z.looseObject({ syncOptions: z.array(z.string()) }),
  }),
});
const Settings = z.object({ data: z.record(z.string(), z.string()) });
const folder = new URL('../../manifests/argo-cd/', import.meta.url);

export function readApplication() {
  return Application.parse(parse(readFileSync(new URL('application.yaml', folder), 'utf8'))).spec;
}

/** The rules for all applications, in the form of an application's own. */
export function readSystemRules(): readonly IgnoreRule[] {
  const { data } = Settings.parse(parse(readFileSync(new URL('argocd-cm.yaml', folder), 'utf8')));
  return Object.entries(data).map(([key, text]) => {
    const [group = '', kind] = key.replace('resource.customizations.ignoreDifferences.', '').split('_');
    return Rule.parse({ ...(kind === undefined ? { group: '', kind: group } : { group, kind }), ...parse(text) });
  });
}

type Fields = Record<string, unknown>;

/**
 * What Argo CD's server-side diff shows: what applying the manifest would change, by the API's own dry run, without what the rules ignore.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/diff-strategies/
 */
export async function differencesOf(
  sandbox: TestSandbox,
  manifests: readonly Manifest[],
  rules: readonly IgnoreRule[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, object } of manifests) {
    const live = await read(sandbox, 'GET', path);
    const query = 'fieldManager=argocd-controller&force=true&dryRun=All';
    const predicted = await read(sandbox, 'PATCH', `${path}?${query}`, object);
    for (const rule of rulesFor(object, rules)) for (const side of [live, predicted]) remove(side, rule);
    for (const field of compare(live, predicted, '')) found.push(`${kindOf(object)} ${field}`);
  }
  return found;
}

/** The manifest as a sync with RespectIgnoreDifferences applies it: what is ignored keeps its live value. */
export async function respecting(
  sandbox: TestSandbox,
  { path, object }: Manifest,
  rules: readonly IgnoreRule[],
): Promise<Manifest> {
  const live = await read(sandbox, 'GET', path);
  const target = z.record(z.string(), z.unknown()).parse(structuredClone(object));
  for (const rule of rulesFor(object, rules)) for (const steps of stepsOf(rule)) copy(live, target, steps);
  return { path, object: target };
}

function rulesFor(object: object, rules: readonly IgnoreRule[]): readonly IgnoreRule[] {
  return rules.filter(({ group, kind }) => kindOf(object) === kind && groupOf(object) === group);
}

const Head = z.looseObject({ apiVersion: z.string(), kind: z.string() });

function kindOf(object: object): string {
  return Head.parse(object).kind;
}

function groupOf(object: object): string {
  const [group = '', version] = Head.parse(object).apiVersion.split('/');
  return version === undefined ? '' : group;
}

async function read(sandbox: TestSandbox, method: string, path: string, body?: object): Promise<Fields> {
  const type = body === undefined ? undefined : 'application/apply-patch+yaml';
  const { metadata, ...rest } = z
    .record(z.string(), z.unknown())
    .parse(await sandbox.request(method, path, body, type));
  const { managedFields: _f, resourceVersion: _v, generation: _g, ...kept } = z.looseObject({}).parse(metadata);
  return { ...rest, metadata: kept };
}

/** `*` is each item of a list. */
function stepsOf({ jsonPointers, jqPathExpressions }: IgnoreRule): readonly (readonly string[])[] {
  return [
    ...jsonPointers.map((pointer) => pointer.slice(1).split('/')),
    ...jqPathExpressions.map((path) => path.slice(1).replaceAll('[]', '.*').split('.')),
  ];
}

function remove(object: unknown, rule: IgnoreRule): void {
  for (const steps of stepsOf(rule)) {
    const last = steps.at(-1) ?? '';
    for (const holder of holdersOf(object, steps.slice(0, -1))) delete holder[last];
  }
}

function copy(from: unknown, to: unknown, steps: readonly string[]): void {
  const last = steps.at(-1) ?? '';
  const targets = holdersOf(to, steps.slice(0, -1));
  for (const [index, source] of holdersOf(from, steps.slice(0, -1)).entries()) {
    const target = targets[index];
    if (target !== undefined && source[last] !== undefined) target[last] = source[last];
  }
}

function holdersOf(value: unknown, steps: readonly string[]): readonly Fields[] {
  const [step, ...rest] = steps;
  if (step === '*') return Array.isArray(value) ? value.flatMap((item) => holdersOf(item, rest)) : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const fields: Fields = value as Fields;
  return step === undefined ? [fields] : holdersOf(fields[step], rest);
}

function compare(a: unknown, b: unknown, path: string): readonly string[] {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b ? [] : [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) =>
    compare((a as Fields)[key], (b as Fields)[key], `${path}/${Array.isArray(a) ? '*' : key}`),
  );
}
