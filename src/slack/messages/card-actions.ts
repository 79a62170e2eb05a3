import type { ActionsBlock, Button, ConfirmationDialog, Overflow } from '@slack/types';
import { assertNever, formatPercent } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { type ActActionId, moreActionId } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import { actions, type ButtonWords, button, confirm } from './blocks.ts';
import { plain } from './mrkdwn.ts';
import { isShared } from './place-words.ts';
import { canaryVersion, versionOf } from './version.ts';

/** What a person may want in this state: at most three buttons, the most urgent first, and the rest behind the overflow. */
interface Offer {
  readonly buttons: readonly ActActionId[];
  readonly more: readonly ActActionId[];
}

const skip = ['skip'] as const;
const terminate = ['terminate'] as const;

/** Only what the state allows; whether this person may is asked when they click. Promote is never offered beside a running analysis. */
function offerFor(delivery: Delivery): Offer {
  if (delivery.rolling !== undefined) return offerForDeployment(delivery);
  const offer = offerForRollout(delivery);
  return isPast(delivery) ? { buttons: frozenInstead(offer.buttons), more: frozenInstead(offer.more) } : offer;
}

function isPast({ noReturn }: Delivery): boolean {
  return noReturn?.at === 'passed';
}

/** Behind the point of no return a card offers Freeze for Abort: the very act that an abort would become. */
function frozenInstead(offered: readonly ActActionId[]): readonly ActActionId[] {
  return [...new Set(offered.map((action) => (action === 'abort' ? 'pause' : action)))];
}

/** Kubernetes moves it: there is no step to promote or to skip, and the way back is an undo. */
function offerForDeployment({ state, revision }: Delivery): Offer {
  switch (state) {
    case 'starting':
    case 'moving':
    case 'noData':
    case 'stalled':
      return { buttons: ['abort', 'pause'], more: ['why'] };
    case 'checking':
      // No pod is left to be moved.
      return { buttons: ['abort', 'why'], more: [] };
    case 'paused':
    case 'inconclusive':
      return { buttons: ['abort', 'resume'], more: ['why'] };
    case 'live':
      return { buttons: revision === 1 ? ['why'] : ['undo', 'why'], more: [] };
    case 'superseded':
      return { buttons: [], more: [] };
    default:
      return { buttons: ['why'], more: [] };
  }
}

function offerForRollout(delivery: Delivery): Offer {
  switch (delivery.state) {
    case 'starting':
      return { buttons: ['abort', 'pause'], more: ['finish', 'why'] };
    case 'moving':
    case 'checking':
    case 'noData':
      // Blue-green has no steps to skip: what is left before the switch is left out as a whole.
      return {
        buttons: ['abort', 'pause'],
        more: [
          ...(delivery.isExperiment === true ? terminate : []),
          ...(delivery.blueGreen === undefined ? skip : []),
          'finish',
          'why',
        ],
      };
    case 'gate':
      return { buttons: [delivery.approvals === undefined ? 'promote' : 'approve', 'abort'], more: ['finish', 'why'] };
    case 'paused':
      return { buttons: ['resume', 'abort'], more: ['finish', 'why'] };
    case 'inconclusive':
      return { buttons: ['abort', 'promote'], more: ['finish', 'why'] };
    case 'frozen':
      return {
        buttons: [delivery.noReturn?.heldBy === 'person' ? 'resume' : 'promote', 'why'],
        more: ['skip', 'finish'],
      };
    case 'stalled':
      return { buttons: ['abort', 'why'], more: ['pause', 'finish'] };
    case 'aborting':
    case 'stuck':
    case 'invalidSpec':
      return { buttons: ['why'], more: [] };
    case 'rolledBack':
    case 'notVerified':
      return { buttons: ['retry', 'why'], more: [] };
    case 'live':
      // The first revision has none before it.
      return { buttons: delivery.revision === 1 ? ['why'] : ['undo', 'why'], more: [] };
    case 'superseded':
      return { buttons: [], more: [] };
    default:
      return assertNever(delivery.state);
  }
}

/** The card's row of buttons; undefined when the state allows nothing. */
export function cardActions(delivery: Delivery, sign: Signer['sign'], hasMenu: boolean): ActionsBlock | undefined {
  const offer = offerFor(delivery);
  if (offer.buttons.length === 0) return undefined;
  const elements: (Button | Overflow)[] = offer.buttons.map((action) => actButton(action, delivery, sign));
  if (hasMenu && offer.more.length > 0) elements.push(moreMenu(offer.more, delivery));
  return actions('act', elements);
}

/** One signed button that acts on what this delivery shows. `isQuestion`: the message already asks, so no second dialog. */
export function actButton(action: ActActionId, delivery: Delivery, sign: Signer['sign'], isQuestion = false): Button {
  const value = sign({
    kind: 'act',
    action,
    clusterUid: delivery.clusterUid,
    namespace: delivery.namespace,
    name: delivery.name,
    binding: delivery.binding,
  });
  const dialog = isQuestion ? undefined : confirmFor(action, delivery);
  return button(action, value, { ...actWords(action, delivery), ...(dialog === undefined ? {} : { confirm: dialog }) });
}

function moreMenu(more: readonly ActActionId[], delivery: Delivery): Overflow {
  return {
    type: 'overflow',
    action_id: moreActionId,
    // What needs a confirm asks again, with a signed button, to this person alone: one dialog for a whole menu would ask before Why too.
    options: more.map((action) => ({
      text: { type: 'plain_text', text: moreWords(action, delivery), emoji: true },
      value: action,
    })),
  };
}

function moreWords(action: ActActionId, delivery: Delivery): string {
  return actWords(action, delivery).text + (['finish', 'skip', 'terminate'].includes(action) ? ' …' : '');
}

function actWords(action: ActActionId, delivery: Delivery): ButtonWords {
  const what = `${plain(delivery.name, 40)} ${plain(canaryVersion(delivery), 20)}`;
  switch (action) {
    case 'abort':
      if (delivery.rolling !== undefined) return { text: 'Undo now', label: `Undo ${what} now`, style: 'danger' };
      return { text: 'Abort', label: `Abort ${what}`, style: 'danger' };
    case 'pause':
      if (isPast(delivery)) return { text: 'Freeze', label: `Freeze ${what} where it is`, style: 'danger' };
      return { text: 'Pause', label: `Pause ${what}` };
    case 'resume':
      return { text: 'Resume', label: `Resume ${what}`, style: 'primary' };
    case 'promote': {
      if (delivery.state === 'frozen') return { text: 'Check again', label: `Check ${what} again`, style: 'primary' };
      const to = delivery.nextPercent === undefined ? '' : ` to ${formatPercent(delivery.nextPercent)} %`;
      return { text: `Promote${to}`, label: `Promote ${what}${to}`, style: 'primary' };
    }
    case 'approve':
      return { text: 'Approve', label: `Approve ${what}`, style: 'primary' };
    case 'skip':
      return { text: 'Skip this step', label: `Skip this step of ${what}` };
    case 'terminate': {
      const which = delivery.isExperiment === true ? 'experiment' : 'analysis';
      return { text: `End the ${which}`, label: `End the ${which} of ${what}` };
    }
    case 'finish':
      return { text: 'Finish now', label: `Finish ${what} now, skipping the rest of its plan` };
    case 'retry':
      return {
        text: 'Retry',
        label: `Retry ${what} from ${delivery.blueGreen === undefined ? 'its first step' : 'its preview'}`,
      };
    case 'undo':
      return { text: 'Undo', label: `Undo ${what}: back to the revision before` };
    case 'why':
      return { text: 'Why', label: `Why ${what} is where it is` };
    default:
      return assertNever(action);
  }
}

/** The dialogs: abort, undo, finish and skip ask once more; pause, resume and promote at a gate do not (the gate is the question). */
function confirmFor(action: ActActionId, delivery: Delivery): ConfirmationDialog | undefined {
  const what = `${plain(delivery.name, 60)} ${plain(canaryVersion(delivery), 25)}`;
  const from = plain(versionOf(delivery.fromImage), 40);
  switch (action) {
    case 'abort':
      if (delivery.rolling !== undefined)
        return confirm({
          title: `Undo ${what} now?`,
          text: `Asks Kubernetes for ${delivery.fromImage === undefined ? 'the last good revision' : from} again. ${delivery.rolling.canaryPods} pods are new now.`,
          yes: 'Undo now',
          no: 'Keep going',
          isDanger: true,
        });
      return confirm({
        title: `Abort ${what}?`,
        text: `${abortWords(delivery, from)} Retry starts it again.`,
        yes: 'Abort',
        no: 'Keep going',
        isDanger: true,
      });
    case 'pause':
      return isPast(delivery)
        ? confirm({
            title: `Freeze ${what}?`,
            text: `It stays at ${formatPercent(delivery.weightPercent)} %: it has passed its point of no return, ${plain(delivery.noReturn?.what ?? '', 80)}, so ${from} may not work any more.`,
            yes: 'Freeze',
            no: 'Keep going',
            isDanger: true,
          })
        : undefined;
    case 'undo':
      // It is not done by a click: the answer says what it would mean, and the line that does it.
      if (delivery.noReturn?.at === 'live') return undefined;
      return confirm({
        title: `Undo ${what}?`,
        text: `Goes back to the last healthy revision at once${delivery.blueGreen === undefined ? ', without steps' : ''}${delivery.fromImage === undefined ? '' : `: ${from}`}.`,
        yes: 'Undo',
        no: 'Keep it',
        isDanger: true,
      });
    case 'finish':
      return confirm({
        title: `Finish ${what} now?`,
        text: `${finishWords(delivery)} The gates and analyses that are left do not run.`,
        yes: 'Finish',
        no: 'Keep the plan',
        isDanger: true,
      });
    case 'skip':
      return confirm({
        title: `Skip this step of ${what}?`,
        text: 'The wait or analysis of this step ends now; what it has not measured stays unmeasured.',
        yes: 'Skip',
        no: 'Wait for it',
        isDanger: true,
      });
    default:
      return undefined;
  }
}

function abortWords(delivery: Delivery, from: string): string {
  const { blueGreen, weightPercent } = delivery;
  if (isShared(delivery))
    return `All requests go back to ${from} (stable). The canary has ${formatPercent(weightPercent)} % now.`;
  if (blueGreen?.at === 'active') return `All requests go back to ${from} (stable), whose pods are all there.`;
  return `All requests stay on ${from} (stable), and the preview goes.`;
}

function finishWords(delivery: Delivery): string {
  const { blueGreen, weightPercent } = delivery;
  if (isShared(delivery)) return `Goes from ${formatPercent(weightPercent)} % to 100 %.`;
  return blueGreen?.at === 'active' ? 'It stays active.' : 'Goes active as soon as all its pods are there.';
}
