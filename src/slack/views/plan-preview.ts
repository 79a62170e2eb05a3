import { formatDuration, formatPercent } from '../../lib/index.ts';
import type { Plan } from '../../rollout/index.ts';
import { type Mrkdwn, quote } from '../messages/mrkdwn.ts';

const mostMetrics = 4;

/** The plan in a few lines: its weights, what stands between them, what is measured, and how long it takes if all goes well. */
export function renderPlanPreview(plan: Plan): Mrkdwn {
  const weights = plan.steps.flatMap((step) => (step.kind === 'weight' ? [step.percent] : []));
  const all = weights.at(-1) === 100 ? weights : [...weights, 100];
  const lines = [`${shown(all.map(formatPercent), 12, ' · ')} %`, between(plan), measured(plan)];
  if (plan.problems.length > 0) lines.push(`⚠️ Nothing would move: ${quote(plan.problems[0] ?? '', 300)}`);
  return lines.filter((line) => line !== '').join('\n');
}

function between({ gates, time }: Plan): Mrkdwn {
  const waits = gates === 0 ? 'no gate' : `${gates} ${gates === 1 ? 'gate waits' : 'gates wait'} for a person`;
  const least = time.leastMs === 0 ? '' : `, at least ${formatDuration(time.leastMs)}`;
  return `${waits}${least}`;
}

function measured({ steps, background }: Plan): Mrkdwn {
  const analyses = steps.flatMap((step) => (step.kind === 'analysis' ? [step.analysis] : []));
  if (background !== undefined) analyses.push(background.analysis);
  const problem = analyses.find((analysis) => analysis.problem !== undefined)?.problem;
  if (problem !== undefined) return `⚠️ ${quote(problem, 300)}`;
  const names = new Map<string, boolean>();
  for (const { name, sight } of analyses.flatMap(({ metrics }) => metrics))
    names.set(name, sight.kind === 'blind' || names.get(name) === true);
  if (names.size === 0) return 'Nothing is measured.';
  const metrics = [...names].map(([name, isBlind]) => `${quote(name, 60)}${isBlind ? ' (blind)' : ''}`);
  return `Measures ${shown(metrics, mostMetrics, ', ')}`;
}

function shown(words: readonly string[], most: number, between: string): string {
  const rest = words.length > most ? `${between}+${words.length - most}` : '';
  return `${words.slice(0, most).join(between)}${rest}`;
}
