import type { Button } from '@slack/types';
import { formatPercent } from '../../lib/index.ts';
import type { TrialQuestion } from '../../operations/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { type ActActionId, lineActionIds } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import { actions, button, type Message, reasonInput, section } from './blocks.ts';
import { actButton } from './card-actions.ts';
import { capital, type Mrkdwn, quote } from './mrkdwn.ts';
import { guidance } from './no-return-words.ts';
import { isShared, placeWords } from './place-words.ts';
import { canaryVersion, versionOf } from './version.ts';

/** What is asked: the delivery it is about, and what the act would do to it. */
export interface Asking {
  readonly delivery: Delivery;
  readonly facts?: Readonly<Record<string, string>>;
  readonly needsReason?: boolean;
  /** Already given; it can still be changed. */
  readonly reason?: string | undefined;
  /** The button runs this line, where a bound button cannot say all of it. */
  readonly line?: string | undefined;
}

/** Asked once more before finish, skip and undo, and where a click on an overflow only asks. The button carries what was seen. */
export function renderQuestion(sign: Signer['sign'], action: ActActionId, asking: Asking): Message {
  const { delivery, facts = {}, needsReason = false, reason, line } = asking;
  const words = questionWords(action, delivery, facts);
  const yes =
    line === undefined
      ? actButton(action, delivery, sign, true)
      : lineButton(sign, line, capital(line.split(' because ')[0] ?? ''));
  const input = needsReason || reason !== undefined ? [reasonInput({ isOptional: !needsReason, initial: reason })] : [];
  return { text: words, blocks: [section('words', words), ...input, actions('act', [yes])] };
}

/** Before one that stands alone is ended: nothing of a release waits for it. */
export function renderTrialQuestion(
  { sign }: { readonly sign: Signer['sign'] },
  { trial: { namespace, name, phase, message } }: TrialQuestion,
  { line, reason }: { readonly line: string; readonly reason: string | undefined },
): Message {
  const state = phase === undefined ? 'has not begun' : `is ${phase}`;
  const said = message === undefined || message === '' ? '' : `: _${quote(message, 200)}_`;
  const what = `*${quote(namespace, 63)}/${quote(name, 200)}*`;
  const words = `End ${what} now? It ${state}${said}. It stands alone: no release waits for it.`;
  const button = lineButton(sign, line, `End ${name}`);
  return {
    text: words,
    blocks: [section('words', words), reasonInput({ isOptional: true, initial: reason }), actions('act', [button])],
  };
}

function lineButton(sign: Signer['sign'], line: string, text: string): Button {
  return button(lineActionIds[0], sign({ kind: 'line', line, isConfirmed: true }), { text, label: text });
}

function questionWords(action: ActActionId, delivery: Delivery, facts: Readonly<Record<string, string>>): Mrkdwn {
  const what = `*${quote(delivery.name, 100)} ${quote(canaryVersion(delivery), 60)}*`;
  const place = placeWords(delivery);
  const at = place === '' ? '' : ` (${place.replace(/^at /, '')})`;
  switch (action) {
    case 'finish':
      return `Finish ${what} now? ${finishWords(delivery)} without the rest of its plan. ${notRun(facts)}`;
    case 'skip':
      return `Skip this step of ${what}${at}? What its wait or analysis has not measured stays unmeasured:${unmeasured(delivery)}`;
    case 'terminate': {
      const which = delivery.isExperiment === true ? 'experiment' : 'analysis';
      return `End the ${which} of ${what}${at} now? What it has measured by now judges it. Less than its plan asks for:${unmeasured(delivery)}`;
    }
    case 'undo':
      return `Undo ${what}? It goes back to ${backTo(delivery, facts)}.${pastWords(facts)}`;
    case 'pause':
      if (delivery.noReturn?.at !== 'passed') return `${capital(action)} ${what}${at}?`;
      return `Freeze ${what}${at}? ${guidance({ what: delivery.noReturn.what, stable: stableOf(delivery) })}`;
    case 'abort':
      if (delivery.rolling !== undefined)
        return `${what} is on its way (${delivery.rolling.canaryPods} pods are new). Undo now asks Kubernetes for ${backTo(delivery, facts)}.`;
      return `${what} is on its way${at}. ${abortWords(delivery)}`;
    default:
      return `${capital(action)} ${what}${at}?`;
  }
}

function finishWords(delivery: Delivery): Mrkdwn {
  if (isShared(delivery)) return `It goes from ${formatPercent(delivery.weightPercent)} % to 100 %`;
  return delivery.blueGreen?.at === 'active' ? 'It stays active' : 'It goes active as soon as all its pods are there,';
}

function abortWords(delivery: Delivery): Mrkdwn {
  if (isShared(delivery) || delivery.blueGreen?.at === 'active') return 'Abort sends all requests back to stable.';
  return 'Abort leaves all requests on stable, and the preview goes.';
}

function stableOf({ fromImage }: Delivery): string | undefined {
  return fromImage === undefined ? undefined : versionOf(fromImage);
}

/** `2 gates and 3 analyses will not run: gate at 50 %, success-rate at 50 %, …` */
function notRun({ gates = '0', analyses = '0', left = '' }: Readonly<Record<string, string>>): Mrkdwn {
  if (gates === '0' && analyses === '0') return 'No gate and no analysis is left of it.';
  const counts = [countOf(gates, 'gate', 'gates'), countOf(analyses, 'analysis', 'analyses')];
  return `${counts.filter((count) => count !== '').join(' and ')} will not run: ${quote(left, 600)}.`;
}

function countOf(count: string, one: string, many: string): string {
  if (count === '0') return '';
  return count === '1' ? `1 ${one}` : `${quote(count, 6)} ${many}`;
}

function backTo(delivery: Delivery, facts: Readonly<Record<string, string>>): Mrkdwn {
  const image = facts.image?.split(' ')[0] ?? delivery.fromImage;
  const version = image === undefined ? 'the last healthy revision' : `*${quote(versionOf(image), 60)}*`;
  const against = facts.git === undefined ? '' : `, against Git, which asks for *${quote(versionOf(facts.git), 60)}*`;
  const revision = facts.revision === undefined ? '' : ` (rev ${quote(facts.revision, 10)})`;
  if (delivery.rolling !== undefined) return `${version}${revision}${against}: as fast as its pods start`;
  if (facts.withSteps === 'true') return `${version}${revision} step by step, as a start would${against}`;
  return `${version}${revision} at once, without steps${against}: some seconds where its pods are still there, else as long as they take to start`;
}

/** An undo that is forced: what it goes back past. */
function pastWords({ point, image = '' }: Readonly<Record<string, string>>): Mrkdwn {
  if (point === undefined) return '';
  const version = quote(versionOf(image.split(' ')[0]), 40);
  return `\n⚠️ *Past its point of no return*, ${quote(point, 120)}: ${version} may not work with what was migrated.`;
}

function unmeasured(delivery: Delivery): Mrkdwn {
  const missing = delivery.metrics.filter((metric) => metric.planned === 0 || metric.taken < metric.planned);
  if (missing.length === 0) return ' nothing is left of it.';
  const names = missing.slice(0, 5).map((metric) => {
    const count = metric.planned > 0 ? ` ${metric.taken}/${metric.planned}` : '';
    return `${quote(metric.name, 60)}${count}`;
  });
  return ` ${names.join(', ')}.`;
}
