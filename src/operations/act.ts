import type { Logger } from 'pino';
import type {
  ConnectedCluster,
  JsonPatch,
  ObjectName,
  ReferencedWorkloads,
  Reflector,
  Rollouts,
  Trial,
  TrialAct,
  Trials,
  Workloads,
} from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import type { QueueStore } from '../queue-stores/index.ts';
import type { Denials } from '../records/index.ts';
import {
  bindingOf,
  type Evidence,
  type KnownHealth,
  plainDeployment,
  type ReplicaSetView,
  type Rollout,
  type RolloutPatch,
} from '../rollout/index.ts';
import type { Verb } from './authorise.ts';
import type { Channels } from './channels.ts';
import { findFor } from './find.ts';
import type { Answer, CardPlace, Question, Refusal, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { isReason } from './situation.ts';
import { weigh } from './weigh.ts';

/** Everything an operation needs. */
export interface OperationTools {
  readonly cluster: Pick<ConnectedCluster, 'mayI' | 'nowMs' | 'urgently'>;
  /** Another controller takes the turns: what only ours notes is not there. */
  readonly isDriven?: boolean;
  readonly rollouts: Rollouts;
  readonly workloads: Pick<Workloads, 'readWithTemplates'>;
  readonly referencedWorkloads: Pick<ReferencedWorkloads, 'readWith' | 'patchJson'>;
  /** Its analysis runs and Experiments: those that its status names live. */
  readonly readEvidence: (rollout: Rollout, signal: AbortSignal) => Promise<Evidence>;
  readonly trials: Trials;
  readonly known: Pick<Reflector<Rollout>, 'list'>;
  /** With the image of the main container: from the caches, and of a plain Deployment, of which none keeps them, live. */
  readonly replicaSetsOf: (rollout: Rollout, signal: AbortSignal) => Promise<readonly ReplicaSetView[]>;
  /** Images of these repositories that were built lately. */
  readonly heardImages: (repositories: readonly string[], signal: AbortSignal) => Promise<readonly BuiltImage[]>;
  readonly channels: Channels;
  readonly store: Pick<QueueStore, 'nudge'>;
  /** What the record of a revision says of whether it was live once; undefined: there is no record (it is older than we are). */
  readonly wasLive: (rollout: Rollout, revision: number, signal: AbortSignal) => Promise<KnownHealth>;
  /** Writes a person's act into the record of the rollout's present revision. */
  readonly record: (rollout: Rollout, act: RecordedAct, signal: AbortSignal) => Promise<void>;
  /** Counts a refused act; its line in the record follows by itself. */
  readonly tellDenial: Denials['tell'];
  /** The other controller that runs Rollouts, where it gives no sign of life. */
  readonly silentController?: () => { readonly name: string } | undefined;
  readonly cardOf: (rollout: Rollout, signal: AbortSignal) => Promise<CardPlace | undefined>;
  readonly log: Logger;
}

/** An image that somebody's build told of. */
export interface BuiltImage {
  readonly image: string;
  readonly builtAtMs: number;
  readonly commits: number | undefined;
}

export interface RecordedAct {
  readonly verb: Verb;
  /** Default `asked:<verb>`. */
  readonly event?: 'reasonGiven';
  readonly by: string;
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** What an act sees when it decides: all of it read live in this attempt. */
export interface Seen extends Evidence {
  /** With the template of the object that `workloadRef` names. */
  readonly rollout: Rollout;
}

/** What an act writes: Argo's own protocol, so that Argo's clients and controllers understand it. */
export interface Change {
  readonly done: true;
  /** Merge patches, in order: those of Argo's own clients. */
  readonly patches?: readonly RolloutPatch[];
  /** JSON patch on the object, for lists. */
  readonly json?: JsonPatch;
  /**
   * JSON patch on the object that holds the pod template. The Rollout: one write with `json`, before it. What its `workloadRef` names:
   * written last.
   */
  readonly template?: JsonPatch;
  readonly facts?: Readonly<Record<string, string>>;
  /** An Experiment or AnalysisRun that is asked to end. */
  readonly trial?: { readonly trial: Trial; readonly act: TrialAct };
  /** It came to another act than was asked for, and is recorded as that one. */
  readonly recordedAs?: Verb;
}

/** One verb: what it needs, and what it comes to on what is seen now. Pure but for what `choose` reads. */
export interface Act<W extends Wish> {
  readonly verb: Verb | ((seen: Seen, wish: W) => Verb);
  /** Raising risk needs a bound channel and is recorded before it happens; lowering it waits for nothing. */
  readonly raisesRisk: boolean;
  /** It goes past evidence, or past what is usual: not done without a reason. */
  readonly needsReason?: (seen: Seen, wish: W) => boolean;
  /** What a click must still fit: the whole binding, or the revision only (abort and pause work from any card of it). */
  readonly isBoundTo: 'step' | 'revision';
  readonly choose: (
    seen: Seen,
    wish: W,
    tools: OperationTools,
    signal: AbortSignal,
  ) => Refusal | Change | Promise<Refusal | Change>;
}

/** How often an act looks again when the object moved between its look and its write. */
const maxAttempts = 10;

/** Finds, asks Kubernetes, looks live, decides, records, writes with a precondition, nudges, answers. Its calls go before the engine's. */
export function act<W extends Wish>(wish: W, rule: Act<W>, tools: OperationTools): Promise<Answer> {
  return tools.cluster.urgently(() => actNow(wish, rule, tools));
}

async function actNow<W extends Wish>(wish: W, rule: Act<W>, tools: OperationTools): Promise<Answer> {
  const signal = AbortSignal.timeout(15_000);
  const found = await findFor(wish, tools, signal);
  if (!found.done) return found;
  const { name } = found;

  let isRecorded = false;
  let { saw } = wish;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const weighed = await weigh({ ...wish, saw }, rule, name, tools, signal);
    if (!weighed.done) return weighed;
    const { change, recorded, seen } = weighed;
    if (rule.needsReason?.(seen, wish) === true && !isReason(wish.reason))
      return { done: false, reason: 'needsReason', facts: { ...name, verb: recorded.verb } };
    // Typed words mean what is seen first: who lost a race for this gate must not go through the next one.
    if (rule.isBoundTo === 'step') saw ??= bindingOf(seen.rollout, seen);
    if (rule.raisesRisk && !isRecorded) {
      await tools.record(seen.rollout, recorded, signal);
      isRecorded = true;
    }
    try {
      await write(seen.rollout, change, wish.person.slackId, tools, signal);
    } catch (error) {
      if (error instanceof ConflictError) continue;
      throw error;
    }
    await nudge(name, tools);
    tools.log.info(
      { audit: true, verb: recorded.verb, ...name, by: wish.person.user, reason: wish.reason, facts: change.facts },
      'act done',
    );
    if (!isRecorded) recordLater(seen.rollout, recorded, tools);
    const card = await tools.cardOf(seen.rollout, signal).catch(() => undefined);
    const { revision } = bindingOf(seen.rollout, seen);
    return { done: true, target: name, card, facts: change.facts ?? {}, revision };
  }
  return { done: false, reason: 'movedMeanwhile', facts: { ...name } };
}

/**
 * What an act would come to now, without doing it: so that nobody is asked a question whose answer would be refused. The facts are
 * those that the act would record.
 */
export function ask<W extends Wish>(
  wish: W,
  rule: Act<W>,
  tools: OperationTools & ReadTools,
): Promise<Refusal | Question> {
  return tools.cluster.urgently(async () => {
    const signal = AbortSignal.timeout(10_000);
    const found = await findFor(wish, tools, signal);
    if (!found.done) return found;
    const weighed = await weigh(wish, rule, found.name, tools, signal);
    if (!weighed.done) return weighed;
    const delivery = await tools.deliveryOf(found.name, signal);
    if (delivery === undefined) return { done: false, reason: 'unknownRollout', facts: { ...found.name } };
    const card = await tools.cardOf(weighed.seen.rollout, signal).catch(() => undefined);
    const needsReason = rule.needsReason?.(weighed.seen, wish) === true;
    return { done: true, delivery, card, facts: weighed.change.facts ?? {}, needsReason };
  });
}

async function write(
  rollout: Rollout,
  change: Change,
  slackId: string,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<void> {
  // Who and when travel with the write itself: the status keeps nothing but status and managedFields.
  const options = { signal, fieldManager: `stepwise-${slackId}` };
  if (change.trial !== undefined) await tools.trials.write(change.trial.trial, change.trial.act, options);
  let latest = rollout;
  for (const { subresource, patch } of change.patches ?? []) {
    const where = subresource === undefined ? options : { ...options, subresource };
    latest = await tools.rollouts.patch(latest, patch, where);
  }
  const { workload } = rollout;
  const json = [...(workload === undefined ? (change.template ?? []) : []), ...(change.json ?? [])];
  if (json.length > 0) await tools.rollouts.patchJson(latest, json, options);
  if (workload !== undefined && change.template !== undefined)
    await tools.referencedWorkloads.patchJson(workload, change.template, options);
}

/** A nudge that is not stored costs nothing but the watch's few milliseconds: the write itself is an event. */
async function nudge(name: ObjectName, tools: OperationTools): Promise<void> {
  try {
    const plain = plainDeployment(name.name);
    const key = plain === undefined ? ({ kind: 'rollout', ...name } as const) : deploymentKey(name.namespace, plain);
    await tools.store.nudge(key, { urgent: true });
    await tools.store.nudge({ kind: 'card', ...name }, { urgent: true });
  } catch (error) {
    tools.log.warn({ ...name, err: error }, 'nudge not stored, the watch will tell');
  }
}

function deploymentKey(namespace: string, name: string) {
  return { kind: 'deployment', namespace, name } as const;
}

/** An abort, a pause or a freeze never waits for its line: who and when are in the write, the rest follows. */
function recordLater(rollout: Rollout, recorded: RecordedAct, tools: OperationTools): void {
  tools.record(rollout, recorded, AbortSignal.timeout(5000)).catch((error: unknown) => {
    tools.log.error({ audit: true, ...recorded, err: error }, 'act not recorded');
  });
}
