import { readFileSync } from 'node:fs';
import { WebClient } from '@slack/web-api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Charts, createCharts } from '../../../src/charts/index.ts';
import { type CardTools, takeCardTurn } from '../../../src/engine/card.ts';
import type { Look } from '../../../src/engine/look.ts';
import { noticesOf } from '../../../src/engine/notices.ts';
import { createRecords, type DeliveryRecord, deriveEntries, type Records } from '../../../src/records/index.ts';
import { type Rollout, readDelivery } from '../../../src/rollout/index.ts';
import { createSlackApi, type Fault, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createSlackApp, type SlackApp } from '../../../src/slack/index.ts';
import { aSeries, noonMs } from '../../support/a-delivery.ts';
import { aRollout } from '../../support/builders.ts';
import { atGate, liveAt, movingTo, seen } from '../../support/card-looks.ts';
import { noOperations } from '../../support/no-operations.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

interface Row {
  readonly fault: Fault;
  /** When it begins: before the first card, or before the gate. */
  readonly from: 'start' | 'gate';
  /** When it ends: after the gate was looked at for minutes, or never. */
  readonly until: 'afterGate' | 'never';
  /** Somebody deletes the card before the gate. */
  readonly isDeleted?: boolean;
  /** How many messages have been the card; the last of them is the one that lives. */
  readonly cards?: number;
  /** What the living card shows besides. */
  readonly shows?: RegExp;
  /** What only a person can put right is said once, as an error. */
  readonly says?: RegExp;
  readonly hasCharts?: boolean;
}

const rows: readonly Row[] = [
  { fault: 'edit_window_closed', from: 'gate', until: 'never', cards: 3 },
  { fault: 'edit_window_closed', from: 'gate', until: 'afterGate', cards: 2 },
  { fault: 'message_not_found', from: 'gate', until: 'afterGate', cards: 2 },
  { fault: 'cant_update_message', from: 'gate', until: 'afterGate', cards: 2 },
  { fault: 'none', from: 'gate', until: 'never', isDeleted: true, cards: 2 },
  { fault: 'is_archived', from: 'gate', until: 'afterGate', says: /refuses messages in a channel/ },
  { fault: 'is_archived', from: 'start', until: 'afterGate', says: /refuses messages in a channel/ },
  { fault: 'not_in_channel', from: 'start', until: 'afterGate', says: /refuses messages in a channel/ },
  { fault: 'not_in_channel', from: 'gate', until: 'afterGate', says: /refuses messages in a channel/ },
  { fault: 'channel_not_found', from: 'start', until: 'afterGate', says: /refuses messages in a channel/ },
  { fault: 'ratelimited:7', from: 'start', until: 'afterGate' },
  { fault: 'ratelimited:7', from: 'gate', until: 'afterGate' },
  { fault: 'disconnect', from: 'gate', until: 'afterGate' },
  { fault: 'slow:60', from: 'start', until: 'never' },
  { fault: 'down', from: 'start', until: 'afterGate' },
  { fault: 'down:503', from: 'gate', until: 'afterGate' },
  { fault: 'msg_too_long', from: 'gate', until: 'afterGate', says: /refused the blocks|refuses messages in a channel/ },
  {
    fault: 'invalid_blocks:actions',
    from: 'start',
    until: 'never',
    shows: /buttons could not be shown/,
    says: /refused the blocks of a message/,
  },
  { fault: 'token_revoked', from: 'start', until: 'afterGate', says: /does not accept our bot token/ },
  { fault: 'account_inactive', from: 'gate', until: 'afterGate', says: /does not accept our bot token/ },
  { fault: 'file_uploads_disabled', from: 'start', until: 'never', hasCharts: true },
  // Remembered for a day, so the last.
  { fault: 'invalid_blocks:data_visualization', from: 'start', until: 'never', shows: /[▁▂▃▄▅▆▇█]{3} 91/ },
];

const channelOf = (row: Row) => `C0ROW${rows.indexOf(row)}`;
const definition = parse(readFileSync('manifests/install/crds/deliveryrecords.yaml', 'utf8'));

let world: TestCluster;
let records: Records;
let slack: SlackApi;
let charts: Charts;
/** Nobody sleeps here: whoever is told "not now" is asked again when its time has come by this clock. */
let nowMs = noonMs;
/** Two replicas, one after the other: the second remembers nothing of the first. */
let replicas: readonly [Replica, Replica];
/** The same with pictures. */
let drawing: readonly [Replica, Replica];
const logged: { readonly level: number; readonly msg: string }[] = [];
const errorLevel = 50;

beforeAll(async () => {
  world = await startTestCluster([definition]);
  records = createRecords({ cluster: world.cluster, chainKey: 'a key for tests', log: silentLog });
  charts = createCharts({ timeoutMs: 120_000 });
  slack = await createSlackApi({
    appName: 'Stepwise',
    channels: rows.map((row) => ({ id: channelOf(row), name: channelOf(row).toLowerCase() })),
  });
  replicas = [createReplica(), createReplica()];
  drawing = [createReplica(charts), createReplica(charts)];
  for (const { app } of [...replicas, ...drawing]) await app.start();
});
afterAll(async () => {
  for (const { app } of [...replicas, ...drawing]) await app.stop();
  await charts.stop();
  await slack.stop();
  await world.stop();
});

interface Replica {
  readonly app: SlackApp;
  /** Gives the milliseconds until the next turn. */
  takeTurn(look: Look, row: Row): Promise<number>;
}

function createReplica(drawer?: Charts): Replica {
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const app = createSlackApp({
    settings: {
      botToken: slack.botToken,
      mode: { kind: 'socket', appToken: slack.appToken },
      slackApiUrl: slack.apiUrl,
      command: '/rollout',
    },
    operations: noOperations,
    log,
    signingKeys: ['a signing key of the tests'],
    clusterUid: () => 'uid',
    charts: drawer,
    now: () => nowMs,
  });
  const memory: Pick<CardTools, 'unsent' | 'posted' | 'closed'> = {
    unsent: new Map(),
    posted: new Map(),
    closed: new Map(),
  };
  return {
    app,
    async takeTurn(look: Look, row: Row): Promise<number> {
      const outcome = await takeCardTurn(
        look.world.rollout.metadata,
        {
          look: async () => look,
          records,
          derive: deriveEntries,
          deliver,
          verify: async () => ({}),
          withHistory: async (delivery) => delivery,
          channelOf: () => channelOf(row),
          notifier: app.notifier,
          ...memory,
          nowMs: () => nowMs,
          log,
        },
        world.signal,
      );
      return outcome.wakeAfterMs ?? 15_000;
    },
  };
}

function deliver(record: DeliveryRecord, { world: looked }: Look) {
  const delivery = readDelivery(looked, { clusterUid: 'uid', revision: record.spec.rollout.revision });
  return { ...delivery, series: aSeries([0.97, 0.94, 0.912]) };
}

/** All that the record says should be told was told, and the card shows what there is to see. */
async function isAllTold(look: Look): Promise<boolean> {
  const record = await records.find(look.world.rollout.metadata, look.revision, world.signal);
  if (record === undefined) return false;
  const delivery = deliver(record, look);
  const digest = replicas[0].app.notifier.digest(delivery);
  const isTold = noticesOf(record, delivery).every(({ id }) => record.ledger[id]?.state === 'told');
  return isTold && record.ledger.card?.state === 'told' && record.ledger.card.digest === digest;
}

async function aNamespacedRollout(): Promise<Rollout> {
  const namespace = await world.namespace();
  const rollout = aRollout().steps({ setWeight: 10 }, { pause: {} }).replicas(1).build();
  return { ...rollout, metadata: { ...rollout.metadata, namespace, uid: crypto.randomUUID() } };
}

/** Looks and comes back when it was told to, for so many turns, or until all is told. */
async function watch(replica: Replica, look: Look, row: Row, mostTurns = 60): Promise<boolean> {
  for (let turn = 0; turn < mostTurns; turn++) {
    nowMs += await replica.takeTurn(look, row);
    if (await isAllTold(look)) return true;
  }
  return false;
}

/** What stands in the row's channel, by what its app says that it is. */
function read(row: Row) {
  const messages = slack
    .transcript()
    .messages.filter((message) => message.channel === channelOf(row) && message.deletedAtMs === undefined);
  const ofKind = (kind: string) => messages.filter(({ versions }) => versions[0]?.metadata?.event_type === kind);
  return { cards: ofKind('stepwise_card'), notices: ofKind('stepwise_notice') };
}

async function deleteCard(row: Row): Promise<void> {
  const web = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl });
  await web.chat.delete({ channel: channelOf(row), ts: read(row).cards[0]?.ts ?? '' });
}

const named = rows.map((row) => [`${JSON.stringify(row.fault)} from the ${row.from}, ends ${row.until}`, row] as const);

test.each(named)('%s: one card that lives, each notice once, nothing lost', { timeout: 240_000 }, async (_, row) => {
  const [first, second] = row.hasCharts === true ? drawing : replicas;
  const rollout = await aNamespacedRollout();
  const callsBefore = slack.transcript().calls.length;
  logged.length = 0;
  slack.setFault(row.from === 'start' ? row.fault : 'none');
  await watch(first, seen(rollout, movingTo(2), [1, 2]), row, 4);
  if (row.isDeleted === true) await deleteCard(row);
  slack.setFault(row.fault);
  await watch(first, seen(rollout, atGate(2), [1, 2]), row, 4);
  const isTokenRefused = /token|account/.test(String(row.fault));
  expect(first.app.troubles().some((trouble) => trouble.includes(`(${String(row.fault)})`))).toBe(isTokenRefused);
  if (row.until === 'afterGate') slack.setFault('none');
  const end = seen(rollout, liveAt(2), [1, 2]);
  expect(await watch(second, end, row)).toBe(true);

  const record = await records.find(rollout.metadata, 2, world.signal);
  if (record === undefined) throw new Error('nothing was written down');
  const { cards, notices } = read(row);
  const living = cards.at(-1);
  const thread = row.isDeleted === true ? living?.ts : cards[0]?.ts;
  expect(cards).toHaveLength((row.cards ?? 1) - (row.isDeleted === true ? 1 : 0));
  expect(record.ledger.card).toMatchObject({ state: 'told', ts: living?.ts });
  expect(living?.versions.at(-1)?.text).toBe('🟢 checkout 1 is live');
  expect(JSON.stringify(living?.versions.at(-1)?.blocks)).toMatch(row.shows ?? /"action_id":"undo"/);
  // A card that moved is a broadcast in the same thread.
  for (const moved of cards.slice(1)) expect(moved).toMatchObject({ threadTs: thread, isBroadcast: true });

  const told = noticesOf(record, deliver(record, end));
  const claims = notices.map(({ versions }) => JSON.stringify(versions[0]?.metadata?.event_payload));
  expect(notices).toHaveLength(told.length);
  expect(new Set(claims).size).toBe(told.length);
  const terminal = notices.filter(({ versions }) => versions[0]?.text.endsWith('is live'));
  expect(terminal).toHaveLength(1);
  expect(terminal[0]).toMatchObject({ threadTs: thread, isBroadcast: true });

  // Each look asks once at most (what is wrong in its shape is tried in two smaller ones), and what a person must do is said once.
  const refused = slack
    .transcript()
    .calls.slice(callsBefore)
    .filter(({ method, error }) => method.startsWith('chat.') && error !== undefined);
  expect(refused.length).toBeLessThanOrEqual(row.fault === 'msg_too_long' ? 24 : 8);
  // A refused chart is remembered: once for each replica.
  if (String(row.fault).endsWith('data_visualization')) expect(refused).toHaveLength(2);
  // What the sockets say of a Slack that is down is theirs to say, and depends on the machine.
  const errors = logged
    .filter(({ level, msg }) => level >= errorLevel && !/can not be reached/.test(msg))
    .map(({ msg }) => msg);
  if (row.says === undefined) expect(errors).toEqual([]);
  else expect(new Set(errors.filter((words) => row.says?.test(words))).size).toBeGreaterThan(0);
  if (isTokenRefused) expect(errors).toHaveLength(1);
  if (row.hasCharts === true) await expectNoFurtherPictures(callsBefore);
});

/** A picture is tried once, in each replica, whenever the machine comes to draw it; and that it is refused is said. */
async function expectNoFurtherPictures(callsBefore: number): Promise<void> {
  const asked = () =>
    slack
      .transcript()
      .calls.slice(callsBefore)
      .filter(({ method }) => method.startsWith('files.'));
  await expect.poll(() => asked().length, { timeout: 200_000 }).toBeGreaterThan(0);
  await expect
    .poll(() => logged.filter(({ msg }) => /did not take a chart/.test(msg)).length, { timeout: 60_000 })
    .toBeGreaterThan(0);
  expect(asked().length).toBeLessThanOrEqual(2);
  expect(asked().every(({ error }) => error === 'file_uploads_disabled')).toBe(true);
}
