import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CountedDenial, createDenials, type Denial } from '../../../src/records/index.ts';
import { aRollout } from '../../support/builders.ts';
import { silentLog } from '../../support/silent-log.ts';

const minute = 60_000;
const promote: Denial = { verb: 'promote', by: 'U0VERA', reason: 'notAllowed' };
const checkout = aRollout().build();

interface Written {
  readonly name: string;
  readonly lines: readonly CountedDenial[];
}

let written: Written[];
let isBroken: boolean;

function open() {
  return createDenials({
    write: async (rollout, lines) => {
      if (isBroken) throw new Error('the API server is away');
      written.push({ name: rollout.metadata.name, lines });
    },
    nowMs: Date.now,
    log: silentLog,
  });
}

const timesOf = (lines: readonly CountedDenial[]) => lines.map(({ times }) => times);
const sumOf = (all: readonly Written[]) => all.flatMap(({ lines }) => timesOf(lines)).reduce((a, b) => a + b, 0);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  written = [];
  isBroken = false;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('denials', () => {
  it('one is written within a second, with who, what and why', async () => {
    const atMs = Date.now();
    open().tell(checkout, promote);
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toEqual([{ name: 'checkout', lines: [{ ...promote, times: 1, firstAtMs: atMs, lastAtMs: atMs }] }]);
  });

  it('the same ones are one line with their number; others have lines of their own', async () => {
    const denials = open();
    for (let n = 0; n < 5; n++) denials.tell(checkout, promote);
    denials.tell(checkout, { ...promote, by: 'U0GUEST' });
    denials.tell(checkout, { ...promote, reason: 'staleCard' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(written.map(({ lines }) => timesOf(lines))).toEqual([[5, 1, 1]]);
  });

  it('who presses a button every ten seconds of a day costs a few dozen writes, and each click is counted', async () => {
    const denials = open();
    for (let press = 0; press < 6 * 60 * 24; press++) {
      denials.tell(checkout, promote);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    await denials.stop();
    expect(written.length).toBeLessThan(35);
    expect(written.every(({ lines }) => lines.length === 1)).toBe(true);
    expect(sumOf(written)).toBe(6 * 60 * 24);
  });

  it('a crowd is counted together beyond ten lines', async () => {
    const denials = open();
    for (let n = 0; n < 500; n++) denials.tell(checkout, { ...promote, by: `U${n}` });
    await vi.advanceTimersByTimeAsync(1000);
    expect(written[0]?.lines).toHaveLength(11);
    expect(written[0]?.lines.at(-1)).toMatchObject({ verb: 'others', by: '', times: 490 });
    expect(sumOf(written)).toBe(500);
  });

  it('each rollout has its own count, and a quiet while begins anew', async () => {
    const denials = open();
    denials.tell(checkout, promote);
    denials.tell(aRollout().named('cart').build(), promote);
    await vi.advanceTimersByTimeAsync(1000);
    expect(written.map(({ name }) => name)).toEqual(['checkout', 'cart']);
    await vi.advanceTimersByTimeAsync(minute);
    denials.tell(checkout, promote);
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(3);
  });

  it('what could not be written is written with the next', async () => {
    const denials = open();
    isBroken = true;
    denials.tell(checkout, promote);
    await vi.advanceTimersByTimeAsync(1000);
    isBroken = false;
    denials.tell(checkout, promote);
    await vi.advanceTimersByTimeAsync(minute);
    expect(written.map(({ lines }) => timesOf(lines))).toEqual([[2]]);
  });

  it('the last ones are written when it stops', async () => {
    const denials = open();
    denials.tell(checkout, promote);
    await denials.stop();
    expect(sumOf(written)).toBe(1);
  });

  it('more rollouts than it counts cost nothing', async () => {
    const denials = open();
    for (let n = 0; n < 600; n++) denials.tell(aRollout().named(`shop-${n}`).build(), promote);
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(500);
  });
});
