import { AnalysisTemplate } from '../analysis/index.ts';
import type { ServiceView } from '../rollout/index.ts';
import type { SourceDocument } from './source-document.ts';

/** The other objects of the files, as far as an object of one namespace can name them. */
export interface Neighbours {
  /** There is nothing but this object: what it names may stand anywhere. */
  readonly isAlone: boolean;
  readonly services: ReadonlyMap<string, ServiceView>;
  /** `AnalysisTemplate/x`, `ClusterAnalysisTemplate/x`. */
  readonly templates: Readonly<Record<string, AnalysisTemplate>>;
  has(kind: string, name: string): boolean;
  /** As the file has it. */
  find(kind: string, name: string): SourceDocument['content'] | undefined;
}

export function neighboursOf(document: SourceDocument, all: readonly SourceDocument[]): Neighbours {
  // A namespace that is not written down may be given to all of them when they are applied.
  const near = all.filter(
    ({ namespace, kind }) =>
      kind.startsWith('Cluster') || namespace === document.namespace || namespace === '' || document.namespace === '',
  );
  const services = new Map<string, ServiceView>();
  const templates: Record<string, AnalysisTemplate> = {};
  for (const { kind, name, content } of near) {
    if (kind === 'Service') services.set(name, serviceOf(name, content));
    if (kind !== 'AnalysisTemplate' && kind !== 'ClusterAnalysisTemplate') continue;
    const template = AnalysisTemplate.safeParse(content);
    if (template.success) templates[`${kind}/${name}`] = template.data;
  }
  return {
    isAlone: all.length === 1,
    services,
    templates,
    find: (kind, name) => near.find((one) => one.kind === kind && one.name === name)?.content,
    has: (kind, name) => near.some((one) => one.kind === kind && one.name === name),
  };
}

function serviceOf(name: string, content: SourceDocument['content']): ServiceView {
  const { metadata, spec } = content as {
    metadata?: { annotations?: Record<string, string> };
    spec?: { selector?: Record<string, string> };
  };
  return { name, selector: spec?.selector ?? {}, annotations: metadata?.annotations ?? {} };
}
