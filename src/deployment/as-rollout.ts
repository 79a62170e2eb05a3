import { formatTimestamp, parseTimestamp } from '../analysis/index.ts';
import {
  instanceIdLabel,
  namePlainDeployment,
  type PodTemplate,
  podHashLabel,
  type ReplicaSetView,
  type Rollout,
  revisionAnnotation,
  revisionHistoryAnnotation,
} from '../rollout/index.ts';
import type { Deployment } from './deployment.ts';
import { readGuard } from './guard.ts';
import { isGood, type Memory, readMemory } from './memory.ts';

/** The label by which Kubernetes tells the ReplicaSets of a Deployment apart. */
const hashLabel = 'pod-template-hash';

/**
 * A guarded Deployment as everything that shows and asks reads it: a canary without steps, whose share are its pods. Named
 * `deploy/<name>`. What is not in the Deployment itself is in its memory.
 */
export function asRollout(deployment: Deployment): Rollout {
  const { metadata, spec, status } = deployment;
  const memory = readMemory(deployment);
  const read = readGuard(deployment);
  const { replicas, selector, template, minReadySeconds, paused, revisionHistoryLimit, progressDeadlineSeconds } = spec;
  const annotations: Record<string, string> = { ...metadata.annotations };
  if (memory !== undefined) annotations[revisionAnnotation] = String(memory.revision);
  return {
    kind: 'Deployment',
    metadata: { ...metadata, name: namePlainDeployment(metadata.name), annotations },
    spec: {
      ...{ replicas, selector, template, minReadySeconds, paused, revisionHistoryLimit, progressDeadlineSeconds },
      strategy: { canary: read.isValid && read.guard.analysis !== undefined ? { analysis: read.guard.analysis } : {} },
    },
    status: {
      observedGeneration: String(status.observedGeneration),
      conditions: conditionsOf(deployment, memory),
      ...statusOf(deployment, memory),
    },
  };
}

function statusOf(deployment: Deployment, memory: Memory | undefined): Rollout['status'] {
  const read = readGuard(deployment);
  const length = read.isValid ? { soakMs: read.guard.soakMs } : {};
  if (memory === undefined) return { rolling: length };
  const { canary, good, undone, run, rolledOutAt, heldAt, stuck } = memory;
  const rolledOutMs = parseTimestamp(rolledOutAt ?? '');
  const isSoaking = rolledOutMs !== undefined && read.isValid && !isGood(memory);
  return {
    phase: phaseOf(memory),
    currentPodHash: canary,
    stableRS: undone?.to ?? good[0],
    ...(undone === undefined
      ? {}
      : { abort: true, abortedAt: undone.at, message: `RolloutAborted: ${undone.message}` }),
    ...(run === undefined ? {} : { canary: { currentBackgroundAnalysisRunStatus: { name: run } } }),
    rolling: {
      ...length,
      ...(rolledOutAt === undefined ? {} : { rolledOutAt }),
      ...(isSoaking ? { soakEndsAt: formatTimestamp(rolledOutMs + read.guard.soakMs) } : {}),
      ...(stuck === undefined ? {} : { stuck: stuck.message }),
    },
    ...(heldAt === undefined ? {} : { pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: heldAt }] }),
  };
}

function phaseOf(memory: Memory): string {
  if (memory.undone !== undefined || memory.stuck !== undefined) return 'Degraded';
  return isGood(memory) ? 'Healthy' : 'Progressing';
}

/** Kubernetes' own, but that a revision which was left makes no progress any more. */
function conditionsOf(deployment: Deployment, memory: Memory | undefined): Rollout['status']['conditions'] {
  const { conditions } = deployment.status;
  const { undone } = memory ?? {};
  const read = readGuard(deployment);
  const problem = read.isValid ? memory?.problem : read.problem;
  const invalid =
    problem === undefined ? [] : [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: problem }];
  if (undone === undefined) return [...conditions, ...invalid];
  const others = conditions.filter(({ type }) => type !== 'Progressing');
  const left = { type: 'Progressing', status: 'False', reason: 'RolloutAborted', message: undone.message };
  return [...others, { ...left, lastUpdateTime: undone.at, lastTransitionTime: undone.at }, ...invalid];
}

/** A Deployment's ReplicaSet with hash, revision and template as a Rollout's has them. */
export function asRolloutReplicaSet<T extends ReplicaSetView & { readonly template: PodTemplate }>(replicaSet: T): T {
  const { labels, annotations, template } = replicaSet;
  const history = annotations['deployment.kubernetes.io/revision-history'];
  const { [hashLabel]: _, ...own } = template.metadata?.labels ?? {};
  return {
    ...replicaSet,
    podHash: labels[hashLabel] ?? '',
    annotations: {
      ...annotations,
      [revisionAnnotation]: annotations['deployment.kubernetes.io/revision'] ?? '0',
      ...(history === undefined ? {} : { [revisionHistoryAnnotation]: history }),
    },
    template: { ...template, metadata: { ...template.metadata, labels: own } },
  };
}

/** Labels of a run that judges one revision of it. */
export function runLabels({ metadata }: Deployment, podHash: string): Record<string, string> {
  const instanceId = metadata.labels[instanceIdLabel];
  return { [podHashLabel]: podHash, ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }) };
}
