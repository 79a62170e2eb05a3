import type { AnalysisTemplate, TemplateReference } from './analysis/index.ts';
import { type Cluster, type EventToSend, projectAnalysisTemplate, resources } from './kubernetes/index.ts';
import type { Experiment } from './rollout/index.ts';

/** Reads an AnalysisTemplate, or a ClusterAnalysisTemplate, live. */
export function createTemplateReader(cluster: Pick<Cluster, 'get'>) {
  return async (
    { templateName: name, clusterScope }: TemplateReference,
    namespace: string,
    signal: AbortSignal,
  ): Promise<AnalysisTemplate | undefined> => {
    const found =
      clusterScope === true
        ? await cluster.get(resources.clusterAnalysisTemplates, { namespace: '', name }, signal)
        : await cluster.get(resources.analysisTemplates, { namespace, name }, signal);
    return found === undefined ? undefined : projectAnalysisTemplate(found);
  };
}

/** Sends an event on an Experiment, or on the Rollout that it belongs to, if it does. */
export function sendExperimentEvent(
  add: (event: EventToSend) => void,
  { metadata }: Experiment,
  event: Omit<EventToSend, 'regarding'>,
  on: 'Experiment' | 'Rollout',
): void {
  const { namespace, name, uid } = metadata;
  if (on === 'Experiment') {
    add({ ...event, regarding: { resource: resources.experiments, namespace, name, uid } });
    return;
  }
  const owner = metadata.ownerReferences.find(({ controller, kind }) => controller === true && kind === 'Rollout');
  if (owner === undefined) return;
  add({ ...event, regarding: { resource: resources.rollouts, namespace, name: owner.name, uid: owner.uid } });
}
