import { isEqual } from '../lib/index.ts';
import { checkBuiltIn } from './check-built-in.ts';
import { checkExperiment } from './check-experiment.ts';
import { checkGuard } from './check-guard.ts';
import { checkRollout } from './check-rollout.ts';
import { checkSchema, type SchemaNode } from './check-schema.ts';
import { checkTemplate } from './check-template.ts';
import { compareFindings, type Finding } from './finding.ts';
import { neighboursOf } from './neighbours.ts';
import { readSourceFile, type SourceDocument, type SourceFile } from './source-document.ts';

/** The structure of each of Argo's kinds, from its definition. */
export type Definitions = Readonly<Record<string, SchemaNode>>;

const argo = 'argoproj.io/v1alpha1';

/** Everything that is wrong with these files, in their order. Nothing is asked of a cluster. */
export function lint(files: readonly SourceFile[], definitions: Definitions): readonly Finding[] {
  const read = files.map(readSourceFile);
  const documents = read.flatMap((file) => file.documents);
  const findings = [
    ...read.flatMap((file) => file.findings),
    ...documents.flatMap((document) => checkDocument(document, documents, definitions)),
    ...findDoubles(documents),
  ];
  return withoutRepeats(findings).toSorted(compareFindings);
}

function checkDocument(
  document: SourceDocument,
  all: readonly SourceDocument[],
  definitions: Definitions,
): readonly Finding[] {
  if (document.apiVersion !== argo) {
    const isDeployment = document.apiVersion === 'apps/v1' && document.kind === 'Deployment';
    const guard = isDeployment ? checkGuard(document, neighboursOf(document, all)) : [];
    return [...checkBuiltIn(document), ...guard];
  }
  const schema = Object.hasOwn(definitions, document.kind) ? definitions[document.kind] : undefined;
  // Argo CD's kinds live in the same group.
  if (schema === undefined) return [];
  const named = document.name === '' ? [document.find(['metadata'], 'mistake', 'metadata.name: Required value')] : [];
  const structure = checkSchema(document.content, schema).map(({ path, message }) =>
    document.find(path, 'mistake', message),
  );
  return [...named, ...structure, ...checkMeaning(document, all, structure.length > 0)];
}

/** `hasMistakes`: the structure is wrong somewhere, and that was said. */
function checkMeaning(
  document: SourceDocument,
  all: readonly SourceDocument[],
  hasMistakes: boolean,
): readonly Finding[] {
  switch (document.kind) {
    case 'Rollout':
      return checkRollout(document, neighboursOf(document, all), hasMistakes);
    case 'AnalysisTemplate':
    case 'ClusterAnalysisTemplate':
      return checkTemplate(document, hasMistakes);
    case 'Experiment':
      return checkExperiment(document, neighboursOf(document, all), hasMistakes);
    default:
      return [];
  }
}

/** Two objects of one name that differ: the one that is applied last wins, and nobody notices. */
function findDoubles(documents: readonly SourceDocument[]): readonly Finding[] {
  const seen = new Map<string, SourceDocument>();
  return documents.flatMap((document) => {
    const { apiVersion, kind, namespace, name } = document;
    const key = `${apiVersion} ${kind} ${namespace}/${name}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, document);
    return first === undefined || name === '' || isEqual(first.content, document.content)
      ? []
      : [
          document.find(
            ['metadata', 'name'],
            'warning',
            `${kind} '${name}' stands in these files twice (${first.file})`,
          ),
        ];
  });
}

/** The structure and the meaning may say the same of one field: a value that is required is missed once. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const longest = findings.toSorted((a, b) => b.message.length - a.message.length);
  return longest.filter(
    (finding, index) =>
      !longest
        .slice(0, index)
        .some(
          (other) =>
            other.file === finding.file && other.line === finding.line && other.message.startsWith(finding.message),
        ),
  );
}
