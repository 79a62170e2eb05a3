import { assertNever, formatPercent } from '../../lib/index.ts';
import { type Delivery, plainDeployment } from '../../rollout/index.ts';
import { escapeText, plain, truncate } from './mrkdwn.ts';
import { placeWords } from './place-words.ts';
import { canaryVersion } from './version.ts';

/** Two lines of a phone at most. */
const maxHeadline = 45;

/** The state in one sentence: header, notification and screen reader say the same. The mark is never the only carrier of meaning. */
export function headline(delivery: Delivery): string {
  const { mark, words } = stateWords(delivery);
  // On a phone it wraps behind the version or the comma: `waits for / you` is no line to read.
  const unbroken = words.replace(/(?<=[^,]) /g, '\u00a0');
  return `${mark} ${subject(delivery, maxHeadline - mark.length - 1 - words.length)}${unbroken}`;
}

/** The headline as mrkdwn, for `text`. */
export function headlineText(delivery: Delivery): string {
  return escapeText(headline(delivery).replaceAll('\u00a0', ' '));
}

/** `checkout 2.0.0`, shortened to fit: the version keeps up to half, the name is cut first at its end. */
export function subject(delivery: Delivery, maxLength: number): string {
  const version = plain(canaryVersion(delivery));
  const name = plain(delivery.name, 253);
  if (name.length + 1 + version.length <= maxLength) return `${name} ${version}`;
  const bare = plainDeployment(name);
  // In little room its own name says more than its kind.
  if (bare !== undefined) return subject({ ...delivery, name: bare }, maxLength);
  const versionRoom = Math.min(version.length, Math.max(6, Math.floor(maxLength / 2)));
  const shortVersion = truncate(version, versionRoom);
  return `${truncate(name, Math.max(2, maxLength - 1 - shortVersion.length))} ${shortVersion}`;
}

function stateWords(delivery: Delivery): { readonly mark: string; readonly words: string } {
  const rolling = rollingWords(delivery);
  if (rolling !== undefined) return rolling;
  const place = placeWords(delivery, wholePercent(delivery.weightPercent));
  const at = place === '' ? '' : ` ${place}`;
  switch (delivery.state) {
    case 'starting':
      return { mark: '🟡', words: `${at}, starting pods` };
    case 'moving':
      return { mark: '🟡', words: `${at}, moving` };
    case 'checking':
      return { mark: '🟡', words: `${at}, checking` };
    case 'gate':
      return { mark: '🔵', words: `${at}, ${gateWords(delivery)}` };
    case 'paused':
      return { mark: '⏸️', words: `${at}, paused` };
    case 'inconclusive':
      return { mark: '🟠', words: `${at}, inconclusive` };
    case 'frozen':
      return { mark: '🧊', words: `${at}, frozen` };
    case 'noData':
      return { mark: '🟠', words: `${at}, no data` };
    case 'aborting':
      return { mark: '🔴', words: `${at}, going back` };
    case 'rolledBack':
      return { mark: '🔴', words: ' rolled back' };
    case 'notVerified':
      return { mark: '🔴', words: ' back, not verified' };
    case 'live':
      return { mark: '🟢', words: ' is live' };
    case 'invalidSpec':
      return { mark: '⛔', words: ': invalid spec' };
    case 'stuck':
      return { mark: '🔴', words: ', bad and not undone' };
    case 'stalled':
      return { mark: '🟠', words: `${at}, stalled` };
    case 'superseded':
      return { mark: '⚪', words: ' was superseded' };
    default:
      return assertNever(delivery.state);
  }
}

/** Of a Deployment it says pods, no weight; undefined where the words are the same. */
function rollingWords({ state, rolling, pods }: Delivery): ReturnType<typeof stateWords> | undefined {
  if (rolling === undefined) return undefined;
  const { canaryPods, stablePods } = rolling;
  switch (state) {
    case 'starting':
    case 'moving':
      return { mark: '🟡', words: `, ${canaryPods} of ${Math.max(pods.desired, canaryPods + stablePods)} pods new` };
    case 'checking':
      return { mark: '🟡', words: ', soaking' };
    case 'paused':
      return { mark: '⏸️', words: ', paused' };
    case 'inconclusive':
      return { mark: '🟠', words: ', inconclusive' };
    case 'noData':
      return { mark: '🟠', words: ', no data' };
    case 'aborting':
      return { mark: '🔴', words: ', going back' };
    case 'invalidSpec':
      return { mark: '⛔', words: ': not guarded' };
    case 'stalled':
      return { mark: '🟠', words: ', stalled' };
    default:
      return undefined;
  }
}

function gateWords({ approvals }: Delivery): string {
  return approvals === undefined ? 'waits for you' : `approved ${approvals.by.length} of ${approvals.needed}`;
}

/** Fractions are for the bar; a share that is there is not rounded away, and one that is not everything is not rounded to it. */
function wholePercent(share: number): string {
  return formatPercent(share > 1 && share < 99 ? Math.round(share) : share);
}
