import { type AnswerView, say } from './answers.ts';
import { type Message, section } from './blocks.ts';
import type { Mrkdwn } from './mrkdwn.ts';

/** A section takes 3000 characters; what stands in more of these than a person scrolls through is not read. */
const longestSection = 2900;
const mostSections = 6;

/** An answer of many lines, over as many sections as it takes; lines that no section takes are counted, not cut in the middle. */
export function sayLines(view: AnswerView, said: readonly Mrkdwn[], buttons: Parameters<typeof say>[2]): Message {
  const lines = said.map(glued);
  const parts: Mrkdwn[] = [];
  let rest = lines.length;
  for (const line of lines) {
    const last = parts.at(-1);
    const isNew = last === undefined || last.length + line.length + 1 > longestSection;
    if (isNew && parts.length === mostSections) break;
    if (isNew) parts.push(line);
    else parts[parts.length - 1] = `${last}\n${line}`;
    rest--;
  }
  const [first = '', ...others] = parts;
  const message = say(view, first, buttons);
  const more = rest > 0 ? [`+${rest} more lines`] : [];
  const sections = [...others, ...more].map((words, index) => section(`words-${index + 2}`, words));
  const [head, ...tail] = message.blocks;
  return { ...message, blocks: head === undefined ? [] : [head, ...sections, ...tail] };
}

/** A number stays beside its unit where the line breaks. */
function glued(line: Mrkdwn): Mrkdwn {
  return line.replace(/(\d) (?=(?:%|ms|s|min|h)(?![\p{L}\p{N}]))/gu, '$1\u00a0');
}
