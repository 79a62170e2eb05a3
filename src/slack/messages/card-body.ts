import { assertNever, formatDuration, formatPercent } from '../../lib/index.ts';
import type { Delivery, VerificationCheck } from '../../rollout/index.ts';
import { sparkline } from './chart-block.ts';
import { guiltyLines, metricLines } from './metric-words.ts';
import { date, type Mrkdwn, quote } from './mrkdwn.ts';
import { contextColumns, linesOnPhone } from './phone-lines.ts';
import { isShared, requestWords, whereWords } from './place-words.ts';
import { reasonWords } from './reason-words.ts';
import { canaryVersion, versionOf } from './version.ts';

/** So that the buttons end in the upper half of a phone's screen, and the foot on it. */
const maxPhoneLines = 9;
/** A foot of more lines takes room from the body. */
const usualFootLines = 2;

const maxVersion = 20;

/** How much there is room for: the first that fits is taken. */
const rooms = [
  { metrics: 3, reason: 160 },
  { metrics: 2, reason: 110 },
  { metrics: 1, reason: 110 },
  { metrics: 1, reason: 70 },
  { metrics: 1, reason: 34 },
  { metrics: 1, reason: 34, isTight: true },
] as const;
type Room = { readonly metrics: number; readonly reason: number; readonly isTight?: boolean };

/** The section of a card: share, what comes next, the plan, the metrics nearest their limits, from where to where. */
export function cardBody(delivery: Delivery, hasCharts: boolean, foot: Mrkdwn): Mrkdwn {
  const footLines = linesOnPhone(foot.split('\n'), contextColumns);
  const maxLines = maxPhoneLines - Math.max(0, footLines - usualFootLines);
  let lines: readonly Mrkdwn[] = [];
  for (const room of rooms) {
    lines = bodyLines(delivery, hasCharts, room);
    if (linesOnPhone(lines) <= maxLines) break;
  }
  return lines.join('\n');
}

/** Nothing moves and nothing is measured: a chart would explain nothing. */
export function isIdle({ state }: Delivery): boolean {
  return state === 'invalidSpec' || state === 'superseded';
}

export function isGoingBack({ state }: Delivery): boolean {
  return state === 'aborting' || state === 'rolledBack' || state === 'notVerified';
}

function bodyLines(delivery: Delivery, hasCharts: boolean, room: Room): readonly Mrkdwn[] {
  const lines: Mrkdwn[] = [...firstLines(delivery, room)];
  if (isGoingBack(delivery)) lines.push(...rollbackLines(delivery, room));
  else if (!isIdle(delivery)) lines.push(...metricLines(delivery.metrics, room.metrics, room.isTight !== true));
  if (delivery.reason !== undefined && showsReason(delivery))
    lines.push(`_${reasonWords(delivery, delivery.reason, room.reason)}_`);
  if (!hasCharts && !isIdle(delivery)) {
    const line = sparkline(delivery.series);
    if (line !== undefined) lines.push(line);
  }
  lines.push(...noReturnLines(delivery, room), fromTo(delivery, room));
  return lines;
}

/** `⚠️ no way back since step 4/6 (analysis contract)`; what was done all the same is said for as long as the card stands. */
function noReturnLines({ noReturn }: Delivery, { isTight = false }: Room): readonly Mrkdwn[] {
  if (noReturn === undefined) return [];
  const [step = ''] = noReturn.what.split(' (');
  const what = quote(isTight ? step : noReturn.what, isTight ? 20 : 60);
  switch (noReturn.at) {
    case 'ahead':
      return isTight ? [] : [`no way back from ${what} on`];
    case 'passed':
      return [`⚠️ *no way back* since ${what}`];
    case 'live':
      return [`⚠️ *no safe undo*: it passed ${what}`];
    case 'goneBack':
      return [`⚠️ *went back past* ${isTight ? '' : 'its point of no return, '}${what}`];
  }
}

/** Share and event share a line only where both are short: on a phone it would break in the middle of the question. */
function firstLines(delivery: Delivery, { isTight = false }: Room): readonly Mrkdwn[] {
  const event = nextEvent(delivery);
  if (isIdle(delivery)) return [event];
  const { rolling } = delivery;
  const amount = rolling === undefined ? `*${formatPercent(delivery.weightPercent)} %*` : podWords(rolling);
  const isUnderWay = delivery.state !== 'live' && !isGoingBack(delivery);
  // Gone back, the event says where all requests are.
  if (isBack(delivery) && !isShared(delivery)) return [event];
  const share = isShared(delivery) ? `${bar(delivery.weightPercent)} ${amount}` : requestWords(delivery);
  const hasPlan = delivery.weights.length > 0 && !isTight;
  if (isUnderWay) return [share, event, ...(hasPlan ? [planLine(delivery)] : [])];
  const together = `${share} · ${event}`;
  return linesOnPhone([together]) === 1 ? [together] : [share, event];
}

/** `*2 new* · 4 old` */
function podWords({ canaryPods, stablePods }: NonNullable<Delivery['rolling']>): Mrkdwn {
  return `*${canaryPods} new* · ${stablePods} old`;
}

function isBack({ state }: Delivery): boolean {
  return state === 'rolledBack' || state === 'notVerified';
}

/** Argo's own words help where we have no better ones; beside the guilty metric they would say it twice. */
function showsReason(delivery: Delivery): boolean {
  return isGoingBack(delivery) ? delivery.guilty === undefined : delivery.state !== 'live';
}

/** What ends the present wait. */
function nextEvent(delivery: Delivery): Mrkdwn {
  const ago = delivery.nextAtMs === undefined ? '' : ` ${date(delivery.nextAtMs, '{ago}')}`;
  const ahead = delivery.weights.find((weight) => weight.state === 'ahead');
  const stable = delivery.fromImage === undefined ? 'stable' : quote(versionOf(delivery.fromImage), maxVersion);
  switch (delivery.state) {
    case 'starting':
      if (delivery.rolling !== undefined) return 'no new pod is ready yet';
      return `${delivery.pods.ready} of ${delivery.pods.desired} pods ready`;
    case 'moving':
      if (delivery.rolling !== undefined) return 'Kubernetes moves the pods';
      if (delivery.blueGreen?.at === 'active') return 'nothing is left to wait for';
      if (delivery.blueGreen !== undefined) return ago === '' ? 'switches next' : `switches${ago}`;
      return ahead === undefined ? `last weight${ago}` : `next ${formatPercent(ahead.percent)} %${ago}`;
    case 'checking':
      if (delivery.rolling !== undefined) return `found good${ago || ' soon'}`;
      if (delivery.isExperiment === true) return ago === '' ? 'experiment' : `experiment ends${ago}`;
      return ago === '' ? 'measuring' : `measures${ago}`;
    case 'gate':
      return gateWords(delivery);
    case 'paused':
      return 'paused on request';
    case 'inconclusive':
      return delivery.rolling === undefined ? '*abort or promote?*' : '*undo or resume?*';
    case 'frozen':
      return delivery.noReturn?.heldBy === 'person'
        ? '*frozen: resume or fix forward?*'
        : '*frozen: check again or fix forward?*';
    case 'noData':
      return `holding, no data${ago === '' ? '' : `, next try${ago}`}`;
    case 'stalled':
      return `${delivery.pods.ready} of ${delivery.pods.desired} pods ready, still trying`;
    case 'aborting':
      return isShared(delivery) || delivery.blueGreen?.at === 'active' ? `going back to ${stable}` : 'the preview goes';
    case 'rolledBack':
    case 'notVerified':
      return isShared(delivery) ? `back on ${stable}` : `all requests back on *${stable}*`;
    case 'live':
      return liveWords(delivery);
    case 'stuck':
      return '*needs you*';
    case 'invalidSpec':
      return delivery.rolling === undefined ? 'nothing was changed' : 'it rolls on, and nothing judges it';
    case 'superseded':
      return 'another revision took its place';
    default:
      return assertNever(delivery.state);
  }
}

/** The last approval promotes: the question is the same one. */
function gateWords({ approvals, nextPercent, blueGreen }: Delivery): Mrkdwn {
  const goal = blueGreen === undefined ? '' : ' to active';
  const to = nextPercent === undefined ? goal : ` to ${formatPercent(nextPercent)} %`;
  if (approvals === undefined) return `*promote${to}?*`;
  const missing = Math.max(0, approvals.needed - approvals.by.length);
  return `*promote${to}?* ${missing === 1 ? 'one more approval' : `${missing} more approvals`}`;
}

function liveWords({ startedAtMs, finishedAtMs }: Delivery): Mrkdwn {
  if (startedAtMs === undefined || finishedAtMs === undefined) return 'all requests';
  return `after ${formatDuration(finishedAtMs - startedAtMs)}`;
}

/** `███░░░░░░░`: a share above 0 shows at least one cell, one below 100 never ten. */
function bar(percent: number): string {
  const share = Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : 0;
  const cells = share === 0 || share === 100 ? share / 10 : Math.min(9, Math.max(1, Math.round(share / 10)));
  return '█'.repeat(cells) + '░'.repeat(10 - cells);
}

/** `10 ✓ · *25* · 50 · 75 · 100`; a long plan shows what is around the present weight, as much as one line takes. */
function planLine(delivery: Delivery): Mrkdwn {
  if (delivery.rolling !== undefined)
    return delivery.rolling.soakEndsAtMs === undefined ? '*rolling* → soak → live' : 'rolling ✓ → *soak* → live';
  const { blueGreen } = delivery;
  if (blueGreen !== undefined) return blueGreen.at === 'preview' ? '*preview* → active' : 'preview ✓ → *active*';
  let line = '';
  for (let most = 8; most > 2; most--) {
    line = planAround(delivery, most);
    if (linesOnPhone([line]) === 1) break;
  }
  return line;
}

function planAround(delivery: Delivery, most: number): Mrkdwn {
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

const blueGreenChecks = {
  weightZero: 'active on stable',
  noCanaryRequests: 'no requests to it',
  podsGone: 'preview pods going',
} as const;

const rollingChecks = {
  weightZero: 'no new pod serves',
  noCanaryRequests: 'no requests to it',
  podsGone: 'new pods going',
} as const;

/** Which metric, value, limit; then what of the way back was seen. */
function rollbackLines(delivery: Delivery, room: Room): readonly Mrkdwn[] {
  const lines: Mrkdwn[] = [];
  if (delivery.guilty !== undefined) lines.push(...guiltyLines(delivery.guilty, room.reason));
  const words = { ...checks, ...(delivery.blueGreen && blueGreenChecks), ...(delivery.rolling && rollingChecks) };
  const ticks = delivery.verification.map(({ check, isDone }) => `${isDone ? '✓' : '○'} ${words[check]}`);
  // Two to a line: on a phone four would break in the middle of one.
  for (let index = 0; index < ticks.length; index += 2) lines.push(ticks.slice(index, index + 2).join(' · '));
  if (delivery.state === 'notVerified') lines.push('*○ was not seen in time: look there.*');
  return lines;
}

/** `1.4.2 → 2.0.0 · shop`; in little room where it came from goes: a way back has said it already, and stable is where it was. */
function fromTo(delivery: Delivery, { isTight = false }: Room): Mrkdwn {
  const to = quote(canaryVersion(delivery), maxVersion);
  if (isTight) return `${to} · ${whereWords(delivery, 14)}`;
  const from = delivery.fromImage === undefined ? '' : `${quote(versionOf(delivery.fromImage), maxVersion)} → `;
  return `${from}${to} · ${whereWords(delivery, 20)}`;
}
