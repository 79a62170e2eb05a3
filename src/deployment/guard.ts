import { parseDuration, type TemplateReference } from '../analysis/index.ts';
import type { RolloutAnalysis } from '../rollout/index.ts';
import type { Deployment } from './deployment.ts';

/** Yours: the AnalysisTemplates that judge each update, `success-rate, cluster/latency`; `none` for a card alone. Its presence is the wish. */
const analysisAnnotation = 'stepwise.dev/analysis';
/** Yours: `service=checkout, hash=podTemplateHashValue:Latest, in=fieldRef:metadata.namespace`; one per line where values hold commas. */
const argumentsAnnotation = 'stepwise.dev/analysis-args';
/** Yours: how long it is watched after its last pod has come; `5m` unless given. */
const soakAnnotation = 'stepwise.dev/soak';

const usualSoakMs = 300_000;
const longestSoakMs = 7 * 24 * 3_600_000;
const templatePattern = /^(cluster\/)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/;

export interface Guard {
  /** Undefined: a card, and nothing that judges. */
  readonly analysis: RolloutAnalysis | undefined;
  readonly soakMs: number;
}

/** What the annotations ask for, or what is wrong with them in one sentence. */
export type ReadGuard =
  | { readonly isValid: true; readonly guard: Guard }
  | { readonly isValid: false; readonly problem: string };

export function isGuarded(metadata: object): boolean {
  const annotations: unknown = Reflect.get(metadata, 'annotations');
  return typeof annotations === 'object' && annotations !== null && Object.hasOwn(annotations, analysisAnnotation);
}

export function readGuard({ metadata: { annotations } }: Pick<Deployment, 'metadata'>): ReadGuard {
  const templates = readTemplates(annotations[analysisAnnotation] ?? 'none');
  if (typeof templates === 'string') return { isValid: false, problem: templates };
  const args = readArguments(annotations[argumentsAnnotation] ?? '');
  if (typeof args === 'string') return { isValid: false, problem: args };
  const soakMs = readSoak(annotations[soakAnnotation]);
  if (typeof soakMs === 'string') return { isValid: false, problem: soakMs };
  return { isValid: true, guard: { analysis: templates.length === 0 ? undefined : { templates, args }, soakMs } };
}

/** What has to be read before a decision can be made. */
export function neededTemplatesOf(deployment: Pick<Deployment, 'metadata'>): readonly TemplateReference[] {
  const read = readGuard(deployment);
  return read.isValid ? (read.guard.analysis?.templates ?? []) : [];
}

type Templates = RolloutAnalysis['templates'];

function readTemplates(text: string): Templates | string {
  if (text.trim() === 'none') return [];
  const templates: Templates = [];
  for (const word of text.split(/[,\s]+/).filter((one) => one !== '')) {
    const [, cluster, templateName] = templatePattern.exec(word) ?? [];
    if (templateName === undefined)
      return `${analysisAnnotation}: ${JSON.stringify(word)} is no name of an AnalysisTemplate; NAME, cluster/NAME or none are`;
    templates.push({ templateName, ...(cluster === undefined ? {} : { clusterScope: true }) });
  }
  return templates.length > 0 ? templates : `${analysisAnnotation} is empty; it names AnalysisTemplates, or says none`;
}

function readArguments(text: string): RolloutAnalysis['args'] | string {
  const args: RolloutAnalysis['args'] = [];
  const parts = text.includes('\n') ? text.split('\n') : text.split(',');
  for (const part of parts.map((one) => one.trim()).filter((one) => one !== '')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(0, at)).trim();
    if (name === '' || /\s/.test(name)) return `${argumentsAnnotation}: ${JSON.stringify(part)} is no name=value`;
    if (args.some((one) => one.name === name)) return `${argumentsAnnotation} names ${name} twice`;
    const argument = readArgument(name, part.slice(at + 1).trim());
    if (typeof argument === 'string') return argument;
    args.push(argument);
  }
  return args;
}

function readArgument(name: string, value: string): RolloutAnalysis['args'][number] | string {
  const [, source, rest = ''] = /^(podTemplateHashValue|fieldRef):(.*)$/.exec(value) ?? [];
  if (source === undefined) return { name, value };
  if (source === 'fieldRef') return { name, valueFrom: { fieldRef: { fieldPath: rest } } };
  if (rest === 'Latest' || rest === 'Stable') return { name, valueFrom: { podTemplateHashValue: rest } };
  return `${argumentsAnnotation}: ${name}=${value}: podTemplateHashValue is Latest or Stable`;
}

function readSoak(text: string | undefined): number | string {
  if (text === undefined) return usualSoakMs;
  const parsed = parseDuration(text.trim());
  const isDuration = parsed.isValid && parsed.ms >= 0 && parsed.ms <= longestSoakMs;
  if (isDuration) return parsed.ms;
  return `${soakAnnotation}: ${JSON.stringify(text)} is no length of time up to 7 days; 30s, 5m, 1h30m are`;
}
