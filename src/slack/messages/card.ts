import { assertNever, formatDuration, formatPercent } from '../../lib/index.ts';
import type { Delivery, VerificationCheck } from '../../rollout/index.ts';
import type { Signer } from '../actions/signed-value.ts';
import { context, header, type Message, type MessageBlock, section } from './blocks.ts';
import { cardActions } from './card-actions.ts';
import { chartBlock, sparkline } from './chart-block.ts';
import { gitLine } from './git-words.ts';
import { headline, headlineText } from './headline.ts';
import { guiltyLines, metricLines } from './metric-words.ts';
import { date, type Mrkdwn, quote } from './mrkdwn.ts';
import { canaryVersion, versionOf } from './version.ts';

export interface CardView {
  readonly sign: Signer['sign'];
  /** When this was read: shown as `as of`. */
  readonly asOfMs: number;
  /** `Dana` for a Slack user id or a Kubernetes user; undefined: shown as it is. */
  readonly nameOf: (user: string) => string | undefined;
  /** False where this workspace refused the chart block: a sparkline instead. */
  readonly hasCharts: boolean;
  /** False in an ephemeral answer: Slack does not say which message a menu belonged to, so its choice could not be bound. */
  readonly hasMenu?: boolean;
}

const maxMetrics = 3;

/** The card of one revision: header · section · actions · one chart · context. Everything else is in the thread or behind Why. */
export function renderCard(delivery: Delivery, view: CardView): Message {
  const chart = mayChart(delivery) ? chartBlock(delivery.series) : undefined;
  const actions = cardActions(delivery, view.sign, view.hasMenu ?? true);
  const blocks: MessageBlock[] = [
    header('head', headline(delivery)),
    section('body', bodyLines(delivery, view).join('\n')),
  ];
  if (actions !== undefined) blocks.push(actions);
  if (chart !== undefined && view.hasCharts) blocks.push(chart);
  blocks.push(context('foot', footer(delivery, view)));
  return { text: headlineText(delivery), blocks };
}

/** A chart beside 'invalid spec' or of a superseded revision explains nothing. */
function mayChart(delivery: Delivery): boolean {
  return delivery.state !== 'invalidSpec' && delivery.state !== 'superseded';
}

function bodyLines(delivery: Delivery, view: CardView): readonly Mrkdwn[] {
  const isIdle = delivery.state === 'invalidSpec' || delivery.state === 'superseded';
  const share = isIdle ? '' : `${bar(delivery.weightPercent)} *${formatPercent(delivery.weightPercent)} %* · `;
  const lines: Mrkdwn[] = [`${share}${nextEvent(delivery)}`];
  if (isUnderWay(delivery) && delivery.weights.length > 0) lines.push(planLine(delivery));
  if (isGoingBack(delivery)) lines.push(...rollbackLines(delivery));
  else if (!isIdle) lines.push(...metricLines(delivery.metrics, maxMetrics));
  if (delivery.reason !== undefined && showsReason(delivery)) lines.push(`_${reasonWords(delivery, delivery.reason)}_`);
  if (!view.hasCharts && mayChart(delivery)) {
    const line = sparkline(delivery.series);
    if (line !== undefined) lines.push(line);
  }
  lines.push(fromTo(delivery));
  return lines;
}

function isUnderWay(delivery: Delivery): boolean {
  return !['live', 'rolledBack', 'notVerified', 'aborting', 'superseded', 'invalidSpec'].includes(delivery.state);
}

function isGoingBack(delivery: Delivery): boolean {
  return delivery.state === 'aborting' || delivery.state === 'rolledBack' || delivery.state === 'notVerified';
}

/** Argo's own words help where we have no better ones; beside the guilty metric they would say it twice. */
function showsReason(delivery: Delivery): boolean {
  return isGoingBack(delivery) ? delivery.guilty === undefined : delivery.state !== 'live';
}

/** An invalid spec has the room for the whole sentence, and the headline has said whose it is. */
function reasonWords(delivery: Delivery, reason: string): Mrkdwn {
  if (delivery.state !== 'invalidSpec') return quote(reason, 160);
  return quote(reason.replace(/^The Rollout "[^"]*" is invalid: /, ''), 300);
}

/** What ends the present wait. */
function nextEvent(delivery: Delivery): Mrkdwn {
  const ago = delivery.nextAtMs === undefined ? '' : ` ${date(delivery.nextAtMs, '{ago}')}`;
  const ahead = delivery.weights.find((weight) => weight.state === 'ahead');
  const stable = delivery.fromImage === undefined ? 'stable' : quote(versionOf(delivery.fromImage), 30);
  switch (delivery.state) {
    case 'starting':
      return `${delivery.pods.ready} of ${delivery.pods.desired} pods ready`;
    case 'moving':
      return ahead === undefined ? `last weight${ago}` : `next ${formatPercent(ahead.percent)} %${ago}`;
    case 'checking':
      return ago === '' ? 'measuring' : `measures${ago}`;
    case 'gate':
      return delivery.nextPercent === undefined
        ? '*promote?*'
        : `*promote to ${formatPercent(delivery.nextPercent)} %?*`;
    case 'paused':
      return 'paused on request';
    case 'inconclusive':
      return '*abort or promote?*';
    case 'noData':
      return `holding, no data${ago === '' ? '' : `, next try${ago}`}`;
    case 'stalled':
      return `${delivery.pods.ready} of ${delivery.pods.desired} pods ready, still trying`;
    case 'aborting':
      return `going back to ${stable}`;
    case 'rolledBack':
    case 'notVerified':
      return `back on ${stable}`;
    case 'live':
      return liveWords(delivery);
    case 'invalidSpec':
      return 'nothing was changed';
    case 'superseded':
      return 'another revision took its place';
    default:
      return assertNever(delivery.state);
  }
}

function liveWords({ startedAtMs, finishedAtMs }: Delivery): Mrkdwn {
  if (startedAtMs === undefined || finishedAtMs === undefined) return 'all requests';
  return `after ${formatDuration(finishedAtMs - startedAtMs)}`;
}

/** `▓▓▓░░░░░░░`: a share above 0 shows at least one cell, one below 100 never ten. */
function bar(percent: number): string {
  const share = Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : 0;
  const cells = share === 0 || share === 100 ? share / 10 : Math.min(9, Math.max(1, Math.round(share / 10)));
  return '▓'.repeat(cells) + '░'.repeat(10 - cells);
}

/** `10 ✓ · *25* · 50 · 75 · 100`; a long plan shows what is around the present weight. */
function planLine(delivery: Delivery): Mrkdwn {
  const most = 8;
  const current = delivery.weights.findIndex((weight) => weight.state === 'current');
  const done = delivery.weights.filter((weight) => weight.state === 'done').length;
  const centre = current === -1 ? done : current;
  const from = Math.max(0, Math.min(centre - 2, delivery.weights.length - most));
  const shown = delivery.weights.slice(from, from + most).map(({ percent, state }) => {
    const number = formatPercent(percent);
    if (state === 'done') return `${number} ✓`;
    return state === 'current' ? `*${number}*` : number;
  });
  const before = from > 0 ? ['…'] : [];
  const after = from + most < delivery.weights.length ? ['…'] : [];
  return [...before, ...shown, ...after].join(' · ');
}

const checks: Readonly<Record<VerificationCheck, string>> = {
  weightZero: 'weight 0',
  noCanaryRequests: 'no canary requests',
  podsGone: 'canary pods going',
  metricBack: 'metric back',
};

/** Which metric, value, limit; then what of the way back was seen. */
function rollbackLines(delivery: Delivery): readonly Mrkdwn[] {
  const lines: Mrkdwn[] = [];
  if (delivery.guilty !== undefined) lines.push(...guiltyLines(delivery.guilty));
  if (delivery.verification.length > 0) {
    const ticks = delivery.verification.map(({ check, isDone }) => `${isDone ? '✓' : '○'} ${checks[check]}`);
    // Two to a line: on a phone four would break in the middle of one.
    for (let index = 0; index < ticks.length; index += 2) lines.push(ticks.slice(index, index + 2).join(' · '));
  }
  if (delivery.state === 'notVerified') lines.push('*The way back was not seen in time: look at what has no tick.*');
  return lines;
}

/** `1.4.2 → 2.0.0 · shop` */
function fromTo(delivery: Delivery): Mrkdwn {
  const to = quote(canaryVersion(delivery), 24);
  const from = delivery.fromImage === undefined ? '' : `${quote(versionOf(delivery.fromImage), 24)} → `;
  return `${from}${to} · ${quote(delivery.namespace, 30)}`;
}

function footer(delivery: Delivery, view: CardView): Mrkdwn {
  const parts = [`rev ${delivery.revision}`];
  const begin = beginWords(delivery, view);
  if (begin !== undefined) parts.push(begin);
  parts.push(`as of ${date(view.asOfMs, '{time_secs}')}`);
  const git = gitLine(delivery);
  if (git !== undefined) parts.push(git);
  else if (isGoingBack(delivery)) parts.push(`the Rollout still asks for ${quote(canaryVersion(delivery), 40)}`);
  return parts.join(' · ');
}

/** `started by Dana`, or of a way back `undone to 1.4.2 by Dana`. */
function beginWords({ startedBy, isUndo, ...delivery }: Delivery, view: CardView): Mrkdwn | undefined {
  const did = isUndo ? `undone to ${quote(canaryVersion(delivery), 40)}` : 'started';
  if (startedBy === undefined) return isUndo ? did : undefined;
  return `${did} by ${quote(view.nameOf(startedBy) ?? startedBy, 60)}`;
}
