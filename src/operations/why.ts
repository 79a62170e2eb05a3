import type { Metric } from '../analysis/index.ts';
import type { ObjectName, Pods } from '../kubernetes/index.ts';
import type { DeliveryRecord } from '../records/index.ts';
import {
  type Delivery,
  type Diagnosis,
  type DiagnosisFacts,
  diagnose,
  type LastSample,
  neededServices,
  type PodView,
  type Rollout,
  type Standing,
  silentMetrics,
  type World,
} from '../rollout/index.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import type { CardPlace, Refusal, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface WhyTools extends ReadTools {
  /** One Rollout as it is now, ours or not; undefined when it is gone. */
  readonly study: (name: ObjectName, signal: AbortSignal) => Promise<Study | undefined>;
  readonly standing: (rollout: Rollout) => Standing;
  readonly pods: Pods;
  /** Who wrote `spec.paused`, as managedFields say. */
  readonly pausedBy: (rollout: Rollout) => string | undefined;
  /** Users and groups that bindings let do this; undefined: bindings cannot be read. */
  readonly mayDo: (verbs: readonly ActVerb[], on: ObjectName, signal: AbortSignal) => Promise<Why['mayDo']>;
  /** The newest sample of a metric's query, its arguments in place. */
  readonly lastSample: (metric: Metric, signal: AbortSignal) => Promise<LastSample>;
}

export interface Study {
  readonly world: World;
  readonly delivery: Delivery;
  readonly record: DeliveryRecord | undefined;
  readonly unread: Why['unread'];
}

export interface Why {
  readonly done: true;
  readonly delivery: Delivery;
  readonly card: CardPlace | undefined;
  /** Why it does not move; nothing for what is over. */
  readonly diagnosis: Diagnosis;
  /** How it ended. */
  readonly verdict: Verdict | undefined;
  /** Whom bindings let end the wait; undefined: they cannot be read, or nobody is waited for. */
  readonly mayDo: Readonly<Record<ActVerb, readonly string[]>> | undefined;
  /** What could not be read, and why: a cause may be hidden there. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

/** What a person is waited for to do. */
const actVerbs = ['promote', 'resume'] as const;
type ActVerb = (typeof actVerbs)[number];

/** What the answer may take altogether, and what it looks at beyond the caches. */
const longestMs = 8000;
const gatherMs = 3000;
/** Of pods that are not ready, so many are asked for their events. */
const mostAsked = 3;

const over: readonly Delivery['state'][] = ['live', 'rolledBack', 'superseded'];

/** Why a rollout does not move, or how it ended. Reads only; what cannot be read is said, never thrown. */
export async function readWhy(wish: Wish, tools: WhyTools): Promise<Refusal | Why> {
  const signal = AbortSignal.timeout(longestMs);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const denied = await authorise(wish.person, 'why', found.name, tools.cluster, signal);
  if (denied !== undefined) return denied;
  const study = await tools.study(found.name, signal);
  if (study === undefined) return { done: false, reason: 'unknownRollout', facts: { ...found.name } };
  const { delivery, world, record } = study;
  const isOver = over.includes(delivery.state);
  const [card, gathered, mayDo] = await Promise.all([
    tools.cardOf(world.rollout, signal).catch(() => undefined),
    isOver ? undefined : gather(world, tools),
    isOver ? undefined : whomToAsk(found.name, tools),
  ]);
  return {
    done: true,
    delivery,
    card,
    diagnosis: gathered === undefined ? { first: undefined, others: [] } : diagnose(gathered.facts),
    verdict: verdictOf(record, delivery.state),
    mayDo,
    unread: [...study.unread, ...(gathered?.unread ?? [])],
  };
}

/** A help, not a part of the answer: without it the role is named. */
async function whomToAsk(name: ObjectName, tools: WhyTools): Promise<Why['mayDo']> {
  const deadline = AbortSignal.timeout(gatherMs);
  return within(tools.mayDo(actVerbs, name, deadline), deadline).catch(() => undefined);
}

interface Gathered {
  readonly facts: DiagnosisFacts;
  readonly unread: { readonly what: string; readonly why: string }[];
}

/** Asks for everything at once. Each question ends with the deadline; one that fails leaves its part empty, and is named. */
async function gather(world: World, tools: WhyTools): Promise<Gathered> {
  const { rollout } = world;
  const { namespace } = rollout.metadata;
  const unread: { what: string; why: string }[] = [];
  const deadline = AbortSignal.timeout(gatherMs);
  async function attempt<T>(what: string, instead: T, read: () => Promise<T>): Promise<T> {
    try {
      return await within(read(), deadline);
    } catch (error) {
      const why = deadline.aborted ? `no answer in ${gatherMs / 1000} s` : messageOf(error);
      unread.push({ what, why });
      return instead;
    }
  }

  const [pods, readyEndpoints, lastSamples] = await Promise.all([
    attempt('pods', [], () => tools.pods.read(namespace, hashesOf(world), deadline)).then((read) =>
      withWarnings(read, (pod) =>
        attempt(`events of pod ${pod.name}`, [], () => tools.pods.warnings(namespace, pod.uid, deadline)),
      ),
    ),
    endpointsOf(rollout, (service) =>
      attempt(`endpoints of Service ${service}`, undefined, () =>
        tools.pods.readyEndpoints(namespace, service, deadline),
      ),
    ),
    samplesOf(world, (metric) => tools.lastSample(metric, deadline).catch(() => ({ kind: 'unknown' }))),
  ]);
  const neighbours = tools.known.list(namespace);
  const facts: DiagnosisFacts = {
    world,
    standing: tools.standing(rollout),
    pods,
    sharers: sharersOf(rollout, neighbours),
    neighbours: neighbours.map(({ metadata }) => metadata.name),
    readyEndpoints,
    pausedBy: tools.pausedBy(rollout),
    lastSamples,
  };
  return { facts, unread };
}

function hashesOf({ rollout: { status }, replicaSets }: World): readonly string[] {
  const hashes = [status.currentPodHash, status.stableRS].filter((hash) => hash !== undefined && hash !== '');
  return [...new Set(hashes as string[])].filter((hash) => replicaSets.some(({ podHash }) => podHash === hash));
}

async function withWarnings(
  pods: readonly PodView[],
  warningsOf: (pod: PodView) => Promise<PodView['warnings']>,
): Promise<readonly PodView[]> {
  const asked = pods.filter(({ isReady, isGoing }) => !isReady && !isGoing).slice(0, mostAsked);
  const warnings = new Map(await Promise.all(asked.map(async (pod) => [pod.uid, await warningsOf(pod)] as const)));
  return pods.map((pod) => ({ ...pod, warnings: warnings.get(pod.uid) ?? [] }));
}

async function endpointsOf(
  rollout: Rollout,
  read: (service: string) => Promise<number | undefined>,
): Promise<Record<string, number>> {
  const found = await Promise.all(neededServices(rollout).map(async (name) => [name, await read(name)] as const));
  return Object.fromEntries(found.flatMap(([name, count]) => (count === undefined ? [] : [[name, count]])));
}

/** Only the first silent metric is told, so only that one is asked for. */
async function samplesOf(
  world: World,
  ask: (metric: Metric) => Promise<LastSample>,
): Promise<Record<string, LastSample>> {
  const [silent] = silentMetrics({ world });
  return silent === undefined ? {} : { [silent.metric.name]: await ask(silent.metric) };
}

function sharersOf(rollout: Rollout, neighbours: readonly Rollout[]): Record<string, string[]> {
  const sharers: Record<string, string[]> = {};
  for (const service of neededServices(rollout)) {
    sharers[service] = neighbours
      .filter((one) => one.metadata.uid !== rollout.metadata.uid && neededServices(one).includes(service))
      .map(({ metadata }) => metadata.name)
      .sort();
  }
  return sharers;
}

/** A read that does not listen to its signal must not hold the answer up either. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
