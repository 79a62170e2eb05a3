import { sightWords } from '../../analysis/index.ts';
import { assertNever, formatPercent } from '../../lib/index.ts';
import type { Why } from '../../operations/index.ts';
import type { Delivery, MetricLine } from '../../rollout/index.ts';
import { context, header, type Message, type MessageBlock, section } from './blocks.ts';
import type { CauseView } from './cause-view.ts';
import { causeWords } from './cause-words.ts';
import { headline, headlineText } from './headline.ts';
import { metricLine, nearestFirst } from './metric-words.ts';
import { capital, code, date, type Mrkdwn, plain, quote } from './mrkdwn.ts';
import { isShared } from './place-words.ts';

const maxMetrics = 10;

export type WhyView = Pick<CauseView, 'command' | 'nameOf'>;

/** The first cause of the list with what to do next; or the verdict with its values. */
export function renderWhy(why: Omit<Why, 'done' | 'card'>, view: WhyView, link: string | undefined): Message {
  const { delivery } = why;
  const blocks: MessageBlock[] = [header('head', headline(delivery))];
  const cause = causeLines(why, view);
  if (cause.length > 0) blocks.push(section('cause', cause.join('\n')));
  const evidence = [...verdictLines(why, view), ...metricLines(delivery)];
  if (cause.length === 0) evidence.push(waitsFor(delivery));
  if (evidence.length > 0) blocks.push(section('words', evidence.join('\n')));
  const foot = footOf(why, link);
  if (foot !== '') blocks.push(context('foot', foot));
  return { text: headlineText(delivery), blocks };
}

function causeLines(
  { delivery, diagnosis, mayDo }: Pick<Why, 'delivery' | 'diagnosis' | 'mayDo'>,
  whyView: WhyView,
): readonly Mrkdwn[] {
  const { first, others } = diagnosis;
  if (first === undefined) return [];
  const view = { ...whyView, delivery, mayDo };
  const { title, details, who, next } = causeWords(first, view);
  const lines = [`*Because:* ${title}`, ...details, `*Who can act:* ${who}`];
  lines.push(`*Next:* ${next.map((line) => code(commandLine(line))).join('  or  ')}`);
  if (others.length > 0) lines.push(`*Also:* ${others.map((one) => causeWords(one, view).title).join(' · ')}`);
  return lines;
}

/** Copyable as it stands: escaped as Slack wants it, with no backtick that would end it. */
function commandLine(line: string): Mrkdwn {
  return plain(line, 400).replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Who or what ended it, and what the record says of metrics that the analysis runs say no more of. */
function verdictLines(
  { delivery, verdict }: Pick<Why, 'delivery' | 'verdict'>,
  { nameOf }: WhyView,
): readonly Mrkdwn[] {
  const lines: Mrkdwn[] = [];
  const { guilty } = delivery;
  if (guilty !== undefined) lines.push(`*Decided by* ${whyLine(guilty, delivery.weightPercent)}`);
  if (verdict?.by !== undefined && delivery.state !== 'live') {
    const who = quote(nameOf(verdict.by) ?? verdict.by, 60);
    lines.push(`*Aborted by* ${who} ${date(verdict.atMs, '{ago}')}`);
  }
  const text = verdict?.text || delivery.reason;
  if (text !== undefined && text !== '') lines.push(`_${quote(text, 500)}_`);
  const known = new Set(delivery.metrics.map(({ name }) => name));
  for (const { name, words } of verdict?.metrics ?? [])
    if (!known.has(name)) lines.push(`${quote(name, 60)}: ${quote(words, 300)}`);
  return lines;
}

function metricLines({ guilty, metrics, weightPercent }: Delivery): readonly Mrkdwn[] {
  const others = nearestFirst(metrics).filter((metric) => metric.name !== guilty?.name);
  const lines = others.slice(0, maxMetrics).map((metric) => whyLine(metric, weightPercent));
  return others.length > maxMetrics ? [...lines, `+${others.length - maxMetrics} more`] : lines;
}

function footOf({ unread }: Pick<Why, 'unread'>, link: string | undefined): Mrkdwn {
  const parts = unread.map(({ what, why }) => `Could not read ${quote(what, 100)}: ${quote(why, 160)}`);
  if (link !== undefined) parts.push(`<${link}|See the card>`);
  return parts.map(capital).join(' · ');
}

/** With the condition where no limit says it, how often it failed, what it can see, and the provider's own words. */
function whyLine(metric: MetricLine, canaryPercent: number): Mrkdwn {
  const isUnsaid = metric.limit === undefined && metric.condition !== undefined;
  const condition = isUnsaid ? ` · ${code(quote(metric.condition ?? '', 200))}` : '';
  const failed =
    metric.failed > 0 && metric.verdict !== 'failed' ? ` · ${metric.failed} of ${metric.taken} failed` : '';
  const message = metric.message === undefined || metric.message === '' ? '' : `: ${quote(metric.message, 200)}`;
  const sight = metric.sight === undefined ? '' : ` · ${quote(sightWords(metric.sight, canaryPercent), 200)}`;
  return `${metricLine(metric)}${failed}${condition}${sight}${message}`;
}

/** Where no cause of the list is true: it moves, or it is over. */
function waitsFor(delivery: Delivery): Mrkdwn {
  const at = delivery.nextAtMs === undefined ? '' : ` ${date(delivery.nextAtMs, '{ago}')}`;
  switch (delivery.state) {
    case 'starting':
    case 'stalled':
      return `Waits for its pods: ${delivery.pods.ready} of ${delivery.pods.desired} ready.`;
    case 'moving':
      if (delivery.rolling !== undefined) return 'Kubernetes moves its pods.';
      if (delivery.blueGreen !== undefined) return `It moves: waits for its switch${at}.`;
      return `It moves: waits for its next weight${at}.`;
    case 'checking':
      if (delivery.rolling !== undefined) return `It soaks: found good${at || ' soon'}, if nothing says otherwise.`;
      return `Waits for its analysis; next measurement${at || ' soon'}.`;
    case 'gate':
      return 'Waits for a person: promote or abort.';
    case 'paused':
      return 'Waits for a person: resume or abort.';
    case 'inconclusive':
      return 'Waits for a person: the measurements are neither good nor bad.';
    case 'frozen':
      return 'Waits for a person: behind its point of no return nothing goes back by itself.';
    case 'noData':
      return `Holds: nothing could be measured${at === '' ? '' : `, next try${at}`}.`;
    case 'aborting':
      if (isShared(delivery)) return `Goes back: ${formatPercent(delivery.weightPercent)} % is left.`;
      return delivery.blueGreen?.at === 'active'
        ? 'Goes back: it is still active.'
        : 'Goes back: all requests are on stable, its pods are going.';
    case 'rolledBack':
      return 'All requests go to stable; each check of the way back was seen.';
    case 'notVerified':
      return 'All requests should go to stable, but not each check of the way back was seen.';
    case 'stuck':
      return 'Waits for a person: it should go back, and cannot by itself.';
    case 'live':
      return 'It is live: it waits for nothing.';
    case 'invalidSpec':
      if (delivery.rolling !== undefined) return 'Nothing judges it until its annotations are right.';
      return 'Waits for a valid spec; nothing was changed.';
    case 'superseded':
      return 'Another revision took its place.';
    default:
      return assertNever(delivery.state);
  }
}
