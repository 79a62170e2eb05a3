import type { ObjectName } from '../kubernetes/index.ts';
import { type Binding, bindingOf, needsController, plainDeployment } from '../rollout/index.ts';
import type { Act, Change, OperationTools, RecordedAct, Seen } from './act.ts';
import { authorise, type Verb } from './authorise.ts';
import type { Refusal, Wish } from './operations.ts';
import { chooseForDeployment } from './plain-deployment.ts';
import { misfitOf } from './situation.ts';

interface Weighed {
  readonly done: true;
  readonly seen: Seen;
  readonly change: Change;
  readonly recorded: RecordedAct;
}

/** One live look; undefined: it is gone. */
export async function see(
  name: ObjectName,
  tools: Pick<OperationTools, 'rollouts' | 'referencedWorkloads' | 'readEvidence'>,
  signal: AbortSignal,
): Promise<Seen | undefined> {
  const read = await tools.rollouts.read(name, signal);
  if (read === undefined) return undefined;
  const rollout = await tools.referencedWorkloads.readWith(read, signal);
  return { rollout, ...(await tools.readEvidence(rollout, signal)) };
}

/** One live look, Kubernetes' answer, and what the rule makes of it. */
export async function weigh<W extends Wish>(
  wish: W,
  rule: Act<W>,
  name: ObjectName,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<Refusal | Weighed> {
  const seen = await see(name, tools, signal);
  if (seen === undefined) return { done: false, reason: 'unknownRollout', facts: { ...name } };
  const verb = typeof rule.verb === 'function' ? rule.verb(seen, wish) : rule.verb;
  const refused = await mayNot(wish, verb, name, rule, seen, tools, signal);
  const misfit = misfitOf(verb, seen);
  if (misfit !== undefined && (refused === undefined || (await mayLook(wish, name, tools, signal)))) return misfit;
  if (refused !== undefined) return refused;
  const choose = chooseForDeployment(verb, seen) ?? rule.choose;
  const change = await choose(seen, wish, tools, signal);
  if (!change.done) return change;
  const recorded = {
    verb: change.recordedAs ?? verb,
    by: wish.person.slackId,
    reason: wish.reason ?? '',
    facts: change.facts ?? {},
  };
  return { done: true, seen, change, recorded };
}

/** No right would change what means nothing here: it is said before a missing right, to those who may look. */
async function mayLook({ person }: Wish, name: ObjectName, tools: OperationTools, signal: AbortSignal) {
  return (await authorise(person, 'get', name, tools.cluster, signal)) === undefined;
}

/** Whether this may not be done, and why: rights, channel, and what moved since the person looked. A no leaves its line. */
export async function mayNot<W extends Wish>(
  wish: W,
  verb: Verb,
  name: ObjectName,
  rule: Act<W>,
  seen: Seen,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const denied = await denialOf(wish, verb, name, rule, seen, tools, signal);
  if (denied === undefined) return undefined;
  const { reason, facts } = denied;
  tools.log.warn({ audit: true, verb, ...name, by: wish.person.user, reason, facts }, 'act denied');
  tools.tellDenial(seen.rollout, { verb, by: wish.person.slackId, reason });
  return denied;
}

async function denialOf<W extends Wish>(
  wish: W,
  verb: Verb,
  name: ObjectName,
  rule: Act<W>,
  seen: Seen,
  tools: OperationTools,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { rollout } = seen;
  const denied = await authorise(wish.person, verb, name, tools.cluster, signal);
  const channel = tools.channels.channelOf(rollout);
  const askedIn = wish.isInOwnChannel === true ? (channel ?? '') : wish.channel;
  const isUnbound = rule.raisesRisk && !tools.channels.isBound(askedIn, rollout);
  const place = channel === undefined ? {} : { channel };
  // Whoever lacks both hears of both at once.
  if (denied?.reason === 'notAllowed' && isUnbound)
    return { ...denied, facts: { ...denied.facts, ...place, isUnbound: 'true' } };
  if (denied !== undefined) return denied;
  if (isUnbound) return { done: false, reason: 'unboundChannel', facts: { ...name, ...place } };
  const silent = rule.raisesRisk && needsController(rollout) ? tools.silentController?.() : undefined;
  if (silent !== undefined) {
    const part = plainDeployment(name.name) === undefined ? 'runs' : 'measures';
    return { done: false, reason: 'controllerSilent', facts: { ...name, controller: silent.name, part } };
  }
  return wish.saw === undefined ? undefined : staleness(wish.saw, bindingOf(rollout, seen), rule.isBoundTo);
}

/** What moved since the card was drawn that the person clicked on; undefined when nothing that matters did. */
function staleness(saw: Binding, now: Binding, isBoundTo: Act<Wish>['isBoundTo']): Refusal | undefined {
  const moved = saw.uid !== now.uid || saw.revision !== now.revision;
  const stepMoved = saw.step !== now.step || saw.pauseStartedAt !== now.pauseStartedAt || saw.analysis !== now.analysis;
  if (!moved && (isBoundTo === 'revision' || !stepMoved)) return undefined;
  return {
    done: false,
    reason: 'staleCard',
    facts: {
      sawRevision: String(saw.revision),
      revision: String(now.revision),
      sawStep: String(saw.step),
      step: String(now.step),
      sawAnalysis: saw.analysis,
      analysis: now.analysis,
    },
  };
}
