import type { Delivery } from '../../rollout/index.ts';
import { date, type Mrkdwn, quote } from './mrkdwn.ts';
import { versionOf } from './version.ts';

/** The end of the card's last line: what Git has done, or goes on asking for; undefined where Git agrees or has no say. */
export function gitLine({ git, contest }: Delivery): Mrkdwn | undefined {
  if (contest !== undefined) return contestWords(contest);
  if (git?.putBack !== undefined) {
    const { manager, at, to } = git.putBack;
    return `${quote(manager, 30)} put ${quote(versionOf(to), 30)} back ${date(Date.parse(at), '{time_secs}')}`;
  }
  return git?.isAtOdds === true ? `Git still asks for ${quote(versionOf(git.asksFor), 40)}` : undefined;
}

/** `argocd-controller put back Service checkout-canary <time>, next try <time>` */
function contestWords({ manager, what, atMs, retryAtMs }: NonNullable<Delivery['contest']>): Mrkdwn {
  const objects = what.split(', ').map((one) => one.split(':')[0] ?? '');
  const [first = '', ...others] = objects;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const next = `next try ${date(retryAtMs, '{time_secs}')}`;
  return `${quote(manager, 30)} put back ${quote(first, 50)}${more} ${date(atMs, '{time_secs}')}, ${next}`;
}
