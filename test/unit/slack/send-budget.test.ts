import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createBudget, type Urgency } from '../../../src/slack/send-budget.ts';

// A busy machine is given time: what is held here are limits, not speed.
vi.setConfig({ testTimeout: 60_000 });

function aBudget(perMinute = 45, burst = 20) {
  const clock = { nowMs: 1_000_000 };
  return { clock, budget: createBudget({ perMinute, burst, now: () => clock.nowMs }) };
}

interface Asked {
  readonly card: string;
  readonly urgency: Urgency;
  readonly atMs: number;
}

interface Sent extends Asked {
  readonly sentMs: number;
}

/** Everybody comes back exactly when told to; gives what was sent, in order. */
function run(cards: readonly Asked[], untilMs: number, options: { perMinute?: number; burst?: number } = {}): Sent[] {
  const { clock, budget } = aBudget(options.perMinute, options.burst);
  const sent: Sent[] = [];
  const due = cards.map((card) => ({ ...card, dueMs: card.atMs }));
  while (due.length > 0) {
    due.sort((a, b) => a.dueMs - b.dueMs);
    const [next] = due;
    if (next === undefined || next.dueMs > untilMs) break;
    clock.nowMs = 1_000_000 + next.dueMs;
    const waitMs = budget.take(next.card, next.urgency);
    if (waitMs > 0) next.dueMs += waitMs;
    else {
      sent.push({ card: next.card, urgency: next.urgency, atMs: next.atMs, sentMs: next.dueMs });
      due.splice(due.indexOf(next), 1);
    }
  }
  return sent;
}

const urgencies = ['final', 'change', 'numbers'] as const;
const rank = (urgency: Urgency) => urgencies.indexOf(urgency);

/** Crowds of any mixture, and how many a minute may hold. */
const crowd = fc.tuple(
  fc.array(fc.record({ urgency: fc.constantFrom(...urgencies), atMs: fc.nat(15_000) }), {
    minLength: 60,
    maxLength: 140,
  }),
  fc.constantFrom(22, 45),
);
const asAsked = (cards: readonly { urgency: Urgency; atMs: number }[]): Asked[] =>
  cards.map((card, index) => ({ ...card, card: `c${index}` }));

describe('for any crowd, the budget', () => {
  it('lets no more through in any minute than the minute may hold', () => {
    fc.assert(
      fc.property(crowd, ([cards, perMinute]) => {
        const times = run(asAsked(cards), 600_000, { perMinute }).map(({ sentMs }) => sentMs);
        for (const [index, time] of times.entries()) {
          const sixtySecondsLater = times[index + perMinute];
          if (sixtySecondsLater !== undefined) expect(sixtySecondsLater - time).toBeGreaterThanOrEqual(60_000);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('lets nobody overtake who waits for something more urgent', () => {
    fc.assert(
      fc.property(crowd, ([cards, perMinute]) => {
        const sent = run(asAsked(cards), 3_600_000, { perMinute });
        for (const [index, late] of sent.entries()) {
          for (const early of sent.slice(0, index)) {
            // `early` was asked while `late` waited already, and went first though it matters less.
            const isOvertaken = early.atMs > late.atMs && rank(early.urgency) > rank(late.urgency);
            expect(isOvertaken && early.sentMs < late.sentMs).toBe(false);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('serves everybody in the end, once', () => {
    fc.assert(
      fc.property(crowd, ([cards, perMinute]) => {
        const sent = run(asAsked(cards), 3_600_000, { perMinute }).map(({ card }) => card);
        expect(sent.toSorted()).toEqual(
          asAsked(cards)
            .map(({ card }) => card)
            .toSorted(),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('has room for three ends at once, however many changes and numbers ask', () => {
    fc.assert(
      fc.property(crowd, fc.nat(60_000), ([cards, perMinute], atMs) => {
        const lesser = cards.filter(({ urgency }) => urgency !== 'final');
        const ends = [0, 1, 2].map((index) => ({ card: `end-${index}`, urgency: 'final' as const, atMs }));
        const sent = run([...asAsked(lesser), ...ends], 3_600_000, { perMinute });
        for (const end of sent.filter(({ urgency }) => urgency === 'final')) expect(end.sentMs).toBe(atMs);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the budget', () => {
  it.each([
    // All at once: what people wait for, then what changed, then numbers.
    [{ final: 5, change: 5, numbers: 5 }, 'fffffccccc', 1000],
    [{ final: 0, change: 30, numbers: 30 }, 'cccccccccccccccc', 1000],
    [{ final: 0, change: 0, numbers: 30 }, 'nnnnn', 1000],
    [{ final: 30, change: 0, numbers: 30 }, 'ffffffffffffffffffff', 1000],
  ])('of %j sends %s in the first second', (counts, expected, untilMs) => {
    const cards = urgencies.flatMap((urgency) =>
      Array.from({ length: counts[urgency] }, (_, index) => ({ card: `${urgency}-${index}`, urgency, atMs: 0 })),
    );
    const letters = run(cards, untilMs).map(({ urgency }) => urgency[0]);
    expect(letters.join('').startsWith(expected)).toBe(true);
    expect(letters.length).toBeLessThanOrEqual(expected.length + 1);
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

  it('keeps the place in line of a card whose matter became more urgent', () => {
    const { clock, budget } = aBudget();
    for (let card = 0; card < 60; card++) budget.take(`busy-${card}`, 'change');
    expect(budget.take('mine', 'numbers')).toBeGreaterThan(20_000);
    clock.nowMs += 250;
    expect(budget.take('mine', 'final')).toBe(0);
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
