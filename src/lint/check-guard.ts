import { isGuarded, readGuard } from '../deployment/index.ts';
import { ObjectMeta } from '../lib/index.ts';
import type { Finding } from './finding.ts';
import type { Neighbours } from './neighbours.ts';
import type { SourceDocument } from './source-document.ts';

/** What a Deployment's annotations ask Stepwise for, and whether an update could ever be undone. */
export function checkGuard(document: SourceDocument, neighbours: Neighbours): readonly Finding[] {
  const { metadata, spec } = document.content as { metadata?: object; spec?: { revisionHistoryLimit?: number } };
  if (metadata === undefined || !isGuarded(metadata)) return [];
  const at = ['metadata', 'annotations'];
  const read = readGuard({ metadata: ObjectMeta.parse({ name: '', ...metadata }) });
  if (!read.isValid) return [document.find(at, 'mistake', `metadata.annotations: ${read.problem}`)];
  const missing = (read.guard.analysis?.templates ?? []).filter(({ templateName, clusterScope }) => {
    const kind = clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    return !neighbours.isAlone && !neighbours.has(kind, templateName);
  });
  const findings = missing.map(({ templateName }) =>
    document.find(at, 'warning', `metadata.annotations: AnalysisTemplate '${templateName}' is in none of the files`),
  );
  if (spec?.revisionHistoryLimit !== 0) return findings;
  const message = 'spec.revisionHistoryLimit: 0 keeps no revision: an update that breaks its SLO cannot be undone';
  return [...findings, document.find(['spec', 'revisionHistoryLimit'], 'warning', message)];
}
