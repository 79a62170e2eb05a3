import type { BuildNotice } from '../../notifications/index.ts';
import { shipActionId } from '../actions/action-ids.ts';
import type { Signer } from '../actions/signed-value.ts';
import { print } from '../commands/print.ts';
import { actions, button, fallback, type Message, section } from './blocks.ts';
import { type Mrkdwn, plain, quote } from './mrkdwn.ts';
import { versionOf } from './version.ts';

/** "checkout 2.0.1 is built · 3 commits", with what to do about it. */
export function renderBuild(notice: BuildNotice, sign: Signer['sign']): Message {
  const { namespace, name, image } = notice;
  const version = versionOf(image.includes('@') ? (image.split('@')[0] ?? image) : image);
  const shown = version === 'latest' && image.includes('@') ? versionOf(image) : version;
  const what = `${quote(name, 100)} ${quote(shown, 60)}`;
  const parts: Mrkdwn[] = [`📦 *${what}* is built`];
  if (notice.commits !== undefined) parts.push(commits(notice.commits, notice.link));
  else if (isWebAddress(notice.link)) parts.push(`<${notice.link}|what changed>`);
  if (notice.by !== undefined) parts.push(quote(notice.by, 80));
  const target = { namespace, name };
  const images = notice.images.map(({ container, image: wanted }) =>
    container === undefined ? { image: wanted } : { container, image: wanted },
  );
  const line = (verb: 'start' | 'plan') =>
    sign({ kind: 'line', line: print({ verb, target, images }), isConfirmed: false });
  const object = plain(`${name} ${shown}`, 60);
  return {
    text: fallback(`${what} is built`),
    blocks: [
      section('words', parts.join(' · ')),
      actions('act', [
        button(shipActionId, line('start'), { text: 'Ship', label: `Ship ${object}`, style: 'primary' }),
        button('line-1', line('plan'), { text: 'Plan', label: `Plan ${object}` }),
      ]),
    ],
  };
}

function commits(count: number, link: string | undefined): Mrkdwn {
  const words = `${count} ${count === 1 ? 'commit' : 'commits'}`;
  return isWebAddress(link) ? `<${link}|${words}>` : words;
}

/** Anything else would end the link early, or be one of Slack's own. */
function isWebAddress(link: string | undefined): link is string {
  return link !== undefined && link.length <= 500 && /^https?:\/\/[^\s<>|"]+$/.test(link);
}
