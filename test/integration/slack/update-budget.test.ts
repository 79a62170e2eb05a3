import { afterEach, expect, it } from 'vitest';
import { NotNowError } from '../../../src/lib/index.ts';
import type { CardPlace, MessagePlace } from '../../../src/notifications/index.ts';
import type { Delivery } from '../../../src/rollout/index.ts';
import { createSlackApi, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createSlackApp, type SlackApp, type SlackTools } from '../../../src/slack/index.ts';
import { aMetric, aTypicalDelivery, noonMs } from '../../support/a-delivery.ts';
import { noOperations } from '../../support/no-operations.ts';
import { silentLog } from '../../support/silent-log.ts';

let slack: SlackApi | undefined;
let app: SlackApp | undefined;
afterEach(async () => {
  await app?.stop();
  await slack?.stop();
});

const channels = Array.from({ length: 6 }, (_, index) => `C0SHIP${index}`);
const cardCount = 48;
const lastMs = 240_000;

/** One rollout as it goes: numbers every five seconds, a state now and then, and an end. */
interface Course {
  readonly channel: string;
  readonly endsAtMs: number;
  deliveryAt(atMs: number): Delivery;
}

function aCourse(index: number): Course {
  const endsAtMs = 60_000 + index * 3000;
  return {
    channel: channels[index % channels.length] ?? '',
    endsAtMs,
    deliveryAt(atMs) {
      const isOver = atMs >= endsAtMs;
      const underWay = Math.floor((atMs + index * 1000) / 40_000) % 2 === 0 ? 'checking' : 'moving';
      const state = isOver ? 'rolledBack' : underWay;
      const typical = aTypicalDelivery(state);
      const value = 0.95 + (Math.floor(atMs / 5000) % 50) / 1000;
      const name = `svc-${index}`;
      const binding = { ...typical.binding, uid: name };
      return { ...typical, name, uid: name, binding, metrics: isOver ? typical.metrics : [aMetric({ value })] };
    },
  };
}

/** Only tells: nobody asks it for anything. */
function openApp(standIn: SlackApi, changes: Pick<SlackTools, 'now' | 'liveCardsIn'>): SlackApp {
  return createSlackApp({
    settings: {
      botToken: standIn.botToken,
      mode: { kind: 'socket', appToken: standIn.appToken },
      slackApiUrl: standIn.apiUrl,
      command: '/rollout',
    },
    operations: noOperations,
    log: silentLog,
    signingKeys: ['a signing key of the tests'],
    clusterUid: () => '',
    ...changes,
  });
}

/** Slack's published limits, and four minutes of a busy workspace by one clock that both sides read. */
it('48 cards stay within what Slack allows, every end is seen at once, and numbers give way', async () => {
  let nowMs = noonMs;
  const standIn = await createSlackApi({
    limits: 'slack',
    nowMs: () => nowMs,
    channels: channels.map((id) => ({ id, name: id.toLowerCase() })),
  });
  slack = standIn;
  app = openApp(standIn, { now: () => nowMs });
  const { notifier } = app;
  const courses = Array.from({ length: cardCount }, (_, index) => aCourse(index));
  const cards = courses.map((course, index) => ({
    course,
    index,
    dueMs: index * 200,
    at: undefined as MessagePlace | undefined,
    digest: '',
    endShownMs: -1,
  }));
  for (;;) {
    const [next] = cards.toSorted((a, b) => a.dueMs - b.dueMs);
    if (next === undefined || next.dueMs > lastMs) break;
    nowMs = Math.max(nowMs, noonMs + next.dueMs);
    const delivery = next.course.deliveryAt(next.dueMs);
    const digest = notifier.digest(delivery);
    const comesBackMs = await (async () => {
      if (digest === next.digest) return untilNews(next.course, next.dueMs);
      try {
        const where = { channel: next.course.channel, at: next.at, thread: undefined, claim: delivery.name };
        const place: CardPlace = await notifier.showCard(delivery, where, AbortSignal.timeout(60_000));
        next.at = { channel: place.channel, ts: place.ts };
        next.digest = digest;
        if (delivery.state === 'rolledBack') next.endShownMs = next.dueMs;
        return untilNews(next.course, next.dueMs);
      } catch (error) {
        if (!(error instanceof NotNowError)) throw error;
        // The engine looks again when something happens, too: an end does not wait for the numbers before it.
        return Math.min(error.retryAfterMs, untilNews(next.course, next.dueMs));
      }
    })();
    next.dueMs += Math.max(1, comesBackMs);
  }

  const { calls, messages } = standIn.transcript();
  expect(calls.filter(({ status }) => status === 429)).toEqual([]);
  expect(messages).toHaveLength(cardCount);
  for (const message of messages) expect(message.versions.at(-1)?.text).toMatch(/rolled back$/);
  const delays = cards.map(({ course, endShownMs }) => endShownMs - course.endsAtMs);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(1000);
  // Four minutes of 45, and far less than the 2,000 that changed.
  const updates = calls.filter(({ method }) => method === 'chat.update').length;
  expect(updates).toBeLessThanOrEqual(4 * 45);
  expect(updates).toBeGreaterThan(100);
});

/** When this rollout has something else to show: its numbers, or its end. */
function untilNews({ endsAtMs }: Course, atMs: number): number {
  const numbers = 5000 - (atMs % 5000);
  return atMs < endsAtMs ? Math.min(numbers, endsAtMs - atMs) : numbers;
}

it('above twenty live cards in a channel numbers stop, and changes of state do not', async () => {
  const standIn = await createSlackApi();
  slack = standIn;
  let liveCards = 20;
  let nowMs = noonMs;
  app = openApp(standIn, { liveCardsIn: () => liveCards, now: () => (nowMs += 2000) });
  const { notifier } = app;
  const channel = 'C0SHIPSHOP';
  const withNumber = (value: number) => ({ ...aTypicalDelivery('checking'), metrics: [aMetric({ value })] });
  const show = (delivery: Delivery, at?: MessagePlace) =>
    notifier.showCard(delivery, { channel, at, thread: undefined, claim: 'one' }, AbortSignal.timeout(60_000));
  const versions = () => standIn.transcript().messages[0]?.versions.length;

  const at = await show(withNumber(0.96));
  await show(withNumber(0.97), at);
  expect(versions()).toBe(2);
  liveCards = 21;
  expect(await show(withNumber(0.98), at)).toMatchObject({ isLeft: true });
  expect(versions()).toBe(2);
  await show(aTypicalDelivery('gate'), at);
  expect(versions()).toBe(3);
  liveCards = 20;
  await show({ ...aTypicalDelivery('gate'), metrics: [aMetric({ value: 0.99 })] }, at);
  expect(versions()).toBe(4);
});
