import type { Delivery } from '../../rollout/index.ts';
import { type Mrkdwn, quote } from './mrkdwn.ts';

/** What Argo writes before the essence, and what the card has said already. */
const generalWords = [
  /^RolloutAborted: /,
  /^Rollout aborted update to revision \d+: /,
  /^(?:Step-based|Background|Experiment|Blue\/green (?:pre|post)-promotion) analysis phase (?:is )?error\/failed: /,
  // Its name is long and made up: why and kubectl say it.
  /^experiment \S+ (?=begins$|waits |runs\b)/,
];

/** Why a card stands where it does, in at most so many letters: what is general goes first, so that what is cut off says least. */
export function reasonWords({ state }: Pick<Delivery, 'state'>, reason: string, maxLength: number): Mrkdwn {
  const words = withoutDigests(reason);
  // An invalid spec has the room for the whole sentence, and the headline has said whose it is.
  if (state === 'invalidSpec') return quote(words.replace(/^The Rollout "[^"]*" is invalid: /, ''), maxLength + 90);
  const essence = generalWords.reduce((rest, general) => rest.replace(general, '') || rest, words);
  return quote(essence.length <= maxLength ? essence : firstHand(essence), maxLength);
}

/** `success-rate: no such host` of `Metric "success-rate" assessed Error due to …: "Error Message: no such host"`. */
function firstHand(words: string): string {
  const [, metric, message] = /^metric "([^"]+)" assessed .*?: "?(?:Error Message: )?([^"]+)"?$/is.exec(words) ?? [];
  return message === undefined ? words : `${metric}: ${message}`;
}

/** Twelve letters of a digest tell images apart; sixty-four would push the buttons off the screen. */
function withoutDigests(words: string): string {
  return words.replace(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1…');
}
