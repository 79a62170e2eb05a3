import { formatPercent } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import type { ActActionId } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import { actions, type Message, section } from './blocks.ts';
import { actButton } from './card-actions.ts';
import { capital, type Mrkdwn, quote } from './mrkdwn.ts';
import { canaryVersion, versionOf } from './version.ts';

/** Asked once more before finish, skip and undo, and where a click on an overflow only asks. The button carries what was seen. */
export function renderQuestion(sign: Signer['sign'], action: ActActionId, delivery: Delivery): Message {
  const words = questionWords(action, delivery);
  return {
    text: words,
    blocks: [section('words', words), actions('act', [actButton(action, delivery, sign, true)])],
  };
}

function questionWords(action: ActActionId, delivery: Delivery): Mrkdwn {
  const what = `*${quote(delivery.name, 100)} ${quote(canaryVersion(delivery), 60)}*`;
  const left = delivery.weights
    .filter((weight) => weight.state === 'ahead')
    .map((weight) => formatPercent(weight.percent));
  const share = `${formatPercent(delivery.weightPercent)} %`;
  switch (action) {
    case 'finish':
      return `Finish ${what} now? It goes from ${share} to 100 % without the rest of its plan${left.length === 0 ? '' : ` (${left.join(' · ')})`}: no gate and no analysis that is left runs.`;
    case 'skip':
      return `Skip this step of ${what} (${share})? What its wait or analysis has not measured stays unmeasured:${unmeasured(delivery)}`;
    case 'undo':
      return `Undo ${what}? It goes back to ${delivery.fromImage === undefined ? 'the last healthy revision' : `*${quote(versionOf(delivery.fromImage), 60)}*`} at once, without steps: some seconds where its pods are still there.`;
    case 'abort':
      return `${what} is on its way (${share}). Abort sends all requests back to stable.`;
    default:
      return `${capital(action)} ${what} (${share})?`;
  }
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
