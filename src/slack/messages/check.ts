import { type CheckAnswer, checkWords } from '../../operations/index.ts';
import type { AnswerView } from './answers.ts';
import type { Message } from './blocks.ts';
import { sayLines } from './long-answer.ts';
import { quote } from './mrkdwn.ts';

const mostMetrics = 40;
const longestLine = 400;

/** One line per metric: what it says now, its limit, what it can see, how long the query took. */
export function renderCheck(view: AnswerView, answer: CheckAnswer): Message {
  const { title, lines, foot } = checkWords(answer);
  const shown = lines.slice(0, mostMetrics).map(({ mark, text }) => `${mark} ${quote(text, longestLine)}`);
  if (lines.length > mostMetrics) shown.push(`+${lines.length - mostMetrics} more`);
  return sayLines(view, [`*Check of ${quote(title, 250)}*`, ...shown, `_${foot}_`], []);
}
