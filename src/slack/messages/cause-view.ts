import type { Why } from '../../operations/index.ts';
import type { Cause, Delivery } from '../../rollout/index.ts';
import { print } from '../commands/print.ts';
import { code, type Mrkdwn, quote } from './mrkdwn.ts';

/** A cause in words: what is so, who can change it, and what to type next. */
export interface CauseWords {
  /** One sentence, without its mark. */
  readonly title: Mrkdwn;
  readonly details: readonly Mrkdwn[];
  readonly who: Mrkdwn;
  /** Whole lines for Slack or a terminal. */
  readonly next: readonly string[];
}

/** What the words are about, and what a line begins with. */
export interface CauseView {
  readonly delivery: Delivery;
  /** `/rollout` */
  readonly command: string;
  readonly nameOf: (user: string) => string | undefined;
  readonly mayDo: Why['mayDo'];
}

/** Of those who may, so many are named. */
const mostNamed = 4;

export type Of<Kind extends Cause['kind']> = Extract<Cause, { readonly kind: Kind }>;

export const owner = "whoever keeps this rollout's manifests";

export function pair(label: string, value: string): Mrkdwn {
  return code(quote(`${label}=${value}`, 150));
}

/** Others' words: whatever they hold, they neither format nor leak. */
export function words(text: string): Mrkdwn {
  return `_${quote(text, 600)}_`;
}

export function mayAsk({ delivery, mayDo, nameOf }: CauseView, verb: 'promote' | 'resume'): Mrkdwn {
  const who = `who may \`${verb}\` in ${quote(delivery.namespace, 63)}`;
  const subjects = mayDo?.[verb];
  if (subjects === undefined) return `${who} (role stepwise-deployer has it)`;
  if (subjects.length === 0) return `${who}: nobody yet, no binding gives it (role stepwise-deployer has it)`;
  const named = subjects.slice(0, mostNamed).map((subject) => quote(nameOf(subject) ?? subject, 60));
  const more = subjects.length > mostNamed ? ` and ${subjects.length - mostNamed} more` : '';
  return `${who}: ${named.join(', ')}${more}`;
}

export function rolloutLine(
  { command, delivery }: CauseView,
  verb: 'promote' | 'abort' | 'resume' | 'skip' | 'finish',
): string {
  const { namespace, name } = delivery;
  return `${command} ${print({ verb, target: { namespace, name } })}`;
}

export function kubectl({ delivery }: CauseView, words: string): string {
  return `kubectl -n ${delivery.namespace} ${words}`;
}
