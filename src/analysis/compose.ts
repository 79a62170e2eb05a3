import type { AnalysisRunSpec } from './analysis-run.ts';
import type { AnalysisArgument, AnalysisTemplate, AnalysisTemplateSpec, Metric } from './analysis-template.ts';

type DryRunRule = AnalysisTemplateSpec['dryRun'][number];
type RetentionRule = AnalysisTemplateSpec['measurementRetention'][number];

export interface TemplateReference {
  readonly templateName: string;
  readonly clusterScope?: boolean | undefined;
}

/** All that one AnalysisRun is made of. */
export interface AnalysisComposition {
  /** As `collectTemplates` gives them. */
  readonly templates: readonly AnalysisTemplate[];
  /** What the rollout passes; those that no template declares are dropped, as Argo does. */
  readonly args: readonly AnalysisArgument[];
  readonly dryRun?: readonly DryRunRule[] | undefined;
  readonly measurementRetention?: readonly RetentionRule[] | undefined;
}

export type ComposedAnalysisRun =
  | { readonly isComposed: true; readonly spec: AnalysisRunSpec }
  | { readonly isComposed: false; readonly reason: string };

export type CollectedTemplates =
  | { readonly isComplete: true; readonly templates: readonly AnalysisTemplate[] }
  /** `reason`: `AnalysisTemplate 'x' not found`, as Argo words it. */
  | { readonly isComplete: false; readonly missing: TemplateReference; readonly reason: string };

/** The key of a template among the known ones: `AnalysisTemplate/x`, `ClusterAnalysisTemplate/x`. */
function templateKey(reference: TemplateReference): string {
  return `${reference.clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'}/${reference.templateName}`;
}

/**
 * Follows references through templates that name templates, each template once, cycles included.
 * A reference inside a ClusterAnalysisTemplate without clusterScope is looked for in the rollout's namespace, as Argo does.
 */
export function collectTemplates(
  references: readonly TemplateReference[],
  known: Readonly<Record<string, AnalysisTemplate>>,
): CollectedTemplates {
  const found = new Map<string, AnalysisTemplate>();
  const pending = [...references];
  for (let reference = pending.shift(); reference !== undefined; reference = pending.shift()) {
    const key = templateKey(reference);
    if (found.has(key)) continue;
    const template = Object.hasOwn(known, key) ? known[key] : undefined;
    if (template === undefined) {
      return { isComplete: false, missing: reference, reason: `${key.replace('/', " '")}' not found` };
    }
    found.set(key, template);
    pending.unshift(...template.spec.templates);
  }
  return { isComplete: true, templates: [...found.values()] };
}

/**
 * Merges templates, arguments and rules into the spec of one AnalysisRun: metrics of namespaced templates first, then of cluster
 * ones; a passed value overrides a declared one. Refused, in Argo's words: doubled metric names, one argument with two values,
 * an argument without any value, doubled rules.
 */
export function composeAnalysisRunSpec(composition: AnalysisComposition): ComposedAnalysisRun {
  const templates = [
    ...composition.templates.filter((template) => template.kind !== 'ClusterAnalysisTemplate'),
    ...composition.templates.filter((template) => template.kind === 'ClusterAnalysisTemplate'),
  ];
  const metrics = templates.flatMap((template) => template.spec.metrics);
  const declared = mergeDeclared(templates.flatMap((template) => template.spec.args));
  const dryRun = [...(composition.dryRun ?? []), ...templates.flatMap((template) => template.spec.dryRun)];
  const measurementRetention = [
    ...(composition.measurementRetention ?? []),
    ...templates.flatMap((template) => template.spec.measurementRetention),
  ];
  const args = passArguments(composition.args, declared.args);

  const reason =
    findDoubledMetric(metrics) ??
    findDoubledRule('Dry-Run', dryRun) ??
    findDoubledRule('Measurement Retention', measurementRetention) ??
    declared.problem ??
    findUnresolved(args);
  if (reason !== undefined) return { isComposed: false, reason };
  return { isComposed: true, spec: { metrics, args, dryRun, measurementRetention, templates: [] } };
}

function findDoubledMetric(metrics: readonly Metric[]): string | undefined {
  const name = findDoubled(metrics.map((metric) => metric.name));
  return name === undefined ? undefined : `two metrics have the same name '${name}'`;
}

function findDoubledRule(what: string, rules: readonly { readonly metricName: string }[]): string | undefined {
  const name = findDoubled(rules.map((rule) => rule.metricName));
  return name === undefined ? undefined : `two ${what} metric rules have the same name '${name}'`;
}

function findDoubled(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

function findUnresolved(args: readonly AnalysisArgument[]): string | undefined {
  const unresolved = args.find((argument) => argument.value === undefined && argument.valueFrom === undefined);
  return unresolved === undefined ? undefined : `args.${unresolved.name} was not resolved`;
}

/** One declaration per name: the first with a value stays. */
function mergeDeclared(declarations: readonly AnalysisArgument[]): { args: AnalysisArgument[]; problem?: string } {
  const merged = new Map<string, AnalysisArgument>();
  for (const declaration of declarations) {
    const earlier = merged.get(declaration.name);
    if (earlier?.value === undefined) {
      merged.set(declaration.name, declaration);
    } else if (declaration.value !== undefined && declaration.value !== earlier.value) {
      const values = `'${earlier.value}', '${declaration.value}'`;
      const problem = `Argument \`${declaration.name}\` specified multiple times with different values: ${values}`;
      return { args: [...merged.values()], problem };
    }
  }
  return { args: [...merged.values()] };
}

/** Arguments that templates declare as a field of the Rollout (`valueFrom.fieldRef`), to be resolved by whoever has it. */
export function fieldReferences(
  templates: readonly AnalysisTemplate[],
): readonly { readonly name: string; readonly fieldPath: string }[] {
  return templates.flatMap(({ spec }) =>
    spec.args.flatMap(({ name, value, valueFrom }) =>
      value === undefined && valueFrom?.fieldRef !== undefined
        ? [{ name, fieldPath: valueFrom.fieldRef.fieldPath }]
        : [],
    ),
  );
}

function passArguments(passed: readonly AnalysisArgument[], declared: readonly AnalysisArgument[]): AnalysisArgument[] {
  return declared.map((declaration) => {
    let argument = declaration;
    for (const given of passed) {
      if (given.name !== declaration.name) continue;
      if (given.value !== undefined) argument = { ...withoutFieldRef(argument), value: given.value };
      else if (given.valueFrom !== undefined) argument = { ...argument, valueFrom: given.valueFrom };
    }
    return argument;
  });
}

/** Of two sources a secret would win: that one stays, as Argo has it. */
function withoutFieldRef(argument: AnalysisArgument): AnalysisArgument {
  if (argument.valueFrom?.fieldRef === undefined) return argument;
  const { valueFrom: _, ...rest } = argument;
  return rest;
}
