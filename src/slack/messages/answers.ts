import { formatPercent } from '../../lib/index.ts';
import type { Answer, CardPlace, Done, Person, Refusal, Target } from '../../operations/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { type ActActionId, lineActionIds } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import type { Command, Parsed, Problem } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { type NowVerb, type VerbName, verbNamed, verbNames, verbs } from '../commands/verbs.ts';
import type { IdentityProblem } from '../identity.ts';
import { actions, button, fallback, type Message, type MessageBlock, section } from './blocks.ts';
import { actButton } from './card-actions.ts';
import { headlineText } from './headline.ts';
import { capital, code, escapeText, type Mrkdwn, quote, truncate } from './mrkdwn.ts';
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

function copyable(view: AnswerView, line: string): Mrkdwn {
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
  const where = link === undefined || isNewCard ? 'Its card appears in the channel.' : `<${link}|See the card>.`;
  const target = `${quote(done.target.namespace ?? '', 63)}/${quote(done.target.name, 100)}`;
  const { git } = done.facts;
  const note = git === undefined ? '' : ` Git still asks for ${quote(versionOf(git), 60)}.`;
  return say(view, `Asked: ${wish.verb} ${target}${factWords(done.facts)}. ${where}${note}`);
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
  const bound = refusal.reason === 'unboundChannel' ? (channel ?? view.channelOf?.(namespace)) : undefined;
  const instead = bound !== undefined && /^[CG][A-Z0-9]+$/.test(bound) ? ` Ask in <#${bound}>.` : '';
  const would = lines.length === 0 ? '' : `\nWhat would work: ${lines.join(' or ')}`;
  return say(view, `${read}${capital(why)}${instead}${would}`, buttons);
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

function flagsOf(verb: VerbName | undefined): string {
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

/** A verb that comes later: nothing was done, and what works today instead. */
export function renderLater(
  view: AnswerView,
  { what }: Extract<Parsed, { kind: 'later' }>,
  target: Target | undefined,
): Message {
  const { about, instead = '' } = verbNamed(what);
  const name = target === undefined ? 'checkout' : print({ verb: 'status', target }).replace(/^status /, '');
  const lines = instead.split(' | ').filter((words) => /^[a-z]+ </.test(words));
  const copies = lines.map((line) => line.replace('<name>', name));
  const works = copies.length === 0 ? instead : copies.map((line) => copyable(view, line)).join(' or ');
  const buttons = target === undefined ? [] : copies.map((line) => ({ text: capital(line), line }));
  const words = `${code(what)} (${about}) comes later. Nothing was done.${works === '' ? '' : `\nWhat works today: ${works}`}`;
  return say(view, words, [...buttons, { text: 'Help', line: 'help' }]);
}

/** A verb whose words are understood and whose answer is still being built. */
export function renderNotYet(view: AnswerView, verb: NowVerb): Message {
  return say(view, `${code(verb)} (${verbs[verb].about}) does not work yet. Nothing was done.`, [
    { text: 'Help', line: 'help' },
  ]);
}

export function renderPlainDeployment(
  view: AnswerView,
  { name }: Extract<Parsed, { kind: 'plainDeployment' }>,
): Message {
  return say(
    view,
    `${code(quote(`deploy/${name}`, 120))} is a plain Deployment: those come later; today I run Rollouts (argoproj.io/v1alpha1). Nothing was done.`,
  );
}

const maxListed = 20;

/** One line per rollout, moving ones first as they come. */
export function renderList(view: AnswerView, deliveries: readonly Delivery[], namespace?: string): Message {
  const where = namespace === undefined ? '' : ` in ${quote(namespace, 63)}`;
  if (deliveries.length === 0)
    return say(view, `There is no rollout${where} that you may see. \`whoami\` and a RoleBinding change that.`);
  const lines = deliveries.slice(0, maxListed).map((delivery) => listLine(delivery));
  if (deliveries.length > maxListed) lines.push(`+${deliveries.length - maxListed} more`);
  return say(view, lines.join('\n'));
}

function listLine(delivery: Delivery): Mrkdwn {
  return `${headlineText(delivery)} · ${quote(delivery.namespace, 63)}`;
}

/** Nothing typed: what is mine and moves, and what waits for a person; else the words to begin with. */
export function renderMine(view: AnswerView, mine: readonly Delivery[]): Message {
  if (mine.length === 0) {
    const lines = (['start', 'status', 'list', 'abort', 'help'] as const).map(
      (verb) => `${copyable(view, verbs[verb].usage)}  ${verbs[verb].about}`,
    );
    return say(view, `Nothing of yours is moving. To begin with:\n${lines.join('\n')}`);
  }
  return say(
    view,
    mine
      .slice(0, maxListed)
      .map((delivery) => listLine(delivery))
      .join('\n'),
  );
}

/** `abort` without a name: one button each, newest first. */
export function renderWhich(view: AnswerView, action: ActActionId, deliveries: readonly Delivery[]): Message {
  if (deliveries.length === 0)
    return say(
      view,
      `Which one? Nothing of yours or of this channel is moving. ${copyable(view, verbs[action].usage)}`,
    );
  const blocks: MessageBlock[] = [section('words', `Which one to ${action}?`)];
  for (const [index, delivery] of deliveries.slice(0, 5).entries()) {
    blocks.push({
      ...section(`which-${index}`, listLine(delivery)),
      accessory: actButton(action, delivery, view.sign, true),
    });
  }
  return { text: `Which one to ${action}?`, blocks };
}

/** A verb that no button acts for, without a name: the lines it would be, one button each. */
export function renderWhichLine(view: AnswerView, command: Command, deliveries: readonly Delivery[]): Message {
  if (command.verb === 'mine') return say(view, 'Which one?');
  if (deliveries.length === 0)
    return say(view, `Which one? There is none that you may see. ${copyable(view, verbs[command.verb].usage)}`);
  const lines = deliveries.slice(0, 5).map(({ namespace, name }) => print({ ...command, target: { namespace, name } }));
  return say(
    view,
    `Which one to ${command.verb}?`,
    lines.map((line) => ({ text: capital(line), line })),
  );
}

/** How Kubernetes knows this person, and the line that an admin needs. */
export function renderWhoami(view: AnswerView, person: Person): Message {
  const groups = person.groups.map((group) => code(quote(group, 80))).join(', ');
  const group = person.groups.find((name) => name !== 'slack:members') ?? 'slack:members';
  const binding = `kubectl -n <namespace> create rolebinding ${group.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-deployer --clusterrole=stepwise-deployer --group=${group}`;
  return say(view, `User ${code(person.user)} · Groups ${groups}\nFor example:\n${code(quote(binding, 400))}`);
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

/** Generated from the verb table. */
export function renderHelp(view: AnswerView, about: VerbName | undefined): Message {
  if (about !== undefined) {
    const verb = verbNamed(about);
    const also = verb.aliases.length === 0 ? '' : `\nAlso: ${verb.aliases.join(', ')}`;
    const flags = verb.flags.length === 0 ? '' : `\nTakes: ${flagsOf(about)}`;
    const reason = verb.needsReason === true ? '\nNeeds a reason: `because …`' : '';
    const when = { now: '', soon: '\nDoes not work yet.', later: '\nComes later.' }[verb.when];
    return say(view, `${copyable(view, verb.usage)}\n${capital(verb.about)}.${also}${flags}${reason}${when}`);
  }
  const now = verbNames.filter((name) => verbNamed(name).when === 'now');
  const lines = now.map((name) => `${copyable(view, verbs[name].usage)}  ${verbs[name].about}`);
  const later = verbNames.filter((name) => verbNamed(name).when !== 'now').join(' ');
  return say(
    view,
    `${lines.join('\n')}\nA name is \`name\` or \`namespace/name\`; a reason follows \`because\`. In a card's thread, mention me and leave the name out.\nLater: ${escapeText(later)}`,
  );
}
