import { formatPercent } from '../../lib/index.ts';
import type { MessagePlace, Notice, NoticeEvent } from '../../notifications/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import type { ActActionId } from '../actions/action-ids.ts';
import { actions, type Message, type MessageBlock, section } from './blocks.ts';
import type { CardView } from './card.ts';
import { actButton } from './card-actions.ts';
import { subject } from './headline.ts';
import { guiltyLines, metricLines } from './metric-words.ts';
import { date, escapeText, type Mrkdwn, quote } from './mrkdwn.ts';
import { forceWords, guidance } from './no-return-words.ts';
import { clusterWords } from './place-words.ts';
import { canaryVersion, versionOf } from './version.ts';

/** What is told for each event. `does` follows the subject, where nobody or somebody did it. */
const told: Readonly<Record<NoticeEvent, { readonly mark: string; readonly does: string; readonly by: string }>> = {
  started: { mark: '🚀', does: 'started', by: 'started' },
  stepReached: { mark: '▸', does: 'moved on', by: 'moved on' },
  gateReached: { mark: '🔵', does: 'waits for you', by: 'waits for you' },
  promoted: { mark: '⏩', does: 'was promoted', by: 'promoted' },
  skipped: { mark: '⏭️', does: 'skipped a step', by: 'skipped a step of' },
  finished: { mark: '⏩', does: 'goes to 100 % without the rest of its plan', by: 'finished' },
  paused: { mark: '⏸️', does: 'was paused', by: 'paused' },
  resumed: { mark: '▶️', does: 'goes on', by: 'resumed' },
  retried: { mark: '🔁', does: 'starts again', by: 'retried' },
  restarted: { mark: '🔄', does: 'restarts its pods', by: 'restarted the pods of' },
  reasonGiven: { mark: '💬', does: 'has a reason', by: 'said why, about' },
  undone: { mark: '↩️', does: 'was undone', by: 'undid' },
  inconclusive: { mark: '🟠', does: 'is inconclusive and waits for you', by: 'is inconclusive and waits for you' },
  frozen: { mark: '🧊', does: 'is frozen behind its point of no return and waits for you', by: 'froze' },
  watchRaised: { mark: '👀', does: 'is to be watched; nothing was decided', by: 'is to be watched' },
  aborted: { mark: '⛔', does: 'was aborted', by: 'aborted' },
  rolledBack: { mark: '🔴', does: 'rolled back, and the way back was seen', by: 'rolled back' },
  notVerified: { mark: '🔴', does: 'went back, but that was not seen in time', by: 'went back' },
  notUndone: { mark: '🔴', does: 'should go back and is not undone', by: 'should go back and is not undone' },
  live: { mark: '🟢', does: 'is live', by: 'is live' },
  invalidSpec: { mark: '⛔', does: 'has an invalid spec: nothing was changed', by: 'wrote an invalid spec for' },
  stalled: { mark: '🟠', does: 'makes no progress, still trying', by: 'makes no progress' },
  superseded: { mark: '⚪', does: 'was superseded by another revision', by: 'superseded' },
  fieldPutBack: { mark: '⚠️', does: 'had a field put back by someone else', by: 'put a field back on' },
};

/** `🟢 is live`: what an event of a record means; undefined for words that are no event of ours. */
export function eventWords(event: string): Mrkdwn | undefined {
  const words = Object.entries(told).find(([known]) => known === event)?.[1];
  return words === undefined ? undefined : `${words.mark} ${words.does}`;
}

/** Events that a person's name makes the subject of: "Dana promoted checkout 2.0.0". */
const peopleDo: ReadonlySet<NoticeEvent> = new Set([
  'started',
  'promoted',
  'skipped',
  'finished',
  'paused',
  'resumed',
  'retried',
  'restarted',
  'reasonGiven',
  'undone',
  'aborted',
  'frozen',
  'invalidSpec',
  'fieldPutBack',
]);

/** One reply in the card's thread. Broadcasts are new messages, so they may mention; edits would not notify anybody. */
export function renderNotice(delivery: Delivery, notice: Notice, view: CardView): Message {
  if (notice.decided !== undefined) return renderDecided(delivery, notice, notice.decided, view);
  const sentence = noticeSentence(delivery, notice, view);
  const mention = notice.weight === 'needsHuman' ? mentionOf(delivery) : '';
  const lines = [`${sentence}${mention} · ${date(notice.atMs, '{time_secs}')}`];
  if (notice.text !== '' && notice.event !== 'stepReached') lines.push(`_${quote(notice.text, 400)}_`);
  lines.push(...evidence(delivery, notice), ...noReturnLines(delivery, notice, view));
  const blocks: MessageBlock[] = [section('line', lines.join('\n'))];
  const buttons = noticeButtons(delivery, notice);
  if (buttons.length > 0)
    blocks.push(
      actions(
        'act',
        buttons.map((action) => actButton(action, delivery, view.sign)),
      ),
    );
  return { text: sentence, blocks };
}

/** How a question reads once it was answered. */
const asked: Readonly<Partial<Record<NoticeEvent, string>>> = {
  gateReached: 'waited for you',
  inconclusive: 'was inconclusive and waited for you',
  frozen: 'was frozen behind its point of no return',
};

const decisions: Readonly<Partial<Record<NoticeEvent, string>>> = {
  promoted: 'promoted',
  skipped: 'skipped',
  finished: 'taken to 100 % without the rest of its plan',
  resumed: 'goes on',
  aborted: 'aborted',
  rolledBack: 'rolled back',
  superseded: 'superseded by another revision',
};

/** A question that was answered: what was decided, and by whom. The measurements of then stay in the thread. */
function renderDecided(
  delivery: Delivery,
  notice: Notice,
  decided: NonNullable<Notice['decided']>,
  view: CardView,
): Message {
  const isSwitch = decided.event === 'finished' && delivery.blueGreen !== undefined;
  const decision = isSwitch ? 'taken to active without the rest of its plan' : decisions[decided.event];
  const what = decision ?? 'it went on';
  const by = decided.by === undefined ? '' : ` by ${quote(view.nameOf(decided.by) ?? decided.by, 60)}`;
  const words = `${asked[notice.event] ?? told[notice.event].does}: ${what}${by}`;
  const sentence = `${told[notice.event].mark} ${boldSubject(delivery)} ${words}`;
  return { text: sentence, blocks: [section('line', `${sentence} · ${date(decided.atMs, '{time_secs}')}`)] };
}

function noticeSentence(delivery: Delivery, notice: Notice, view: CardView): Mrkdwn {
  const words = told[notice.event];
  const what = boldSubject(delivery);
  // A step's words are the weight that it reached.
  if (notice.event === 'stepReached' && notice.text !== '') return `${words.mark} ${what} ${quote(notice.text, 60)}`;
  const by = notice.by === undefined ? undefined : quote(view.nameOf(notice.by) ?? notice.by, 60);
  if (notice.event === 'undone') return `${words.mark} ${undoneWords(delivery)}${by === undefined ? '' : ` by ${by}`}`;
  const gate = notice.event === 'gateReached' && delivery.nextPercent !== undefined;
  const to = gate ? `: promote to ${formatPercent(delivery.nextPercent ?? 0)} %?` : '';
  const isSwitch = notice.event === 'finished' && delivery.blueGreen !== undefined;
  const does = isSwitch ? 'goes active without the rest of its plan' : words.does;
  if (by === undefined || !peopleDo.has(notice.event)) return `${words.mark} ${what} ${does}${to}`;
  return `${words.mark} ${by} ${words.by} ${what}`;
}

function boldSubject(delivery: Delivery): Mrkdwn {
  return `*${escapeText(subject(delivery, 120).replaceAll('*', ''))}*${clusterWords(delivery)}`;
}

/** The revision is a way back: its version is where it goes to, not what was undone. */
function undoneWords(delivery: Delivery): Mrkdwn {
  return `*${quote(delivery.name, 80)}* undone to *${quote(canaryVersion(delivery), 60)}*${clusterWords(delivery)}`;
}

/** Mentions whoever started it: they can act now. Once per request, and only of a Slack user. */
function mentionOf(delivery: Delivery): Mrkdwn {
  const id = slackIdOf(delivery.startedBy);
  return id === undefined ? '' : ` <@${id}>`;
}

/** `U012AB` of `slack:U012AB`, `stepwise-U012AB` or the bare id. */
export function slackIdOf(user: string | undefined): string | undefined {
  return /^(?:slack:|stepwise-(?:slack[:-])?)?([UW][A-Z0-9]{2,20})$/.exec(user ?? '')?.[1];
}

function evidence(delivery: Delivery, notice: Notice): readonly Mrkdwn[] {
  if (notice.event === 'gateReached' || notice.event === 'inconclusive') return metricLines(delivery.metrics, 3);
  const isBack = ['rolledBack', 'notVerified', 'notUndone', 'aborted'].includes(notice.event);
  return isBack && delivery.guilty !== undefined ? guiltyLines(delivery.guilty) : [];
}

/** Whoever is called to a frozen rollout, or sees one that went back all the same, is told what that means. */
function noReturnLines(delivery: Delivery, { event }: Notice, { command }: CardView): readonly Mrkdwn[] {
  const { noReturn, fromImage, namespace, name } = delivery;
  if (event === 'frozen' && noReturn?.at === 'passed') {
    const stable = fromImage === undefined ? undefined : versionOf(fromImage);
    return [guidance({ what: noReturn.what, stable }), forceWords(command, { namespace, name })];
  }
  if ((event !== 'aborted' && event !== 'undone') || noReturn?.at !== 'goneBack') return [];
  return [
    `⚠️ It went back past its point of no return, ${quote(noReturn.what, 120)}: see that the version that serves now works with what was migrated.`,
  ];
}

/** Buttons only where the message itself is the question, and only while the question is open. */
function noticeButtons(delivery: Delivery, notice: Notice): readonly ActActionId[] {
  const back = delivery.noReturn?.at === 'passed' ? 'pause' : 'abort';
  if (notice.event === 'gateReached' && delivery.state === 'gate') return ['promote', back];
  if (notice.event === 'inconclusive' && delivery.state === 'inconclusive') return [back, 'promote'];
  if (notice.event === 'frozen' && delivery.state === 'frozen')
    return [delivery.noReturn?.heldBy === 'person' ? 'resume' : 'promote'];
  return [];
}

/** `https://acme.slack.com/archives/C1/p1700000000000100` */
export function permalink(teamUrl: string, place: MessagePlace): string | undefined {
  if (!/^https?:\/\/[^\s<>|"]+$/.test(teamUrl) || !/^\d+\.\d+$/.test(place.ts)) return undefined;
  return `${teamUrl.replace(/\/+$/, '')}/archives/${encodeURIComponent(place.channel)}/p${place.ts.replace('.', '')}`;
}
