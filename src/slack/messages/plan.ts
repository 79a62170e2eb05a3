import { type PlanAnswer, planWords } from '../../operations/index.ts';
import type { Command } from '../commands/command.ts';
import { print } from '../commands/print.ts';
import type { AnswerView } from './answers.ts';
import type { Message } from './blocks.ts';
import { sayLines } from './long-answer.ts';
import { type Mrkdwn, quote } from './mrkdwn.ts';
import { versionOf } from './version.ts';

const longestLine = 400;

/** What a start would do, and the button that does it where this person may, here. */
export function renderPlan(view: AnswerView, command: Command, answer: PlanAnswer): Message {
  const { plan, access } = answer;
  const { title, rows } = planWords(answer);
  const lines: Mrkdwn[] = [`*Plan of ${quote(title, 250)}*`];
  for (const { label, lines: texts } of rows) {
    const [first = '', ...others] = texts.map((text) => quote(text, longestLine));
    lines.push(`*${label}* ${first}`, ...others.map((line) => `  • ${line}`));
  }
  lines.push(...channelLine(access));
  const changes = plan.images.filter(({ isSame }) => !isSame);
  const mayStart = changes.length > 0 && plan.problems.length === 0 && access.you.start === true && access.isBoundHere;
  const { namespace, name } = plan;
  const line = print({ ...command, verb: 'start', target: { namespace, name } });
  return sayLines(view, lines, mayStart ? [{ text: `Start ${name} ${versionOf(changes[0]?.to)}`, line }] : []);
}

function channelLine({ channel, isBoundHere }: PlanAnswer['access']): readonly Mrkdwn[] {
  if (channel === undefined) return ['*Channel* bound to none: nobody can start it from Slack'];
  if (isBoundHere) return [];
  return /^[CG][A-Z0-9]+$/.test(channel) ? [`*Channel* it is started from <#${channel}>`] : [];
}
