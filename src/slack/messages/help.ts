import type { Target } from '../../operations/index.ts';
import type { Parsed } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import { type VerbName, verbNamed, verbNames, verbs } from '../commands/verbs.ts';
import { type AnswerView, copyable, flagsOf, say } from './answers.ts';
import type { Message } from './blocks.ts';
import { capital, code, escapeText } from './mrkdwn.ts';

/** Generated from the verb table. */
export function renderHelp(view: AnswerView, about: VerbName | undefined): Message {
  if (about !== undefined) {
    const verb = verbNamed(about);
    const also = verb.aliases.length === 0 ? '' : `\nAlso: ${verb.aliases.join(', ')}`;
    const flags = verb.flags.length === 0 ? '' : `\nTakes: ${flagsOf(about)}`;
    const reason = verb.needsReason === true ? '\nNeeds a reason: `because …`' : '';
    const when = verb.when === 'later' ? '\nComes later.' : '';
    return say(view, `${copyable(view, verb.usage)}\n${capital(verb.about)}.${also}${flags}${reason}${when}`);
  }
  const now = verbNames.filter((name) => verbNamed(name).when === 'now');
  const lines = now.map((name) => `${copyable(view, verbs[name].usage)}  ${verbs[name].about}`);
  const later = verbNames.filter((name) => verbNamed(name).when !== 'now').join(' ');
  return say(
    view,
    `${lines.join('\n')}\nA name is \`name\` or \`namespace/name\`; a reason follows \`because\`. In a card's thread, mention me and leave the name out.\nLater: ${escapeText(later)}`,
  );
}

/** A verb that comes later: nothing was done, and what works today instead. */
export function renderLater(
  view: AnswerView,
  { what }: Extract<Parsed, { kind: 'later' }>,
  target: Target | undefined,
): Message {
  const { about, instead = '' } = verbNamed(what);
  const name = target === undefined ? 'checkout' : print({ verb: 'status', target }).replace(/^status /, '');
  const lines = instead.split(' | ').filter((words) => /^[a-z]+ </.test(words));
  const copies = lines.map((line) => line.replace('<name>', name));
  const works = copies.length === 0 ? instead : copies.map((line) => copyable(view, line)).join(' or ');
  const buttons = target === undefined ? [] : copies.map((line) => ({ text: capital(line), line }));
  const words = `${code(what)} (${about}) comes later. Nothing was done.${works === '' ? '' : `\nWhat works today: ${works}`}`;
  return say(view, words, [...buttons, { text: 'Help', line: 'help' }]);
}
