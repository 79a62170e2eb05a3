import type { ReplicaSetView } from '../world.ts';
import type { Cause } from './cause.ts';
import type { ContainerView, DiagnosisFacts, PodView } from './diagnosis-facts.ts';
import { isBeingDeleted, isInAnalysis, isPausedNow } from './waits.ts';

// Pods that are refused, that cannot start, that are not ready.

export function quota({ world }: DiagnosisFacts): Cause | undefined {
  for (const { name, failure } of world.replicaSets) {
    if (failure === undefined || !isAboutQuota(failure.message)) continue;
    return { kind: 'quota', replicaSet: name, message: failure.message };
  }
  return undefined;
}

/** As the admission plugin words it: `exceeded quota: compute, requested: pods=1, …`, `failed quota: compute: must specify cpu`. */
function isAboutQuota(message: string): boolean {
  return /\b(?:exceeded|failed) quota\b|insufficient quota/.test(message);
}

const cannotBePulled: readonly string[] = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
];

function isPullFailure({ waiting }: ContainerView): boolean {
  return waiting !== undefined && cannotBePulled.includes(waiting.reason);
}

export function imageCannotBePulled({ pods }: DiagnosisFacts): Cause | undefined {
  const stuck = pods.filter((pod) => !pod.isGoing && pod.containers.some(isPullFailure));
  const [pod] = stuck;
  const container = pod?.containers.find(isPullFailure);
  if (pod === undefined || container?.waiting === undefined) return undefined;
  // The back-off only says that it waits: what failed is in the event, or in the state before it.
  const failed = pod.warnings.find(
    ({ reason, message }) => reason === 'Failed' && message.startsWith('Failed to pull'),
  );
  const direct = stuck
    .flatMap(({ containers }) => containers)
    .find(({ waiting }) => waiting?.reason === 'ErrImagePull');
  return {
    kind: 'imageCannotBePulled',
    image: container.image,
    pod: pod.name,
    container: container.name,
    reason: container.waiting.reason,
    message: direct?.waiting?.message || failed?.message || container.waiting.message,
    podCount: stuck.length,
  };
}

interface Trouble {
  readonly reason: string;
  readonly message: string;
  readonly pod: string | undefined;
}

/**
 * Pods are what it waits for, or something is wrong with one of them. Pods that only start, while it waits for a person, the clock or
 * an analysis, hold nothing up.
 */
export function podsNotReady(facts: DiagnosisFacts): Cause | undefined {
  const short = shortReplicaSet(facts);
  if (short === undefined) return undefined;
  const trouble = refusedPods(short) ?? worstPod(facts, short);
  const isExplained = quota(facts) !== undefined || imageCannotBePulled(facts) !== undefined;
  const waitsForPods = !isPausedNow(facts) && !isInAnalysis(facts);
  if (trouble === undefined && (isExplained || !waitsForPods)) return undefined;
  const { reason, message, pod } = trouble ?? { reason: 'Starting', message: '', pod: undefined };
  return { kind: 'podsNotReady', ready: short.availableReplicas, desired: short.specReplicas, reason, message, pod };
}

/** The canary's, else stable's: of those that should have more pods than are available. */
function shortReplicaSet({ world }: DiagnosisFacts): ReplicaSetView | undefined {
  const { currentPodHash, stableRS } = world.rollout.status;
  return [currentPodHash, stableRS]
    .map((hash) => world.replicaSets.find(({ podHash }) => podHash === hash))
    .find((one) => one !== undefined && one.availableReplicas < one.specReplicas);
}

function refusedPods({ failure }: ReplicaSetView): Trouble | undefined {
  if (failure === undefined || isAboutQuota(failure.message) || isBeingDeleted(failure.message)) return undefined;
  return { ...failure, pod: undefined };
}

/** What says most about why a pod is not ready: the first of its kinds over all of them. */
function worstPod({ pods }: DiagnosisFacts, { podHash }: ReplicaSetView): Trouble | undefined {
  const unready = pods.filter((pod) => pod.podHash === podHash && !pod.isReady && !pod.isGoing);
  for (const look of [unschedulable, crashed, cannotStart, unhealthy]) {
    for (const pod of unready) {
      const trouble = look(pod);
      if (trouble !== undefined) return { ...trouble, pod: pod.name };
    }
  }
  return undefined;
}

type Look = (pod: PodView) => Omit<Trouble, 'pod'> | undefined;

const unschedulable: Look = (pod) =>
  pod.unschedulable === undefined ? undefined : { reason: 'Unschedulable', message: pod.unschedulable };

const crashed: Look = ({ containers }) => {
  const crash = containers.find(({ isReady, ended, restarts, waiting }) => {
    return !isReady && ended !== undefined && (restarts > 0 || waiting?.reason === 'CrashLoopBackOff');
  });
  if (crash?.ended === undefined) return undefined;
  const { reason, exitCode, message } = crash.ended;
  const how = `container ${crash.name} ended with ${reason}, exit code ${exitCode}, ${crash.restarts} restarts`;
  return { reason: crash.waiting?.reason ?? 'Crashed', message: message === '' ? how : `${how}: ${message}` };
};

/** `CreateContainerConfigError`, `CreateContainerError` say it themselves; a volume that is missing only in an event. */
const cannotStart: Look = ({ containers, warnings }) => {
  const waiting = containers.find((one) => one.waiting !== undefined && !usualWaits.includes(one.waiting.reason));
  if (waiting?.waiting !== undefined && !isPullFailure(waiting)) return waiting.waiting;
  return warnings.find(({ reason }) => /^(?:FailedMount|FailedAttachVolume|FailedCreatePodSandBox)$/.test(reason));
};

const usualWaits: readonly string[] = ['ContainerCreating', 'PodInitializing'];

const unhealthy: Look = ({ warnings }) => warnings.find(({ reason }) => reason === 'Unhealthy');
