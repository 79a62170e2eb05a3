import { assertNever, formatPercent } from '../../lib/index.ts';
import type { Delivery } from '../../rollout/index.ts';
import { escapeText, plain, truncate } from './mrkdwn.ts';
import { canaryVersion } from './version.ts';

/** Slack shows about 45 characters of a header on one line of a phone. */
const maxHeadline = 45;

/** The state in one sentence: header, notification and screen reader say the same. The mark is never the only carrier of meaning. */
export function headline(delivery: Delivery): string {
  const { mark, words } = stateWords(delivery);
  return `${mark} ${subject(delivery, maxHeadline - mark.length - 1 - words.length)}${words}`;
}

/** The headline as mrkdwn, for `text`. */
export function headlineText(delivery: Delivery): string {
  return escapeText(headline(delivery));
}

/** `checkout 2.0.0`, shortened to fit: the version keeps up to half, the name is cut first at its end. */
export function subject(delivery: Delivery, maxLength: number): string {
  const version = plain(canaryVersion(delivery));
  const name = plain(delivery.name, 253);
  if (name.length + 1 + version.length <= maxLength) return `${name} ${version}`;
  const versionRoom = Math.min(version.length, Math.max(6, Math.floor(maxLength / 2)));
  const shortVersion = truncate(version, versionRoom);
  return `${truncate(name, Math.max(2, maxLength - 1 - shortVersion.length))} ${shortVersion}`;
}

function stateWords(delivery: Delivery): { readonly mark: string; readonly words: string } {
  const at = ` at ${formatPercent(delivery.weightPercent)} %`;
  switch (delivery.state) {
    case 'starting':
      return { mark: '🟡', words: `${at}, starting pods` };
    case 'moving':
      return { mark: '🟡', words: `${at}, moving` };
    case 'checking':
      return { mark: '🟡', words: `${at}, checking` };
    case 'gate':
      return { mark: '🔵', words: `${at}, waits for you` };
    case 'paused':
      return { mark: '⏸️', words: `${at}, paused` };
    case 'inconclusive':
      return { mark: '🟠', words: `${at}, inconclusive` };
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
    case 'stalled':
      return { mark: '🟠', words: `${at}, stalled` };
    case 'superseded':
      return { mark: '⚪', words: ' was superseded' };
    default:
      return assertNever(delivery.state);
  }
}
