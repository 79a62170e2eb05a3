import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBudget, type Urgency } from '../../../src/slack/send-budget.ts';

function aBudget(perMinute = 45, burst = 20) {
  const clock = { nowMs: 1_000_000 };
  return { clock, budget: createBudget({ perMinute, burst, now: () => clock.nowMs }) };
}

/** Comes back exactly when told to; returns the times of the sends in order. */
function run(
  cards: readonly { readonly card: string; readonly urgency: Urgency; readonly atMs: number }[],
  untilMs: number,
) {
  const { clock, budget } = aBudget();
  const sent: { card: string; urgency: Urgency; atMs: number }[] = [];
  const due = cards.map((card) => ({ ...card, dueMs: card.atMs }));
  while (due.length > 0) {
    due.sort((a, b) => a.dueMs - b.dueMs);
    const [next] = due;
    if (next === undefined || next.dueMs > untilMs) break;
    clock.nowMs = 1_000_000 + next.dueMs;
    const waitMs = budget.take(next.card, next.urgency);
    if (waitMs > 0) next.dueMs += waitMs;
    else {
      sent.push({ card: next.card, urgency: next.urgency, atMs: next.dueMs });
      due.splice(due.indexOf(next), 1);
    }
  }
  return sent;
}

describe('the budget', () => {
  it('never lets more than its rate and its burst through in a minute', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60_000), { minLength: 150, maxLength: 300 }), (times) => {
        const cards = times.map((atMs, index) => ({ card: `c${index}`, urgency: 'change' as const, atMs }));
        const firstMinute = run(cards, 60_000).filter(({ atMs }) => atMs < 60_000);
        expect(firstMinute.length).toBeLessThanOrEqual(45 + 20);
      }),
      { numRuns: 20 },
    );
  });

  it('holds nobody up for those who do not come back, because another replica served them', () => {
    const { clock, budget } = aBudget(60, 3);
    const ask = () => {
      for (let card = 0; card < 10; card++) {
        clock.nowMs += 1;
        budget.take(`gone-${card}`, 'change');
      }
    };
    ask();
    clock.nowMs += 1;
    expect(budget.take('here', 'change')).toBeGreaterThan(5000);
    clock.nowMs += 20_000;
    expect(budget.take('here', 'change')).toBe(0);
    ask();
    clock.nowMs += 14_000;
    expect(budget.take('later', 'change')).toBe(0);
  });

  it('serves everybody in the end', () => {
    const cards = Array.from({ length: 100 }, (_, index) => ({
      card: `c${index}`,
      urgency: 'numbers' as const,
      atMs: 0,
    }));
    expect(run(cards, 600_000)).toHaveLength(100);
  });

  it('lets what people wait for go before a crowd of numbers', () => {
    const numbers = Array.from({ length: 60 }, (_, index) => ({
      card: `n${index}`,
      urgency: 'numbers' as const,
      atMs: 0,
    }));
    const sent = run([...numbers, { card: 'rolled-back', urgency: 'final', atMs: 5000 }], 600_000);
    expect(sent.find(({ card }) => card === 'rolled-back')?.atMs).toBe(5000);
  });

  it('keeps a second between the numbers of one card, not before its change', () => {
    const { clock, budget } = aBudget();
    expect(budget.take('card', 'numbers')).toBe(0);
    clock.nowMs += 200;
    expect(budget.take('card', 'numbers')).toBe(800);
    expect(budget.take('card', 'change')).toBe(0);
  });

  it('stops for as long as Slack says, and goes slower after it', () => {
    const { clock, budget } = aBudget();
    budget.limited(30_000);
    expect(budget.take('card', 'final')).toBe(30_000);
    clock.nowMs += 30_000;
    expect(budget.take('card', 'final')).toBe(0);
  });
});
