import { collectTemplates } from '../analysis/index.ts';
import { validateExperiment } from '../experiment/index.ts';
import { Experiment } from '../rollout/index.ts';
import type { Finding } from './finding.ts';
import type { Neighbours } from './neighbours.ts';
import { type SourceDocument, unreadable } from './source-document.ts';

/** What is wrong with an Experiment, in the words that its InvalidSpec condition would have; and what it names that these files lack. */
export function checkExperiment(
  document: SourceDocument,
  neighbours: Neighbours,
  hasMistakes: boolean,
): readonly Finding[] {
  const parsed = Experiment.safeParse(document.content);
  if (!parsed.success) return hasMistakes ? [] : unreadable(document, parsed.error);
  const { spec } = parsed.data;
  const problem = validateExperiment(parsed.data);
  const findings = problem === undefined ? [] : [document.find(problem.path, 'mistake', problem.message)];
  if (!spec.duration && !spec.analyses.some(({ requiredForCompletion }) => requiredForCompletion === true)) {
    const message = 'runs until somebody ends it: it has no duration, and no analysis that is requiredForCompletion';
    findings.push(document.find(['spec'], 'warning', message));
  }
  if (neighbours.isAlone) return findings;
  for (const [index, analysis] of spec.analyses.entries()) {
    const collected = collectTemplates([analysis], neighbours.templates);
    if (collected.isComplete) continue;
    const path = ['spec', 'analyses', index, 'templateName'];
    findings.push(document.find(path, 'warning', `${collected.reason} in these files`));
  }
  return findings;
}
