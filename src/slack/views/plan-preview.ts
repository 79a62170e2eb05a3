import { type PlanAnswer, planWords } from '../../operations/index.ts';
import { type Mrkdwn, quote } from '../messages/mrkdwn.ts';

const longestLine = 400;
/** Said by the form itself, next to the plan. */
const saidElsewhere: ReadonlySet<string> = new Set(['Image', 'Under way', 'Who may']);

/** The plan in the words of `plan`, without what the form says already. */
export function renderPlanPreview(answer: PlanAnswer): Mrkdwn {
  const lines: Mrkdwn[] = [];
  for (const { label, lines: texts } of planWords(answer).rows) {
    if (saidElsewhere.has(label)) continue;
    const [first = '', ...others] = texts.map((text) => quote(text, longestLine));
    lines.push(`*${label}* ${first}`, ...others.map((line) => `  • ${line}`));
  }
  return lines.join('\n');
}
