import type { History, RecentChange, RecentChanges, Revision, Startable } from '../../operations/index.ts';
import { printDuration } from '../commands/duration.ts';
import { print } from '../commands/print.ts';
import { type AnswerView, copyable, say } from './answers.ts';
import type { Message } from './blocks.ts';
import { date, type Mrkdwn, quote } from './mrkdwn.ts';
import { eventWords } from './notice.ts';
import { versionOf } from './version.ts';

/** What `history`, `changes` and `where` answer: lists to read, to the person alone. */
const maxLines = 20;

const outcomes: Readonly<Record<Revision['outcome'], Mrkdwn>> = {
  live: '🟢 *live*',
  underWay: '🟡 under way',
  wasLive: '⚪ was live',
  aborted: '⛔ aborted',
  rolledBack: '🔴 rolled back',
  notVerified: '🔴 went back, not verified',
  superseded: '⚪ superseded before it was live',
  invalidSpec: '⛔ invalid spec',
  unknown: '⚪ not recorded',
};

/** One line per revision, newest first: image, who, when, outcome. */
export function renderHistory(view: AnswerView, { target, revisions }: History): Message {
  const name = `${quote(target.namespace, 63)}/${quote(target.name, 100)}`;
  if (revisions.length === 0) return say(view, `${name} has no revision yet.`);
  const lines = revisions.slice(0, maxLines).map((one) => revisionLine(view, one));
  const back = revisions.find(({ outcome, isKept }) => outcome === 'wasLive' && isKept);
  if (back === undefined) return say(view, `*${name}*\n${lines.join('\n')}`);
  const undo = print({ verb: 'undo', target, toRevision: back.revision });
  return say(view, `*${name}*\n${lines.join('\n')}\nBack to one of them: ${copyable(view, undo)}`, [
    { text: `Undo to ${back.revision}`, line: undo },
  ]);
}

function revisionLine(view: AnswerView, one: Revision): Mrkdwn {
  const parts: Mrkdwn[] = [`rev ${one.revision} *${quote(versionOf(one.image), 60)}*`, outcomes[one.outcome]];
  if (one.by !== undefined) parts.push(`by ${nameOf(view, one.by)}`);
  if (one.startedAtMs !== undefined) parts.push(date(one.startedAtMs, '{ago}'));
  // Undo needs its ReplicaSet: Kubernetes keeps as many as revisionHistoryLimit says.
  if (!one.isKept) parts.push('not kept');
  return parts.join(' · ');
}

/** One line per revision that moved: what it came to last, when, and who began it. */
export function renderChanges(
  view: AnswerView,
  { changes, more }: RecentChanges,
  { lastMs, namespace }: { readonly lastMs: number; readonly namespace?: string | undefined },
): Message {
  const span = `in the last ${lastMs === 3_600_000 ? 'hour' : printDuration(lastMs)}${namespace === undefined ? '' : ` in ${quote(namespace, 63)}`}`;
  if (changes.length === 0) return say(view, `Nothing that you may see moved ${span}.`);
  const lines = changes.slice(0, maxLines).map((change) => changeLine(view, change));
  const left = changes.length - lines.length + more;
  if (left > 0) lines.push(`+${left} more; \`-n shop\` shows one namespace`);
  return say(view, `*Moved ${span}*\n${lines.join('\n')}`);
}

/** One revision that moved: what it came to last, when, and who began it. */
export function changeLine(view: AnswerView, change: RecentChange): Mrkdwn {
  const { last } = change;
  const what = `${quote(change.namespace, 63)}/${quote(change.name, 100)} *${quote(versionOf(change.image), 60)}*`;
  const did = eventWords(last.event) ?? quote(last.event, 40);
  const who = last.by ?? change.startedBy;
  const by = who === undefined ? '' : ` · ${last.by === undefined ? 'started by' : 'by'} ${nameOf(view, who)}`;
  const text = last.text === '' ? '' : ` · _${quote(last.text, 120)}_`;
  return `${date(last.atMs, '{time}')} ${what} ${did}${by}${text}`;
}

const maxNames = 12;

/** What may be started, by the channel it is asked in. */
export function renderWhere(view: AnswerView, places: readonly Startable[], here: string): Message {
  if (places.length === 0)
    return say(
      view,
      `There is nothing that you may start. ${copyable(view, 'whoami')} shows the RoleBinding to ask for.`,
    );
  const lines = places.slice(0, maxLines).map(({ namespace, rollouts, channel }) => {
    const names = rollouts
      .slice(0, maxNames)
      .map(({ name, isMoving }) => `${quote(name, 100)}${isMoving ? ' (under way)' : ''}`);
    if (rollouts.length > maxNames) names.push(`+${rollouts.length - maxNames} more`);
    return `*${quote(namespace, 63)}*: ${names.join(', ')} · ${placeWords(channel, here)}`;
  });
  if (places.length > maxLines) lines.push(`+${places.length - maxLines} more namespaces`);
  const first = places.find(({ channel }) => channel === here && channel !== '')?.rollouts[0] ?? places[0]?.rollouts[0];
  const example = first === undefined ? '' : `\nFor example ${copyable(view, `start ${first.name} <image>`)}`;
  return say(view, `${lines.join('\n')}${example.replaceAll('<image>', '2.0.0')}`);
}

function placeWords(channel: string | undefined, here: string): Mrkdwn {
  if (channel === undefined) return 'no channel is bound to it: a DeliveryPolicy in that namespace binds one';
  if (channel === here) return 'here';
  return /^[CG][A-Z0-9]+$/.test(channel) ? `in <#${channel}>` : `in ${quote(channel, 80)}`;
}

function nameOf(view: AnswerView, user: string): Mrkdwn {
  return quote(view.nameOf(user) ?? user, 60);
}
