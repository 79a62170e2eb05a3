import { formatPercent } from '../../lib/index.ts';
import { type Answer, type CardPlace, type Done, explainedVerbs, type Refusal } from '../../operations/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { addReasonActionId, lineActionIds } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import type { Command, Parsed, Problem } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { type VerbName, verbs } from '../commands/verbs.ts';
import type { IdentityProblem } from '../identity.ts';
import { actions, button, fallback, type Message, type MessageBlock, reasonInput, section } from './blocks.ts';
import { capital, code, type Mrkdwn, quote, truncate } from './mrkdwn.ts';
import { forceWords, guidance } from './no-return-words.ts';
import { refusalWords } from './refusal.ts';
import { versionOf } from './version.ts';

/** What the answers need to know of this installation. */
export interface AnswerView {
  readonly sign: Signer['sign'];
  /** `/rollout`: written before each copyable line. */
  readonly command: string;
  readonly nameOf: (user: string) => string | undefined;
  /** The channel that a namespace is bound to. */
  readonly channelOf?: ((namespace: string) => string | undefined) | undefined;
  /** The namespaces that are bound to a channel. */
  readonly namespacesOf?: ((channel: string) => readonly string[]) | undefined;
}

interface LineButton {
  readonly text: string;
  readonly line: string;
  readonly isConfirmed?: boolean;
}

/** One short answer to one person, with at most five buttons that run a line each. */
export function say(view: AnswerView, words: Mrkdwn, buttons: readonly LineButton[] = []): Message {
  const blocks: MessageBlock[] = [section('words', words)];
  const elements = lineActionIds.flatMap((id, index) => {
    const choice = buttons[index];
    if (choice === undefined) return [];
    const value = view.sign({ kind: 'line', line: choice.line, isConfirmed: choice.isConfirmed ?? false });
    return [button(id, value, { text: plainLine(choice.text), label: plainLine(choice.text) })];
  });
  if (elements.length > 0) blocks.push(actions('lines', elements));
  return { text: fallback(words), blocks };
}

/** `print` writes entities as Slack does; a button's label is plain text. */
function plainLine(line: string): string {
  return line.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

export function copyable(view: AnswerView, line: string): Mrkdwn {
  return code(`${view.command} ${line}`.trim());
}

/** What an operation answered, as a message. */
export function renderAnswer(
  { view, linkTo }: { readonly view: AnswerView; readonly linkTo: (card: CardPlace) => string | undefined },
  command: Command,
  answer: Answer,
): Message {
  if (!answer.done) return renderRefusal(view, command, answer);
  return renderDone(view, command, answer, answer.card === undefined ? undefined : linkTo(answer.card));
}

/** Asked, not done: the card says "promoted by Dana" only after the engine confirms. */
function renderDone(view: AnswerView, wish: Command, done: Done, link: string | undefined): Message {
  // A start and an undo make a revision of its own: its card is not there yet, and the last one's would mislead.
  const isNewCard = wish.verb === 'start' || wish.verb === 'undo';
  const isAlone = done.facts.alone === 'true';
  const card = link === undefined || isNewCard ? 'Its card appears in the channel.' : `<${link}|See the card>.`;
  const where = isAlone ? 'Who and why stand on it.' : card;
  const target = `${quote(done.target.namespace ?? '', 63)}/${quote(done.target.name, 100)}`;
  if (done.facts.became === 'freeze') return renderFrozen(view, wish, done, where);
  const { git } = done.facts;
  const note = git === undefined ? '' : ` Git still asks for ${quote(versionOf(git), 60)}.`;
  const answer = say(view, `Asked: ${wish.verb} ${target}${factWords(done.facts)}. ${where}${note}`);
  return { ...answer, blocks: [...answer.blocks, ...reasonBlocks(view, wish, done)] };
}

/** An abort was asked for, and going back is not safe: what was done instead, and what to do. */
function renderFrozen(view: AnswerView, wish: Command, { target, facts }: Done, where: Mrkdwn): Message {
  const name = `${quote(target.namespace ?? '', 63)}/${quote(target.name, 100)}`;
  const words = guidance({ what: facts.point ?? '', stable: undefined });
  const lines = [`Frozen, not aborted: ${name}. ${where}`, words, forceWords(view.command, target)];
  const resume = print({ verb: 'resume', target: wish.target ?? target });
  return say(view, [...lines, `When it is safe to go on: ${copyable(view, resume)}`].join('\n'));
}

/** What lowers risk is done without a reason, which is asked for now. */
function reasonBlocks(view: AnswerView, wish: Command, { target, revision }: Done): readonly MessageBlock[] {
  const about = explainedVerbs.find((verb) => verb === wish.verb);
  const { namespace, name } = target;
  if (about === undefined || wish.reason !== undefined || revision === undefined || namespace === undefined) return [];
  const value = view.sign({ kind: 'reason', about, namespace, name, revision });
  const label = `Add the reason of this ${about}`;
  return [
    reasonInput({ isOptional: true }),
    actions('why', [button(addReasonActionId, value, { text: 'Add reason', label })]),
  ];
}

function factWords(facts: Done['facts']): Mrkdwn {
  const parts: Mrkdwn[] = [];
  if (facts.image !== undefined) parts.push(quote(facts.image.split(' ').map(versionOf).join(', '), 100));
  if (facts.revision !== undefined) parts.push(`rev ${quote(facts.revision, 10)}`);
  if (facts.toPercent !== undefined) parts.push(`to ${quote(facts.toPercent, 10)} %`);
  if (facts.by !== undefined) parts.push(`already asked by ${quote(facts.by, 60)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** No: what was read, why it cannot be, what would work. */
export function renderRefusal(view: AnswerView, wish: Command, refusal: Refusal): Message {
  const { why, works, buttons } = refusalWords(refusal, wish);
  const short = wish.reason === undefined ? wish : { ...wish, reason: truncate(wish.reason, 60) };
  const read = wish.verb === 'mine' ? '' : `Not done: ${copyable(view, print(short))}\n`;
  const lines = works.filter((line) => line !== print(wish)).map((line) => copyable(view, line));
  const { channel, namespace = '' } = refusal.facts;
  const bound =
    refusal.reason === 'unboundChannel' || refusal.facts.isUnbound === 'true'
      ? (channel ?? view.channelOf?.(namespace))
      : undefined;
  const instead = bound !== undefined && /^[CG][A-Z0-9]+$/.test(bound) ? ` Ask in <#${bound}>.` : '';
  const would = lines.length === 0 ? '' : `\nWhat would work: ${lines.join(' or ')}`;
  const answer = say(view, `${read}${capital(why)}${instead}${would}`, buttons);
  const wantsReason = refusal.reason === 'otherRepository' || (refusal.reason === 'gitOwned' && buttons.length > 0);
  if (!wantsReason) return answer;
  // Foreign images, and what is set against Git, want a reason: it is written here, beside the button.
  const [head, ...rest] = answer.blocks;
  const input = reasonInput({ isOptional: false, initial: wish.reason });
  return head === undefined ? answer : { ...answer, blocks: [head, input, ...rest] };
}

const problems: Readonly<Record<Problem, (word: string, parsed: Extract<Parsed, { kind: 'unclear' }>) => Mrkdwn>> = {
  unknownVerb: (word) => `I do not know the word ${code(word)}.`,
  verbSecond: () => 'The verb comes first.',
  missingVerb: () => 'Do you want to start that?',
  extraWord: (word) => `I did not understand ${code(word)}.`,
  unknownFlag: (word, { verb }) => `Unknown flag ${code(word)}; ${verb ?? 'it'} takes ${flagsOf(verb)}.`,
  flagNeedsValue: (word) => `${code(word)} needs a value.`,
  flagTakesNoValue: (word) => `${code(word)} takes no value.`,
  flagTwice: (word) => `${code(word)} is there twice.`,
  twoNamespaces: (word) => `${code(word)} names two namespaces.`,
  badName: (word) => `${code(word)} cannot be the name of a rollout.`,
  badImage: (word) => `${code(word)} is no image: a tag (2.0.0), repo:tag or sha256:… is.`,
  imageTwice: (word) => `${code(word)}: one container cannot get two images.`,
  badRevision: (word) => `${code(word)} is no revision number.`,
  badDuration: (word) => `${code(word)} is no length of time up to 7 days: 30m, 1h, 2d are.`,
  promoteToWeight: () => 'Weights come from the plan; promote goes to the next one.',
};

export function flagsOf(verb: VerbName | undefined): string {
  const flags: readonly string[] = verb === undefined ? [] : verbs[verb].flags;
  return flags.length === 0 ? 'none' : flags.map((flag) => `--${flag}`).join(', ');
}

/** Not understood: what was read, and a line that would work; typos are suggested, never run. */
export function renderUnclear(view: AnswerView, parsed: Extract<Parsed, { kind: 'unclear' }>): Message {
  const word = quote(parsed.word, 80);
  const words = problems[parsed.problem](word, parsed);
  const read = `I read ${code(quote(parsed.text, 200))}. `;
  if (parsed.suggestion === undefined) return say(view, `${read}${words}`, [{ text: 'Help', line: 'help' }]);
  const asked = `${read}${words} Did you mean ${copyable(view, parsed.suggestion)}?`;
  const help = parsed.problem === 'unknownVerb' ? [{ text: 'Help', line: 'help' }] : [];
  return say(view, asked, [{ text: capital(parsed.suggestion), line: parsed.suggestion }, ...help]);
}

/** `promote checkout 50%`: the plan's weights, and what promote would do. */
export function renderPlanWeights(view: AnswerView, delivery: Delivery, wanted: string): Message {
  if (delivery.blueGreen !== undefined) return renderNoWeights(view, delivery, wanted);
  const plan = delivery.weights.map((weight) => formatPercent(weight.percent)).join('-');
  const next = delivery.nextPercent ?? delivery.weights.find((weight) => weight.state === 'ahead')?.percent;
  const target = { namespace: delivery.namespace, name: delivery.name };
  const nextWords = next === undefined ? '' : ` Next is ${formatPercent(next)}.`;
  return say(view, `${code(quote(wanted, 10))} is not asked for: weights come from the plan ${plan}.${nextWords}`, [
    {
      text: next === undefined ? 'Promote' : `Promote to ${formatPercent(next)}`,
      line: print({ verb: 'promote', target }),
    },
    { text: 'Finish', line: print({ verb: 'finish', target }) },
  ]);
}

function renderNoWeights(view: AnswerView, { namespace, name }: Delivery, wanted: string): Message {
  const target = { namespace, name };
  const words = `${code(quote(wanted, 10))} is not asked for: blue-green has no weights, it gives all requests over at once.`;
  return say(view, words, [
    { text: 'Promote', line: print({ verb: 'promote', target }) },
    { text: 'Finish', line: print({ verb: 'finish', target }) },
  ]);
}

const strangers: Readonly<Record<IdentityProblem, Mrkdwn>> = {
  bot: 'Bots and apps do not move rollouts here. Nothing was done.',
  deleted: 'This account is deactivated. Nothing was done.',
  stranger: 'You belong to another workspace: only members of this one may ask. Nothing was done.',
  guest: 'Guests may look, not change anything. Nothing was done; ask a member of the channel.',
  unreadable: 'I could not ask Slack who you are, so nothing was done. Try again in a moment.',
};

/** Not somebody we act for. */
export function renderStranger(view: AnswerView, problem: IdentityProblem): Message {
  return say(view, strangers[problem]);
}
