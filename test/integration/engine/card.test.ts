import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type CardTools, takeCardTurn } from '../../../src/engine/card.ts';
import type { Look } from '../../../src/engine/look.ts';
import { NotNowError } from '../../../src/lib/index.ts';
import type { Notifier } from '../../../src/notifications/index.ts';
import { createRecords, deriveEntries, type Records } from '../../../src/records/index.ts';
import { type Rollout, readDelivery } from '../../../src/rollout/index.ts';
import { noonMs } from '../../support/a-delivery.ts';
import { aRollout } from '../../support/builders.ts';
import { atGate, liveAt, movingTo, seen } from '../../support/card-looks.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

const definition = parse(readFileSync('manifests/install/crds/deliveryrecords.yaml', 'utf8'));
let world: TestCluster;
let records: Records;
beforeAll(async () => {
  world = await startTestCluster([definition]);
  records = createRecords({ cluster: world.cluster, chainKey: 'a key for tests', log: silentLog });
});
afterAll(() => world.stop());

/** A channel as people read it, and a Slack that may say "not now". */
function createChannel() {
  const messages: string[] = [];
  const placements: Parameters<Notifier['showCard']>[1][] = [];
  let isDown = false;
  function post(text: string) {
    if (isDown) throw new NotNowError('Slack is down', 3000);
    messages.push(text);
    return { channel: 'C0SHIP', ts: String(messages.length) };
  }
  const notifier: Notifier = {
    async showCard(delivery, where) {
      placements.push(where);
      const text = `card of ${delivery.revision}: ${delivery.state}`;
      if (where.at === undefined) return post(text);
      post(`edit: ${text}`);
      return where.at;
    },
    tell: async (delivery, notice) => post(`${delivery.revision} ${notice.event}`),
    async tellDecided(delivery, { event, decided }, at) {
      post(`edit of ${at.ts}: ${delivery.revision} ${event}, ${decided?.event} by ${decided?.by}`);
    },
    tellBuild: async ({ name, image }) => post(`${name} ${image}`),
    digest: (delivery) => `${delivery.revision} ${delivery.state}`,
  };
  return {
    messages,
    placements,
    notifier,
    setDown(value: boolean) {
      isDown = value;
    },
  };
}
type Channel = ReturnType<typeof createChannel>;

/** One replica's card turns over one rollout. */
function createReplica(channel: Channel, nowMs: () => number = () => noonMs, ledger: Records = records) {
  const tools = (look: Look): CardTools => ({
    look: async () => look,
    records: ledger,
    derive: deriveEntries,
    deliver: (record, { world: seen }) =>
      readDelivery(seen, { clusterUid: 'uid', revision: record.spec.rollout.revision }),
    verify: async () => ({}),
    withHistory: async (delivery) => delivery,
    channelOf: () => 'C0SHIP',
    notifier: channel.notifier,
    unsent,
    posted,
    closed,
    nowMs,
    log: silentLog,
  });
  const unsent = new Map<string, string>();
  const posted: CardTools['posted'] = new Map();
  const closed = new Map<string, number>();
  return (look: Look) => takeCardTurn(look.world.rollout.metadata, tools(look), world.signal);
}

async function aNamespacedRollout(): Promise<Rollout> {
  const namespace = await world.namespace();
  const rollout = aRollout().steps({ setWeight: 10 }, { pause: {} }).replicas(1).build();
  return { ...rollout, metadata: { ...rollout.metadata, namespace, uid: crypto.randomUUID() } };
}

test('before its first revision a rollout has no card and no record, unless its spec is invalid', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  expect(await takeTurn(seen(rollout, {}, []))).toEqual({});
  expect(await records.find(rollout.metadata, 0, world.signal)).toBeUndefined();
  const conditions = [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: 'no steps' }];
  await takeTurn(seen(rollout, { conditions }, []));
  expect(channel.messages).toEqual(['card of 0: invalidSpec', '0 invalidSpec']);
});

test('the card of an invalid first spec makes room for the first revision', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  const conditions = [{ type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: 'no steps' }];
  await takeTurn(seen(rollout, { conditions }, []));
  await takeTurn(seen(rollout, { currentPodHash: 'r1' }, [1]));
  expect(channel.messages).toContain('edit: card of 0: superseded');
  expect(channel.messages).toContain('1 started');
});

test('a message is looked for since the first of all who died over it', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const dies = () => Promise.reject(new Error('killed'));
  const lookAt = seen(rollout, { currentPodHash: 'r1' }, [1]);
  let nowMs = noonMs;
  for (let death = 0; death < 8; death++) {
    const doomed = createReplica({ ...channel, notifier: { ...channel.notifier, showCard: dies } }, () => nowMs);
    await expect(doomed(lookAt)).rejects.toThrow('killed');
    nowMs += 13_000;
  }
  await createReplica(channel, () => nowMs)(lookAt);
  expect(channel.placements[0]?.mayBeThereSinceMs).toBeLessThanOrEqual(noonMs);
});

test('a revision that was over before the first look gets no card, whatever is asked of it or comes after it', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  const annotated = { ...rollout.metadata.annotations, 'rollout.argoproj.io/revision': '5' };
  const atFive = { ...rollout, metadata: { ...rollout.metadata, annotations: annotated } };
  await takeTurn(seen(atFive, liveAt(5), [5], 3_600_000));
  const act = { verb: 'start', by: 'U1', reason: '', facts: {} };
  await records.recordAct(atFive, act, noonMs, world.signal);
  await takeTurn(seen(atFive, liveAt(5), [5], 3_600_000));
  expect(channel.messages).toEqual([]);
  await takeTurn(seen(atFive, movingTo(6), [5, 6]));
  expect(channel.messages[0]).toMatch(/^card of 6/);
  expect(channel.messages.filter((text) => text.includes('card of 5'))).toEqual([]);
});

test('a revision that was aborted before the first look is not looked at again and again', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const status = { ...movingTo(2), abort: true, abortedAt: '2026-11-20T09:00:00Z' };
  expect(await createReplica(channel)(seen(rollout, status, [1, 2], 20_000_000))).toEqual({});
  expect(channel.messages).toEqual([]);
});

test('what Slack did not take is posted once it is back, by the same claim and without a search', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  channel.setDown(true);
  expect(await takeTurn(seen(rollout, movingTo(2), [1, 2]))).toEqual({ wakeAfterMs: 3000 });
  channel.setDown(false);
  await takeTurn(seen(rollout, movingTo(2), [1, 2]));
  expect(channel.messages.filter((text) => text.startsWith('card of'))).toHaveLength(1);
  expect(channel.placements.map(({ mayBeThereSinceMs }) => mayBeThereSinceMs)).toEqual([undefined, undefined]);
});

test('a claim that another replica took over is left to it', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  let nowMs = noonMs;
  const ours = createReplica(channel, () => nowMs);
  channel.setDown(true);
  await ours(seen(rollout, movingTo(2), [1, 2]));

  // The other one finds our claim stale, takes it, and its post is still on the wire when we come back.
  nowMs += 20_000;
  const wire = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const theirs = createReplica(
    {
      ...channel,
      notifier: {
        ...channel.notifier,
        async showCard(delivery, where, signal) {
          sent.resolve();
          await wire.promise;
          return channel.notifier.showCard(delivery, where, signal);
        },
      },
    },
    () => nowMs,
  );
  channel.setDown(false);
  const turn = theirs(seen(rollout, movingTo(2), [1, 2]));
  await sent.promise;
  expect(await ours(seen(rollout, movingTo(2), [1, 2]))).toEqual({ wakeAfterMs: 12_000 });
  wire.resolve();
  await turn;
  expect(channel.messages.filter((text) => text.startsWith('card of'))).toHaveLength(1);
});

test('what was posted while the API was away is not posted again when it is back', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  let isAway = true;
  const takeTurn = createReplica(channel, undefined, {
    ...records,
    setLedger(record, key, line, signal) {
      if (isAway && line.state === 'told') return Promise.reject(new Error('connect ECONNREFUSED'));
      return records.setLedger(record, key, line, signal);
    },
  });
  await expect(takeTurn(seen(rollout, movingTo(2), [1, 2]))).rejects.toThrow('ECONNREFUSED');
  isAway = false;
  await takeTurn(seen(rollout, movingTo(2), [1, 2]));
  await takeTurn(seen(rollout, movingTo(2), [1, 2]));
  expect(channel.messages).toEqual(['card of 2: moving', '2 started']);
});

function atRevision(rollout: Rollout, revision: number): Rollout {
  const annotations = { ...rollout.metadata.annotations, 'rollout.argoproj.io/revision': String(revision) };
  return { ...rollout, metadata: { ...rollout.metadata, annotations } };
}

test('a gate that was decided is edited once to say so, also by a replica that has not told it', async () => {
  const rollout = atRevision(await aNamespacedRollout(), 2);
  const channel = createChannel();
  await createReplica(channel)(seen(rollout, atGate(2), [1, 2]));
  const asked = String(channel.messages.indexOf('2 gateReached') + 1);
  expect(asked).not.toBe('0');
  await records.recordAct(rollout, { verb: 'promote', by: 'U0DANA', reason: '', facts: {} }, noonMs, world.signal);
  const passed = seen(rollout, { ...movingTo(2), currentStepIndex: 2 }, [1, 2]);
  channel.setDown(true);
  await createReplica(channel)(passed);
  expect(channel.messages.filter((text) => text.startsWith('edit of'))).toEqual([]);
  channel.setDown(false);
  for (const takeTurn of [createReplica(channel), createReplica(channel)]) await takeTurn(passed);
  expect(channel.messages.filter((text) => text.startsWith('edit of'))).toEqual([
    `edit of ${asked}: 2 gateReached, promoted by U0DANA`,
  ]);
  expect(channel.messages.at(-1)).toMatch(/^edit of/);
});

test('a gate whose revision was overtaken asks nobody any more', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  await takeTurn(seen(atRevision(rollout, 2), atGate(2), [1, 2]));
  await takeTurn(seen(atRevision(rollout, 3), movingTo(3), [1, 2, 3]));
  expect(channel.messages.filter((text) => text.startsWith('edit of'))).toEqual([
    expect.stringMatching(/: 2 gateReached, superseded by undefined$/),
  ]);
});

test('a gate that was paused and resumed still asks', async () => {
  const rollout = await aNamespacedRollout();
  const channel = createChannel();
  const takeTurn = createReplica(channel);
  const paused = { ...rollout, spec: { ...rollout.spec, paused: true } };
  for (const seenAs of [rollout, paused, rollout]) await takeTurn(seen(seenAs, atGate(2), [1, 2]));
  expect(channel.messages).toContain('2 resumed');
  expect(channel.messages.filter((text) => text.startsWith('edit of'))).toEqual([]);
});
