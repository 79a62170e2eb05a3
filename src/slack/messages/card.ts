import type { Delivery } from '../../rollout/index.ts';
import type { Signer } from '../actions/signed-value.ts';
import { context, header, type Message, type MessageBlock, section } from './blocks.ts';
import { cardActions } from './card-actions.ts';
import { cardBody, isGoingBack, isIdle } from './card-body.ts';
import { chartBlock } from './chart-block.ts';
import { gitLine } from './git-words.ts';
import { headline, headlineText } from './headline.ts';
import { date, type Mrkdwn, quote } from './mrkdwn.ts';
import { canaryVersion } from './version.ts';

export interface CardView {
  readonly sign: Signer['sign'];
  /** `/rollout`: written before each copyable line. */
  readonly command: string;
  /** When this was read: shown as `as of`. */
  readonly asOfMs: number;
  /** `Dana` for a Slack user id or a Kubernetes user; undefined: shown as it is. */
  readonly nameOf: (user: string) => string | undefined;
  /** False where this workspace refused the chart block: a sparkline instead. */
  readonly hasCharts: boolean;
  /** False in an ephemeral answer: Slack does not say which message a menu belonged to, so its choice could not be bound. */
  readonly hasMenu?: boolean;
}

/** The card of one revision: header · section · actions · one chart · context. Everything else is in the thread or behind Why. */
export function renderCard(delivery: Delivery, view: CardView): Message {
  const chart = isIdle(delivery) ? undefined : chartBlock(delivery.series);
  const actions = cardActions(delivery, view.sign, view.hasMenu ?? true);
  const foot = footer(delivery, view);
  const blocks: MessageBlock[] = [
    header('head', headline(delivery)),
    section('body', cardBody(delivery, view.hasCharts, foot)),
  ];
  if (actions !== undefined) blocks.push(actions);
  if (chart !== undefined && view.hasCharts) blocks.push(chart);
  blocks.push(context('foot', foot));
  return { text: headlineText(delivery), blocks };
}

function footer(delivery: Delivery, view: CardView): Mrkdwn {
  const parts = [`rev ${delivery.revision}`];
  const begin = beginWords(delivery, view);
  if (begin !== undefined) parts.push(begin);
  const approvers = delivery.approvals?.by.slice(0, 2).map((user) => nameIn(view, user)) ?? [];
  const { runBy, rolling } = delivery;
  const part = rolling === undefined ? 'run by' : 'measured by';
  if (runBy !== undefined && runBy.silentSinceMs === undefined) parts.push(`${part} ${quote(runBy.name, 40)}`);
  if (approvers.length > 0) parts.push(`approved by ${approvers.join(', ')}`);
  parts.push(`as of ${date(view.asOfMs, '{time_secs}')}`);
  const asksFor =
    isGoingBack(delivery) && delivery.rolling === undefined
      ? `The Rollout still asks for ${quote(canaryVersion(delivery), 40)}`
      : undefined;
  const last = silence(delivery) ?? gitLine(delivery) ?? asksFor;
  return [parts.join(' · '), ...(last === undefined ? [] : [last])].join('\n');
}

/** Of what is over nothing has to move any more. */
function silence({ runBy, state, rolling }: Delivery): Mrkdwn | undefined {
  const isOver = state === 'live' || state === 'rolledBack' || state === 'superseded';
  if (runBy?.silentSinceMs === undefined || isOver) return undefined;
  return `*${quote(runBy.name, 40)} is silent* since ${date(runBy.silentSinceMs, '{time}')}: nothing ${rolling === undefined ? 'moves' : 'is measured'}`;
}

/** `started by Dana`, or of a way back `undone to 1.4.2 by Dana`. */
function beginWords({ startedBy, isUndo, ...delivery }: Delivery, view: CardView): Mrkdwn | undefined {
  const did = isUndo ? `undone to ${quote(canaryVersion(delivery), 40)}` : 'started';
  if (startedBy === undefined) return isUndo ? did : undefined;
  return `${did} by ${nameIn(view, startedBy)}`;
}

function nameIn(view: CardView, user: string): Mrkdwn {
  return quote(view.nameOf(user) ?? accountName(user), 32);
}

/** `ci/releases` of `system:serviceaccount:ci:releases`. */
function accountName(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return name === undefined ? user : `${namespace}/${name}`;
}
