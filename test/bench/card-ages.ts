import type { Arena } from './arena.ts';
import { spreadOf } from './statistics.ts';

/** How far a card's headline says its rollout has come; what comes later shows what came before. */
function rankOf(headline: string): number {
  if (/rolled back|not verified|going back/.test(headline)) return 2000;
  if (headline.includes('is live')) return 1000;
  return Number(/ at ([\d.]+) %/.exec(headline)?.[1] ?? 0);
}

/** From each weight written at the router to the first version of the card that shows it, or something later. */
export function cardAges({ slack, ledger, fleet }: Arena, sinceMs: number) {
  const cards = new Map<string, { readonly atMs: number; readonly rank: number }[]>();
  for (const { versions } of slack.transcript().messages) {
    const headline = versions[0]?.text ?? '';
    const name = /(svc-\d+) 2\.0\.0/.exec(headline)?.[1];
    if (name === undefined || cards.has(name)) continue;
    cards.set(
      name,
      versions.map(({ atMs, text }) => ({ atMs, rank: rankOf(text) })),
    );
  }
  const ages: number[] = [];
  let unshown = 0;
  for (const { rollout, weight, atMs } of ledger.weights) {
    if (atMs < sinceMs || weight === 0) continue;
    const shown = cards.get(rollout)?.find((version) => version.atMs >= atMs && version.rank >= weight);
    if (shown === undefined) unshown += 1;
    else ages.push(shown.atMs - atMs);
  }
  return {
    how: 'API time of the weight → the first version of the card at the Slack stand-in that shows it or something later',
    ageMs: spreadOf(ages),
    notShownYet: unshown,
    cards: cards.size,
    of: fleet.names.length,
  };
}
