import {
  type AnalysisArgument,
  type ComposedAnalysisRun,
  collectTemplates,
  composeAnalysisRunSpec,
  fieldReferences,
} from '../../analysis/index.ts';
import { withoutUndefined } from '../deep-equal.ts';
import type { Effect } from '../effect.ts';
import { readFieldPath } from '../field-path.ts';
import { instanceIdLabel, podHashLabel, revisionAnnotation } from '../names.ts';
import type { Ground } from '../scene.ts';
import type { RolloutAnalysis } from '../strategy-spec.ts';
import type { World } from '../world.ts';

/** Creates one run of this revision, with its labels and owner's marks as Argo writes them. */
export function createRun(
  scene: Ground,
  name: string,
  analysis: RolloutAnalysis,
  typeLabels: Readonly<Record<string, string>>,
): Effect[] {
  const composed = composeRun(scene.world, analysis, { canary: scene.podHash, stable: scene.status.stableRS ?? '' });
  // validate.ts has refused the spec before, in words.
  if (!composed.isComposed) return [];
  const { metadata, spec } = scene.rollout;
  const instanceId = metadata.labels[instanceIdLabel];
  return [
    {
      kind: 'createAnalysisRun',
      analysisRun: {
        name,
        labels: {
          [podHashLabel]: scene.podHash,
          ...typeLabels,
          ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }),
          ...analysis.analysisRunMetadata?.labels,
          ...spec.selector?.matchLabels,
        },
        annotations: { [revisionAnnotation]: String(scene.revision), ...analysis.analysisRunMetadata?.annotations },
        spec: composed.spec,
      },
    },
  ];
}

/** The spec of one analysis run of this rollout; `isComposed: false` says in Argo's words why there is none. */
export function composeRun(
  world: World,
  analysis: RolloutAnalysis,
  hashes: { readonly canary: string; readonly stable: string },
): ComposedAnalysisRun {
  const collected = collectTemplates(analysis.templates, world.templates);
  if (!collected.isComplete) return { isComposed: false, reason: collected.reason };
  return composeAnalysisRunSpec({
    templates: collected.templates,
    // What templates themselves refer to comes first: what the rollout passes by the same name counts. Unlike Argo, which leaves their
    // fieldRef to the run, where nothing has such a field.
    args: [
      ...fieldReferences(collected.templates).map(({ name, fieldPath }) => valueOfField(world, name, fieldPath)),
      ...analysis.args.map((argument) => resolveArgument(world, argument, hashes)),
    ],
    dryRun: analysis.dryRun,
    measurementRetention: analysis.measurementRetention,
  });
}

export function resolveArgument(
  world: World,
  argument: RolloutAnalysis['args'][number],
  hashes: { readonly canary: string; readonly stable: string },
): AnalysisArgument {
  const source = argument.valueFrom;
  if (source?.podTemplateHashValue !== undefined) {
    // Unlike Argo, which passes an empty value where it is neither.
    const hashOf: Readonly<Record<string, string>> = { Stable: hashes.stable, Latest: hashes.canary };
    return withoutUndefined({ name: argument.name, value: hashOf[source.podTemplateHashValue] });
  }
  if (source?.fieldRef !== undefined) {
    return valueOfField(world, argument.name, source.fieldRef.fieldPath);
  }
  return { name: argument.name, ...(argument.value === undefined ? {} : { value: argument.value }) };
}

/** A status field that is not there yet is an empty argument, not a reason to stand still. */
export function valueOfField({ rollout }: World, name: string, fieldPath: string): AnalysisArgument {
  return { name, value: readFieldPath(rollout, fieldPath) ?? '' };
}
