import { assertNever } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { header, type Message, section } from './blocks.ts';
import { headline, headlineText } from './headline.ts';
import { metricLine, nearestFirst } from './metric-words.ts';
import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';
import { formatPercent } from './numbers.ts';

/** The verdict with its values, or what it waits for. */
export function renderWhy(delivery: Delivery, link: string | undefined): Message {
  const lines: Mrkdwn[] = [];
  if (delivery.guilty !== undefined)
    lines.push(`*Decided by* ${metricLine(delivery.guilty)}${messageOf(delivery.guilty.message)}`);
  if (delivery.reason !== undefined) lines.push(`_${quote(delivery.reason, 500)}_`);
  for (const metric of nearestFirst(delivery.metrics).slice(0, 10)) {
    lines.push(
      `${metricLine(metric)}${metric.failed > 0 ? ` · ${metric.failed} failed` : ''}${messageOf(metric.message)}`,
    );
    if (metric.condition !== undefined) lines.push(`   ${code(quote(metric.condition, 200))}`);
  }
  if (delivery.metrics.length > 10) lines.push(`+${delivery.metrics.length - 10} more`);
  lines.push(`${waitsFor(delivery)}${link === undefined ? '' : ` <${link}|See the card>.`}`);
  return {
    text: headlineText(delivery),
    blocks: [header('head', headline(delivery)), section('words', lines.join('\n'))],
  };
}

function messageOf(message: string | undefined): Mrkdwn {
  return message === undefined || message === '' ? '' : `: ${quote(message, 200)}`;
}

function waitsFor(delivery: Delivery): Mrkdwn {
  const at = delivery.nextAtMs === undefined ? '' : ` ${date(delivery.nextAtMs, '{ago}')}`;
  switch (delivery.state) {
    case 'starting':
    case 'stalled':
      return `Waits for its pods: ${delivery.pods.ready} of ${delivery.pods.desired} ready.`;
    case 'moving':
      return `Waits for its next weight${at}.`;
    case 'checking':
      return `Waits for its analysis; next measurement${at || ' soon'}.`;
    case 'gate':
      return 'Waits for a person: promote or abort.';
    case 'paused':
      return 'Waits for a person: resume or abort.';
    case 'inconclusive':
      return 'Waits for a person: the measurements are neither good nor bad.';
    case 'noData':
      return `Holds: nothing could be measured${at === '' ? '' : `, next try${at}`}.`;
    case 'aborting':
      return `Goes back: ${formatPercent(delivery.weightPercent)} % is left.`;
    case 'rolledBack':
      return 'All requests go to stable; each check of the way back was seen.';
    case 'notVerified':
      return 'All requests should go to stable, but not each check of the way back was seen.';
    case 'live':
      return 'It is live: it waits for nothing.';
    case 'invalidSpec':
      return 'Waits for a valid spec; nothing was changed.';
    case 'superseded':
      return 'Another revision took its place.';
    default:
      return assertNever(delivery.state);
  }
}
