import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createServerClock } from '../../../src/kubernetes/server-clock.ts';

/** A server whose clock is `offsetMs` ahead of the monotonic one, asked over a network that takes its time. */
function world(offsetMs: number) {
  let monotonicMs = 0;
  let skewMs = 0;
  const clock = createServerClock(() => monotonicMs);
  return {
    clock,
    trueMs: () => monotonicMs + offsetMs + skewMs,
    pass(ms: number) {
      monotonicMs += ms;
    },
    setServerClock(byMs: number) {
      skewMs += byMs;
    },
    ask(thereMs: number, backMs: number) {
      const sentMs = monotonicMs;
      monotonicMs += thereMs;
      const date = new Date(Math.floor((monotonicMs + offsetMs + skewMs) / 1000) * 1000).toUTCString();
      monotonicMs += backMs;
      clock.observe(date, sentMs, monotonicMs);
    },
  };
}

const offset = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
const trip = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }));
const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), trip), { minLength: 1, maxLength: 50 });

test('is never ahead of the server, and behind by no more than it says', () => {
  fc.assert(
    fc.property(offset, asks, (offsetMs, questions) => {
      const { clock, pass, ask, trueMs } = world(offsetMs);
      for (const [pauseMs, [thereMs, backMs]] of questions) {
        pass(pauseMs);
        ask(thereMs, backMs);
        const behindMs = trueMs() - clock.nowMs();
        expect(behindMs).toBeGreaterThanOrEqual(0);
        expect(behindMs).toBeLessThanOrEqual(clock.uncertaintyMs() + 1);
      }
    }),
  );
});

test('asked at the best moments, it is known to a few hundredths of a second soon', () => {
  fc.assert(
    fc.property(
      offset,
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20, maxLength: 20 }),
      (offsetMs, trips) => {
        const { clock, pass, ask } = world(offsetMs);
        ask(1, 1);
        for (const tripMs of trips.slice(0, 9)) {
          pass(clock.bestProbeInMs());
          ask(tripMs, tripMs);
        }
        expect(clock.uncertaintyMs()).toBeLessThan(30);
      },
    ),
  );
});

test('follows a server whose clock was set', () => {
  fc.assert(
    fc.property(offset, fc.integer({ min: -100_000, max: 100_000 }), (offsetMs, byMs) => {
      fc.pre(Math.abs(byMs) > 3000);
      const { clock, pass, ask, trueMs, setServerClock } = world(offsetMs);
      for (let i = 0; i < 10; i++) {
        pass(137);
        ask(2, 2);
      }
      setServerClock(byMs);
      ask(2, 2);
      expect(Math.abs(trueMs() - clock.nowMs())).toBeLessThanOrEqual(1010);
    }),
  );
});

test('without a Date header it is the clock of this machine', () => {
  const clock = createServerClock();
  clock.observe(undefined, 0, 1);
  clock.observe('yesterday', 0, 1);
  expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1000);
  expect(clock.bestProbeInMs()).toBe(1000);
});
