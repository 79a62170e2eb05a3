import type { Operations, Person, Refusal, Target } from '../../operations/index.ts';
import type { Command } from '../commands/command.ts';
import type { Mrkdwn } from '../messages/mrkdwn.ts';
import { refusalWords } from '../messages/refusal.ts';
import { type Drawn, type Entry, imageOf, isNamed, keyOf, otherImage } from './start-entry.ts';
import { choicesOf, type StartScene, type Verdict } from './start-view.ts';

/** Refusals that a second yes overcomes. */
export const questions: ReadonlySet<Refusal['reason']> = new Set(['otherRepository', 'unusualTag', 'workloadRuns']);

export interface SceneWish {
  readonly person: Person;
  /** Where the form was opened; '': nowhere, so the rollout's own channel counts. */
  readonly channel: string;
  /** What was asked for by name: `/rollout start checkout`. */
  readonly target?: Target | undefined;
  /** The image that a button offered. */
  readonly image?: string | undefined;
  readonly entry: Entry;
  readonly changed?: Mrkdwn | undefined;
}

/** Reads what the form is drawn from: what this person may start, the service's facts, and what a start would answer. */
export async function readScene(
  wish: SceneWish,
  { operations, now }: { readonly operations: Operations; readonly now: () => number },
): Promise<StartScene | { readonly problem: Mrkdwn }> {
  const { person, channel, changed } = wish;
  const services = await operations.startable(person);
  const chosen = services.find((one) => keyOf(one) === wish.entry.serviceKey);
  const target = chosen ?? wish.target;
  const base = { services, channel, nowMs: now(), changed };
  if (target === undefined) {
    if (services.length === 0)
      return { problem: 'There is no rollout that you may start. `whoami` and a RoleBinding change that.' };
    return { ...base, service: undefined, form: undefined, entry: wish.entry, verdict: undefined };
  }
  const asked = { person, channel, target, isInOwnChannel: channel === '' };
  const found = await operations.startForm(asked);
  if (!found.done) return asList(found, wish, base);
  const { form } = found;
  const service = { namespace: form.namespace, name: form.name };
  const entry = firstChoice(wish, form);
  const image = imageOf(entry);
  const verdict =
    image === undefined
      ? undefined
      : verdictOf(await operations.tryStart({ ...asked, target: service, images: [image], isConfirmed: false }), {
          verb: 'start',
          target: service,
          images: [image],
        });
  const planned = await operations.plan({ ...asked, target: service, images: [] });
  const plan = planned.done ? planned : undefined;
  const listed = services.some((one) => keyOf(one) === keyOf(service)) ? services : [service, ...services];
  return { ...base, services: listed, service, form, entry: { ...entry, serviceKey: keyOf(service) }, verdict, plan };
}

/** A name that means nothing, or several, is no reason for an empty form: the person chooses from what there is. */
function asList(refusal: Refusal, wish: SceneWish, base: Pick<StartScene, 'services' | 'channel' | 'nowMs'>) {
  const command: Command = { verb: 'start', ...(wish.target === undefined ? {} : { target: wish.target }) };
  const { why } = refusalWords(refusal, command);
  const isChoice = refusal.reason === 'unknownRollout' || refusal.reason === 'ambiguousName';
  if (!isChoice || base.services.length === 0) return { problem: why };
  return { ...base, service: undefined, form: undefined, entry: wish.entry, verdict: undefined, changed: why };
}

/** What a button offered, or the newest build, is chosen already; the person changes it. */
function firstChoice({ entry, image }: SceneWish, form: NonNullable<StartScene['form']>): Entry {
  const container = entry.container ?? form.containers.find(({ isMain }) => isMain)?.name;
  const choices = choicesOf(form, container);
  const placed: Entry = { ...entry, container };
  const wanted = entry.choice === otherImage ? undefined : (entry.choice ?? (entry.typed === '' ? image : undefined));
  if (wanted !== undefined) {
    const listed = choices.find((one) => isNamed(one.image, wanted));
    return listed === undefined
      ? { ...placed, choice: otherImage, typed: wanted }
      : { ...placed, choice: listed.image };
  }
  if (entry.choice !== undefined || entry.typed !== '') return placed;
  const newest = choices[0];
  return newest?.from.kind === 'built' ? { ...placed, choice: newest.image } : placed;
}

function verdictOf(answer: Awaited<ReturnType<Operations['tryStart']>>, command: Command): Verdict {
  if (answer.done) return { kind: 'wouldStart', from: answer.facts.from ?? '', to: answer.facts.image ?? '' };
  const isQuestion = questions.has(answer.reason);
  const words = refusalWords(answer, command).why;
  return { kind: 'refused', words, isQuestion, image: command.images?.[0]?.image ?? '' };
}

/** Whether the form that was sent was drawn for the service that is chosen in it. */
export function isDrawnFor(drawn: Drawn, entry: Entry): boolean {
  return drawn.service !== undefined && (entry.serviceKey === undefined || entry.serviceKey === keyOf(drawn.service));
}
