import type { ObjectName, Trial } from '../kubernetes/index.ts';
import { ConflictError } from '../lib/index.ts';
import { namePlainDeployment, nameTrial, type TrialName, trialNamed } from '../rollout/index.ts';
import { act, ask, type OperationTools } from './act.ts';
import { authorise } from './authorise.ts';
import { findFor } from './find.ts';
import type { Answer, Question, Refusal, RolloutName, TrialQuestion, Wish } from './operations.ts';
import type { ReadTools } from './read.ts';
import { retry } from './retry.ts';
import { refuse } from './situation.ts';
import { actOf, isOver, terminate } from './terminate.ts';

type Verb = 'terminate' | 'retry';

/** How often it is looked at again when it moved between look and write: its status is written with each measurement. */
const maxAttempts = 10;

/** Ends an Experiment or an AnalysisRun: of a release by its rules, or one that stands alone. */
export function endTrial(wish: Wish, tools: OperationTools): Promise<Answer> {
  return settle(wish, 'terminate', tools, (of) => act(of, terminate, tools));
}

/** An aborted release again; or an Experiment that stands alone. */
export function retryAny(wish: Wish, tools: OperationTools): Promise<Answer> {
  if (trialNamed(wish.target.name) === undefined) return act(wish, retry, tools);
  return settle(wish, 'retry', tools, async (of) => refuse('trialOfRollout', { rollout: of.target.name }));
}

/** What ending it would come to, without doing it. */
export async function askTrial(
  wish: Wish,
  tools: OperationTools & ReadTools,
): Promise<Refusal | Question | TrialQuestion> {
  const signal = AbortSignal.timeout(10_000);
  const found = await find(wish, tools, signal);
  if (!found.done) return found;
  if (found.rollout !== undefined) return ask({ ...wish, ...found.rollout }, terminate, tools);
  const weighed = await weighOwn(wish, 'terminate', found, tools, signal);
  if (!weighed.done) return weighed;
  const { phase, message, metadata } = weighed.trial;
  return { done: true, trial: { ...found.name, uid: metadata.uid, phase, message } };
}

type OfRollout = Wish & { readonly trial: TrialName | undefined };

async function settle(
  wish: Wish,
  verb: Verb,
  tools: OperationTools,
  ofRollout: (wish: OfRollout) => Promise<Answer>,
): Promise<Answer> {
  const signal = AbortSignal.timeout(15_000);
  const found = await find(wish, tools, signal);
  if (!found.done) return found;
  if (found.rollout !== undefined) return ofRollout({ ...wish, ...found.rollout });
  return tools.cluster.urgently(() => actOnOwn(wish, verb, found, tools, signal));
}

type Found =
  | {
      readonly done: true;
      readonly rollout: { readonly target: Wish['target']; readonly trial: TrialName | undefined };
    }
  | { readonly done: true; readonly rollout?: undefined; readonly name: RolloutName; readonly trial: TrialName };

/** The one that is meant, and the Rollout that it belongs to; a name without a kind is a Rollout's. */
async function find(wish: Wish, tools: OperationTools, signal: AbortSignal): Promise<Refusal | Found> {
  const named = trialNamed(wish.target.name);
  if (named === undefined) return { done: true, rollout: { target: wish.target, trial: undefined } };
  const { kind } = named;
  const known = tools.trials.list(kind).map(({ metadata: { namespace, name } }) => ({
    metadata: { namespace, name: nameTrial({ kind, name }) },
  }));
  const found = await findFor(wish, { ...tools, known: { list: () => known } }, signal);
  if (!found.done) return found;
  const { namespace } = found.name;
  const trial = trialNamed(found.name.name) ?? named;
  const owner = await ownerOf({ namespace, name: trial.name }, kind, tools, signal);
  if (owner === undefined) return { done: true, name: { ...found.name }, trial };
  return { done: true, rollout: { target: { namespace, name: owner }, trial } };
}

/** The Rollout or guarded Deployment that it belongs to, at once or by its Experiment. */
async function ownerOf(
  name: ObjectName,
  kind: TrialName['kind'],
  tools: OperationTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  const trial = await tools.trials.read(kind, name, signal);
  const owner = trial?.metadata.ownerReferences.find(({ controller }) => controller === true);
  if (owner?.kind === 'Rollout') return owner.name;
  if (owner?.kind === 'Deployment') return namePlainDeployment(owner.name);
  if (owner?.kind !== 'Experiment' || kind === 'experiment') return undefined;
  return ownerOf({ namespace: name.namespace, name: owner.name }, 'experiment', tools, signal);
}

interface Own {
  readonly name: RolloutName;
  readonly trial: TrialName;
}

/** One that stands alone has no record: who and why are written on it, together with the wish. */
async function actOnOwn(wish: Wish, verb: Verb, own: Own, tools: OperationTools, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const weighed = await weighOwn(wish, verb, own, tools, signal);
    if (!weighed.done) return weighed;
    try {
      const options = { signal, fieldManager: `stepwise-${wish.person.slackId}` };
      await tools.trials.write(weighed.trial, actOf(wish, verb, tools), options);
    } catch (error) {
      if (error instanceof ConflictError) continue;
      throw error;
    }
    // The watch tells the engine: nothing of a release waits for it.
    const { name } = own;
    tools.log.info({ audit: true, verb, ...name, by: wish.person.user, reason: wish.reason }, 'act done');
    return { done: true, target: name, card: undefined, facts: { alone: 'true' } };
  }
  return refuse('movedMeanwhile', { ...own.name });
}

/** One live look, Kubernetes' answer, and whether there is anything to do. */
async function weighOwn(
  wish: Wish,
  verb: Verb,
  { name, trial: { kind, name: bare } }: Own,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<Refusal | { readonly done: true; readonly trial: Trial }> {
  const denied = await authorise(wish.person, verb, name, tools.cluster, signal);
  if (denied !== undefined) {
    const { reason, facts } = denied;
    tools.log.warn({ audit: true, verb, ...name, by: wish.person.user, reason, facts }, 'act denied');
    return denied;
  }
  const trial = await tools.trials.read(kind, { namespace: name.namespace, name: bare }, signal);
  if (trial === undefined) return refuse('unknownRollout', { ...name });
  if (verb === 'terminate') return isOver(trial) ?? { done: true, trial };
  if (kind === 'analysisrun') return refuse('noTrialVerb', { verb });
  // It brings pods up again: asked where the namespace is talked about, as a start is.
  if (!tools.channels.isBound(wish.channel, trial)) {
    const channel = tools.channels.channelOf(trial);
    return refuse('unboundChannel', { ...name, ...(channel === undefined ? {} : { channel }) });
  }
  const silent = tools.silentController?.();
  if (silent !== undefined) return refuse('controllerSilent', { ...name, controller: silent.name });
  return isOver(trial)?.reason === 'trialOver' ? { done: true, trial } : refuse('trialRuns', { ...name });
}
