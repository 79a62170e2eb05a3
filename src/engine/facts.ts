import type { DeliveryRecord } from '../records/index.ts';
import type { DeliveryFacts, MetricSeries } from '../rollout/index.ts';
import { seenKeyOf } from './verify.ts';

const finalEvents = ['live', 'rolledBack', 'superseded'];

/** What a record tells about its revision beyond what the cluster's objects say. */
export function factsOf(record: DeliveryRecord): Omit<DeliveryFacts, 'clusterUid' | 'runBy'> {
  const started = record.entries.find(({ event }) => event === 'started' || event === 'undone');
  const ended = record.entries.findLast(({ event }) => finalEvents.includes(event));
  return {
    revision: record.spec.rollout.revision,
    startedBy: started?.by,
    isUndo: started?.event === 'undone',
    startedAtMs: started === undefined ? undefined : Date.parse(started.at),
    finishedAtMs: ended === undefined ? undefined : Date.parse(ended.at),
    fromImage: started?.facts.fromImage,
    weightSteps: weightStepsOf(record),
    hasNoCanaryRequests: record.seen[seenKeyOf('noCanaryRequests')] !== undefined,
    isMetricBack: record.seen[seenKeyOf('metricBack')] !== undefined,
  };
}

function weightStepsOf({ entries }: DeliveryRecord): MetricSeries['weightSteps'] {
  const steps: { atMs: number; percent: number }[] = [];
  for (const { event, at, facts } of entries) {
    if (event === 'stepReached' && facts.percent !== undefined)
      steps.push({ atMs: Date.parse(at), percent: Number(facts.percent) });
    if (event === 'aborted') steps.push({ atMs: Date.parse(at), percent: 0 });
  }
  return steps;
}
