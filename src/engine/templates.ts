import type { AnalysisTemplate, TemplateReference } from '../analysis/index.ts';
import type { Caches } from './keeper.ts';

interface TemplateCaches {
  readonly analysisTemplates: Pick<Caches['analysisTemplates'], 'get'>;
  readonly clusterAnalysisTemplates: Pick<Caches['clusterAnalysisTemplates'], 'get'>;
}

export function cachedTemplate(
  { templateName: name, clusterScope }: TemplateReference,
  namespace: string,
  { analysisTemplates, clusterAnalysisTemplates }: TemplateCaches,
): AnalysisTemplate | undefined {
  return clusterScope === true
    ? clusterAnalysisTemplates.get({ namespace: '', name })
    : analysisTemplates.get({ namespace, name });
}

/** These templates, and those that they name in turn, as far as the caches have them. */
export function cachedTemplates(
  named: readonly TemplateReference[],
  namespace: string,
  caches: TemplateCaches,
): Promise<Record<string, AnalysisTemplate>> {
  return collectTemplates(named, (reference) => cachedTemplate(reference, namespace, caches));
}

/** The same, wherever one is found; each is asked for once. */
export async function collectTemplates(
  named: readonly TemplateReference[],
  find: (reference: TemplateReference) => AnalysisTemplate | undefined | Promise<AnalysisTemplate | undefined>,
): Promise<Record<string, AnalysisTemplate>> {
  const found: Record<string, AnalysisTemplate> = {};
  const queue: TemplateReference[] = [...named];
  const asked = new Set<string>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const kind = next.clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const key = `${kind}/${next.templateName}`;
    if (asked.has(key)) continue;
    asked.add(key);
    const template = await find(next);
    if (template === undefined) continue;
    found[key] = template;
    queue.push(...template.spec.templates);
  }
  return found;
}
