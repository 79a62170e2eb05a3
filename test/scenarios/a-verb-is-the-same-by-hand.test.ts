import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { allow } from '../support/allow.ts';
import {
  channelOf,
  type FrontDesk,
  isAtGate,
  isLive,
  openFrontDesk,
  type RolloutSeen,
  type Told,
} from '../support/front-desk.ts';
import { openPods, type Pods } from '../support/pods-of.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

// Each verb twice: typed in Slack, and as the raw request that Argo's own client makes. What comes of it is the same.

const gates = [{ setWeight: 50 }, { pause: {} }, { setWeight: 100 }, { pause: {} }];
const isAborted = ({ status }: RolloutSeen) => status.abort === true && /^RolloutAborted/.test(status.message ?? '');
const isPaused = ({ status }: RolloutSeen) => status.message === 'manually paused';
const isAt = (index: number) => (rollout: RolloutSeen) =>
  isAtGate(rollout) && rollout.status.currentStepIndex === index;
const status = (change: object) => [{ subresource: 'status', change: { status: change } }] as const;
const spec = (change: object) => [{ change: { spec: change } }] as const;

interface Row {
  readonly verb: string;
  /** Brings it where the verb makes sense. */
  readonly before: (name: string) => Promise<unknown>;
  readonly typed: string;
  /** The button of the question that comes first. */
  readonly button?: string;
  readonly raw: (name: string) => Promise<readonly { readonly subresource?: 'status'; readonly change: object }[]>;
  readonly isDone: (rollout: RolloutSeen) => boolean;
}

const rows: readonly Row[] = [
  { verb: 'abort', before: toGate, typed: 'abort', raw: async () => status({ abort: true }), isDone: isAborted },
  { verb: 'retry', before: toAborted, typed: 'retry', raw: async () => status({ abort: false }), isDone: isAt(1) },
  { verb: 'pause', before: toGate, typed: 'pause', raw: async () => spec({ paused: true }), isDone: isPaused },
  { verb: 'resume', before: toPaused, typed: 'resume', raw: async () => spec({ paused: false }), isDone: isAt(1) },
  {
    verb: 'promote',
    before: toGate,
    typed: 'promote',
    raw: async () => status({ pauseConditions: null }),
    isDone: isAt(3),
  },
  {
    verb: 'skip',
    before: toPodless,
    typed: 'skip because they never come',
    button: 'skip',
    raw: async () => status({ pauseConditions: null, currentStepIndex: 1 }),
    isDone: isAt(1),
  },
  {
    verb: 'finish',
    before: toGate,
    typed: 'finish because it is fine',
    button: 'finish',
    raw: async () => status({ promoteFull: true }),
    isDone: isLive,
  },
  {
    verb: 'start',
    before: async () => undefined,
    typed: 'start 3',
    raw: async (name) => spec({ template: await templateOf(name, 'shop:3') }),
    isDone: isAt(1),
  },
  {
    verb: 'undo',
    before: toSecond,
    typed: 'undo --with-steps',
    button: 'line-1',
    raw: async (name) => spec({ template: await templateOf(name, 'shop:1') }),
    isDone: isAt(1),
  },
  {
    verb: 'restart',
    before: async () => undefined,
    typed: 'restart',
    raw: async () => spec({ restartAt: new Date(Math.floor(Date.now() / 1000) * 1000).toISOString() }),
    isDone: (rollout) => isLive(rollout) && Restarted.safeParse(rollout).success,
  },
];
const Restarted = z.looseObject({
  spec: z.looseObject({ restartAt: z.string() }),
  status: z.looseObject({ restartedAt: z.string() }),
});
const names = (verb: string) => [`${verb}-typed`, `${verb}-by-hand`] as const;
const all = rows.flatMap(({ verb }) => names(verb));

let desk: FrontDesk;
let redis: RedisServer | undefined;
let pods: Pods;

beforeAll(async () => {
  // The embedded queue is slow for so many at once.
  redis = hasRedisServer() ? await startRedisServer('port') : undefined;
  const environment: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
  desk = await openFrontDesk({ environment, ownChannels: all });
  pods = openPods(desk.sandbox);
  await allow(desk.sandbox, 'U0DANA', ['skip', 'finish']);
}, 180_000);
afterAll(async () => {
  await desk?.stop();
  await redis?.stop();
});

it.concurrent.for(rows)('$verb', async ({ verb, before, typed, button, raw, isDone }) => {
  const [said, patched] = names(verb);
  // Opened when its turn comes: a machine that is busy starts few at a time.
  const begin = async (name: string) => {
    await desk.open({ name, steps: gates });
    await desk.until(name, 'is live', isLive);
    await before(name);
  };
  await Promise.all([begin(said), begin(patched)]);
  const [word = '', ...rest] = typed.split(' ');
  const line = `${word} ${said}${rest.length === 0 ? '' : ` ${rest.join(' ')}`}`;
  await inTurn(async () => {
    const answer = await desk.type('dana', `/rollout ${line}`, channelOf(said));
    if (button !== undefined) await press(answer, button);
  });
  for (const { subresource, change } of await raw(patched)) await desk.patch(patched, change, subresource);
  const done = await Promise.all(
    [said, patched].map((name) => desk.until(name, `is past ${verb}`, (seen) => isObserved(seen) && isDone(seen))),
  );
  const [bySlack, byHand] = done.map(resultOf);
  expect(bySlack).toEqual(byHand);
  // Pods may still be on their way.
  await desk.sandbox.eventually(`${verb} leaves the same pods`, async () =>
    isDeepStrictEqual(await pods.sizes(said), await pods.sizes(patched)) ? true : undefined,
  );
});

/** The status is about the spec that is there. */
function isObserved({ metadata, status: now }: RolloutSeen): boolean {
  return String(metadata.generation) === now.observedGeneration;
}

/** Without what differs from one Rollout to another: names, times, hashes. */
function resultOf({ metadata, spec: asked, status: now }: RolloutSeen) {
  return {
    phase: now.phase,
    message: now.message,
    step: now.currentStepIndex,
    abort: now.abort ?? false,
    pauses: (now.pauseConditions ?? []).map(({ reason }) => reason),
    paused: asked.paused ?? false,
    image: asked.template.spec.containers[0]?.image,
    isPromoted: now.stableRS === now.currentPodHash,
    revision: metadata.annotations['rollout.argoproj.io/revision'],
  };
}

let line: Promise<unknown> = Promise.resolve();

/** Answers come in the order of the questions: one person asks one thing at a time. */
function inTurn(ask: () => Promise<void>): Promise<void> {
  const asked = line.then(ask);
  line = asked.catch(() => undefined);
  return asked;
}

async function press(question: Told, button: string): Promise<void> {
  expect(
    question.buttons.map(({ id }) => id),
    question.words,
  ).toContain(button);
  await desk.press('dana', question, button);
}

async function release(name: string, image: string, isSo: (rollout: RolloutSeen) => boolean): Promise<void> {
  const { currentPodHash } = (await desk.rollout(name)).status;
  await desk.setImage(name, image);
  await desk.until(name, `takes ${image}`, (seen) => seen.status.currentPodHash !== currentPodHash && isSo(seen));
}

function toGate(name: string): Promise<void> {
  return release(name, 'shop:2', isAt(1));
}

async function toAborted(name: string): Promise<void> {
  await toGate(name);
  await desk.patch(name, { status: { abort: true } }, 'status');
  await desk.until(name, 'is aborted', isAborted);
}

async function toPaused(name: string): Promise<void> {
  await toGate(name);
  await desk.patch(name, { spec: { paused: true } });
  await desk.until(name, 'is paused', isPaused);
}

function toPodless(name: string): Promise<void> {
  return release(name, 'shop:never', ({ status: now }) => now.currentStepIndex === 0);
}

async function toSecond(name: string): Promise<void> {
  await toGate(name);
  await desk.patch(name, { status: { promoteFull: true } }, 'status');
  await desk.until(name, 'is live', isLive);
}

/** Today's with another image. */
async function templateOf(name: string, image: string): Promise<object> {
  const { template } = (await desk.rollout(name)).spec;
  const [container, ...others] = template.spec.containers;
  return { ...template, spec: { ...template.spec, containers: [{ ...container, image }, ...others] } };
}
