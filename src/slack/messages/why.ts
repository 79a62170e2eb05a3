import { assertNever, formatPercent } from '../../lib/index.ts';
import type { Delivery, MetricLine } from '../../rollout/index.ts';
import { context, header, type Message, type MessageBlock, section } from './blocks.ts';
import { headline, headlineText } from './headline.ts';
import { metricLine, nearestFirst } from './metric-words.ts';
import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';

const maxMetrics = 10;

/** The verdict with its values, or what it waits for. */
export function renderWhy(delivery: Delivery, link: string | undefined): Message {
  const { guilty } = delivery;
  const lines: Mrkdwn[] = [];
  if (guilty !== undefined) lines.push(`*Decided by* ${whyLine(guilty)}`);
  if (delivery.reason !== undefined) lines.push(`_${quote(delivery.reason, 500)}_`);
  const others = nearestFirst(delivery.metrics).filter((metric) => metric.name !== guilty?.name);
  lines.push(...others.slice(0, maxMetrics).map(whyLine));
  if (others.length > maxMetrics) lines.push(`+${others.length - maxMetrics} more`);
  lines.push(waitsFor(delivery));
  const blocks: MessageBlock[] = [header('head', headline(delivery)), section('words', lines.join('\n'))];
  if (link !== undefined) blocks.push(context('foot', `<${link}|See the card>`));
  return { text: headlineText(delivery), blocks };
}

/** With the condition where no limit says it, how often it failed, and the provider's own words. */
function whyLine(metric: MetricLine): Mrkdwn {
  const isUnsaid = metric.limit === undefined && metric.condition !== undefined;
  const condition = isUnsaid ? ` · ${code(quote(metric.condition ?? '', 200))}` : '';
  const failed = metric.failed > 0 ? ` · ${metric.failed} of ${metric.taken} failed` : '';
  const message = metric.message === undefined || metric.message === '' ? '' : `: ${quote(metric.message, 200)}`;
  return `${metricLine(metric)}${failed}${condition}${message}`;
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
