import { NotNowError } from '../../../src/lib/index.ts';
import type { Answer, HomeFacts, Operations, RolloutName, Wish } from '../../../src/operations/index.ts';
import type { Delivery } from '../../../src/rollout/index.ts';
import { createSlackApi, type SlackApi, type SlackApiOptions } from '../../../src/sandbox/slack-api/index.ts';
import { createSlackApp, type SlackApp, type SlackTools } from '../../../src/slack/index.ts';
import { aDelivery, aTypicalDelivery } from '../../support/a-delivery.ts';
import { aCheckAnswer, aPlanAnswer } from '../../support/a-plan.ts';
import { aStartForm } from '../../support/a-start-form.ts';
import { silentLog } from '../../support/silent-log.ts';

export const channel = 'C0SHIPSHOP';

/** What was asked of the operations, in order. */
export interface AskedOperation {
  readonly verb: string;
  readonly wish: Wish & Readonly<Record<string, unknown>>;
}

export interface World {
  readonly slack: SlackApi;
  readonly app: SlackApp;
  readonly asked: AskedOperation[];
  /** What the operations know; tests change it. */
  readonly known: {
    delivery: Delivery;
    answer: Answer | undefined;
    card: { channel: string; ts: string } | undefined;
    startable: RolloutName[];
    home: HomeFacts;
    form: Awaited<ReturnType<Operations['startForm']>>;
    fails: boolean;
    hangs: boolean | Promise<void>;
  };
  stop(): Promise<void>;
}

/** The real Bolt against the stand-in workspace; the operations only note what they were asked. */
export async function openWorld(
  options: SlackApiOptions = {},
  changes: Partial<Omit<SlackTools, 'settings'>> & { readonly settings?: Partial<SlackTools['settings']> } = {},
): Promise<World> {
  // A busy machine acknowledges late, and nothing here is about Slack's three seconds.
  const slack = await createSlackApi({ ackTimeoutMs: 60_000, ...options });
  const asked: AskedOperation[] = [];
  const known: World['known'] = {
    delivery: aTypicalDelivery('checking'),
    answer: undefined,
    card: undefined,
    home: { moving: [], more: 0, changes: { changes: [], more: 0 }, seesNothing: false },
    startable: [{ namespace: 'shop', name: 'checkout' }],
    form: { done: true, form: aStartForm() },
    fails: false,
    hangs: false,
  };
  const act =
    (verb: string) =>
    async (wish: Wish): Promise<Answer> => {
      asked.push({ verb, wish: { ...wish } });
      if (known.fails) throw new Error('the API server does not answer');
      if (known.hangs === true) await new Promise(() => undefined);
      await known.hangs;
      const target = { namespace: wish.target.namespace ?? 'shop', name: wish.target.name };
      return known.answer ?? { done: true, target, card: known.card, facts: {} };
    };
  const lookAt = async (wish: Wish) => {
    if (known.answer?.done === false) return known.answer;
    asked.push({ verb: 'look', wish: { ...wish } });
    return { done: true as const, delivery: known.delivery, card: known.card };
  };
  const operations: Operations = {
    start: act('start'),
    tryStart: async (wish) => {
      const target = { namespace: wish.target.namespace ?? 'shop', name: wish.target.name };
      const image = `${wish.images[0]?.image}`;
      const { answer } = known;
      return answer?.done === false ? answer : { done: true, target, card: undefined, facts: { image, from: 'a:1' } };
    },
    startForm: async () => known.form,
    startable: async () => known.startable,
    home: async () => known.home,
    promote: act('promote'),
    finish: act('finish'),
    skip: act('skip'),
    terminate: act('terminate'),
    askTerminate: async (wish) => operations.ask('skip', wish),
    pause: act('pause'),
    resume: act('resume'),
    abort: act('abort'),
    retry: act('retry'),
    undo: act('undo'),
    restart: act('restart'),
    giveReason: act('giveReason'),
    check: async (wish) => {
      asked.push({ verb: 'check', wish: { ...wish } });
      return known.answer?.done === false ? known.answer : aCheckAnswer();
    },
    plan: async (wish) => {
      asked.push({ verb: 'plan', wish: { ...wish } });
      return known.answer?.done === false ? known.answer : aPlanAnswer();
    },
    status: lookAt,
    doctor: async () => [],
    guestRefused: () => undefined,
    why: async (wish) => {
      const seen = await lookAt(wish);
      return seen.done
        ? { ...seen, diagnosis: { first: undefined, others: [] }, verdict: undefined, mayDo: undefined, unread: [] }
        : seen;
    },
    list: async () => [known.delivery],
    ask: async (verb, wish) => {
      const look = await lookAt(wish);
      return look.done ? { ...look, facts: {}, needsReason: verb === 'finish' || verb === 'skip' } : look;
    },
    history: async ({ target }) => ({ done: true, target: { namespace: 'shop', name: target.name }, revisions: [] }),
    changes: async () => ({ changes: [], more: 0 }),
    where: async () => [],
    mayStartIn: async () => [],
  };
  const { settings, ...rest } = changes;
  const app = createSlackApp({
    settings: {
      botToken: slack.botToken,
      mode: { kind: 'socket', appToken: slack.appToken },
      slackApiUrl: slack.apiUrl,
      command: '/rollout',
      ...settings,
    },
    operations,
    log: silentLog,
    signingKeys: ['a signing key of the tests'],
    clusterUid: () => aDelivery('checking').clusterUid,
    ...rest,
  });
  await app.start();
  return {
    slack,
    app,
    asked,
    known,
    async stop() {
      await app.stop();
      await slack.stop();
    },
  };
}

/** Waits until the world is so; says what it was instead. */
export async function eventually<T>(read: () => T | undefined | false, what: string, timeoutMs = 60_000): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > endMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** Does what the engine does with "not now": comes back when it was told to. */
export async function untilSent<T>(send: () => Promise<T>, mostMs = 5000): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof NotNowError) || tries > 10 || error.retryAfterMs > mostMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs));
    }
  }
}

/** The newest message that this person alone saw. */
export function answerTo(world: World, user: string, after = 0): string | undefined {
  const last = answersTo(world, user).slice(after).at(-1)?.versions.at(-1);
  // A header keeps some words together with spaces that do not break.
  return last === undefined ? undefined : JSON.stringify(last.blocks).replaceAll('\u00a0', ' ');
}

export function answersTo(world: World, user: string) {
  return world.slack.transcript().messages.filter((message) => message.onlyFor === user);
}

/** Messages in the channel, for everybody. */
export function publicMessages(world: World) {
  return world.slack
    .transcript()
    .messages.filter((message) => message.onlyFor === undefined && message.user === world.slack.botUserId);
}
