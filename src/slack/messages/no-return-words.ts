import { print } from '../commands/print.ts';
import { code, type Mrkdwn, quote } from './mrkdwn.ts';

/** The line that goes back all the same. */
export function forcedAbortLine(target: { readonly namespace?: string | undefined; readonly name: string }): string {
  return print({ verb: 'abort', target, isForced: true, reason: '…' });
}

/**
 * What has passed its point of no return means for whoever wants it gone: what was migrated, why nothing goes back by itself, what to do.
 * @param stable the version that is stable: `1.4.2`.
 */
export function guidance({ what, stable }: { readonly what: string; readonly stable: string | undefined }): Mrkdwn {
  const earlier = stable === undefined ? 'stable' : quote(stable, 40);
  return (
    `It has passed its point of no return, ${quote(what, 120)}: ${earlier} may not work with what was migrated, ` +
    'so going back is not safe, and it stays where it is. Best: start a fixed version, which takes its place.'
  );
}

/** `To go back all the same: /rollout abort shop/checkout --force because …` */
export function forceWords(
  command: string,
  target: { readonly namespace?: string | undefined; readonly name: string },
): Mrkdwn {
  return `To go back all the same: ${code(`${command} ${forcedAbortLine(target)}`)}`;
}
