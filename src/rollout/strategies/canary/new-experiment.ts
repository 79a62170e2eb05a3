import { type AnalysisArgument, collectTemplates, fieldReferences } from '../../../analysis/index.ts';
import { withoutUndefined } from '../../deep-equal.ts';
import type { NewExperiment } from '../../effect.ts';
import type { ExperimentAnalysis, ExperimentTemplate } from '../../experiment.ts';
import { instanceIdLabel, podHashLabel, revisionAnnotation } from '../../names.ts';
import type { Scene } from '../../scene.ts';
import type { ExperimentStep } from '../../strategy-spec.ts';
import { resolveArgument, valueOfField } from '../create-run.ts';

/** The Experiment of one step, as Argo writes it; undefined while the pods that it copies are not known. */
export function newExperiment(scene: Scene, name: string, step: ExperimentStep): NewExperiment | undefined {
  const { metadata, spec } = scene.rollout;
  const templates = step.templates.map((template) => newTemplate(scene, template));
  if (templates.some((template) => template === undefined)) return undefined;
  const instanceId = metadata.labels[instanceIdLabel];
  return {
    name,
    labels: {
      ...metadata.labels,
      [podHashLabel]: scene.podHash,
      ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }),
    },
    annotations: { [revisionAnnotation]: String(scene.revision) },
    spec: withoutUndefined({
      templates: templates.filter((template) => template !== undefined),
      analyses: step.analyses.map((analysis) => newAnalysis(scene, analysis)),
      duration: step.duration,
      progressDeadlineSeconds: spec.progressDeadlineSeconds,
      scaleDownDelaySeconds: step.scaleDownDelaySeconds,
      dryRun: step.dryRun,
      analysisRunMetadata: step.analysisRunMetadata,
    }),
  };
}

/** The pods of stable or of the canary as they are: what was put into their template for their role goes along, as in Argo. */
function newTemplate(scene: Scene, asked: ExperimentStep['templates'][number]): ExperimentTemplate | undefined {
  const replicaSet = asked.specRef === 'stable' ? scene.stable : scene.canary;
  if (replicaSet?.template === undefined) return undefined;
  const { template, minReadySeconds, podHash } = replicaSet;
  const { labels = {}, annotations = {} } = asked.metadata ?? {};
  const ownAnnotations = { ...template.metadata?.annotations, ...annotations };
  const own = scene.spec.selector ?? {};
  const selector = asked.selector ?? { ...own, matchLabels: { ...own.matchLabels, [podHashLabel]: podHash } };
  return withoutUndefined({
    name: asked.name,
    replicas: asked.replicas,
    minReadySeconds: minReadySeconds === 0 ? undefined : minReadySeconds,
    selector: { ...selector, matchLabels: { ...selector.matchLabels, ...labels } },
    service: asked.weight === undefined ? asked.service : { ...asked.service },
    template: {
      ...template,
      metadata: {
        ...template.metadata,
        labels: { ...template.metadata?.labels, ...labels },
        ...(Object.keys(ownAnnotations).length > 0 && { annotations: ownAnnotations }),
      },
    },
  });
}

/** What its template reads from the Rollout is passed on as a value: an Experiment has no such field. */
function newAnalysis(scene: Scene, analysis: ExperimentStep['analyses'][number]): ExperimentAnalysis {
  const { name, templateName, clusterScope, requiredForCompletion } = analysis;
  const hashes = { canary: scene.podHash, stable: scene.status.stableRS ?? '' };
  const passed = analysis.args.map((argument) => resolveArgument(scene.world, argument, hashes));
  const collected = collectTemplates([analysis], scene.world.templates);
  const referred: readonly AnalysisArgument[] = !collected.isComplete
    ? []
    : fieldReferences(collected.templates)
        .filter((reference) => passed.every((argument) => argument.name !== reference.name))
        .map((reference) => valueOfField(scene.world, reference.name, reference.fieldPath));
  return withoutUndefined({ name, templateName, clusterScope, requiredForCompletion, args: [...referred, ...passed] });
}
