import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { resources } from '../../../src/kubernetes/index.ts';
import { ConflictError } from '../../../src/lib/index.ts';
import { createRecords, listRecords, type NewEntry, type Records, verifyChain } from '../../../src/records/index.ts';
import { Rollout } from '../../../src/rollout/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { startTestCluster, type TestCluster } from '../../support/test-cluster.ts';

const chainKey = 'a key for tests';
const definition = parse(readFileSync('manifests/install/crds/deliveryrecords.yaml', 'utf8'));
let world: TestCluster;
let records: Records;
let signal: AbortSignal;
beforeAll(async () => {
  world = await startTestCluster([definition]);
  signal = world.signal;
  records = createRecords({ cluster: world.cluster, chainKey, log: silentLog });
});
afterAll(() => world.stop());

async function aRollout(name = 'checkout'): Promise<Rollout> {
  const namespace = await world.namespace();
  const annotations = { 'rollout.argoproj.io/revision': '4' };
  return Rollout.parse({ metadata: { name, namespace, uid: crypto.randomUUID(), annotations } });
}

function anEntry(event: string, text = ''): NewEntry {
  return { at: '2026-11-20T10:00:00Z', event, text, facts: { percent: '10' } };
}

async function stored(rollout: Rollout) {
  const { namespace } = rollout.metadata;
  return await world.cluster.list(resources.deliveryRecords, { namespace }, signal);
}

test('keeps one record per revision, named and labelled so that it is found', async () => {
  const rollout = await aRollout();
  await records.open(rollout, 4, signal);
  await records.open(rollout, 4, signal);
  await records.open(rollout, 5, signal);
  const uid = rollout.metadata.uid;
  const found = await world.cluster.list(
    resources.deliveryRecords,
    { namespace: rollout.metadata.namespace, labelSelector: `stepwise.dev/rollout-uid=${uid}` },
    signal,
  );
  const names = found.map(({ metadata }) => metadata.name);
  expect(names.toSorted()).toEqual([`checkout-${uid.slice(0, 6)}-4`, `checkout-${uid.slice(0, 6)}-5`]);
  expect(await records.find(rollout.metadata, 9, signal)).toBeUndefined();
});

test('refused acts are lines of the chain: who, what, why, how often', async () => {
  const rollout = await aRollout();
  const firstAtMs = Date.parse('2026-11-20T10:00:00Z');
  const denial = {
    verb: 'promote',
    by: 'U0VERA',
    reason: 'notAllowed',
    times: 3,
    firstAtMs,
    lastAtMs: firstAtMs + 9000,
  };
  await records.recordDenials(rollout, [denial, { ...denial, by: '', verb: 'others', times: 1 }], signal);
  const record = await records.find(rollout.metadata, 4, signal);
  expect(record?.entries).toMatchObject([
    {
      at: '2026-11-20T10:00:00Z',
      event: 'denied:promote',
      by: 'U0VERA',
      facts: { reason: 'notAllowed', times: '3', until: '2026-11-20T10:00:09Z' },
    },
    { event: 'denied:others', facts: { times: '1' } },
  ]);
  expect(record === undefined ? undefined : verifyChain(record, chainKey)).toEqual({ isWhole: true });
});

test('a rollout whose name is as long as names can be has a record', async () => {
  const rollout = await aRollout(`${'a'.repeat(199)}.${'b'.repeat(53)}`);
  await records.append(records.empty(rollout, 4), [anEntry('started')], {}, signal);
  expect((await records.find(rollout.metadata, 4, signal))?.entries).toHaveLength(1);
});

test('appends in one write, remembers what was seen, and chains what it wrote', async () => {
  const rollout = await aRollout();
  const record = await records.append(records.empty(rollout, 4), [anEntry('started')], { step: '0' }, signal);
  const next = await records.append(record, [anEntry('stepReached'), anEntry('gateReached')], { step: '2' }, signal);
  const read = await records.find(rollout.metadata, 4, signal);
  expect(read?.entries.map(({ seq, event }) => [seq, event])).toEqual([
    [1, 'started'],
    [2, 'stepReached'],
    [3, 'gateReached'],
  ]);
  expect(read?.seen).toEqual({ step: '2' });
  expect(read).toMatchObject({ head: next.head, entries: next.entries });
  expect(read === undefined || verifyChain(read, chainKey)).toEqual({ isWhole: true });
});

test('nothing new writes nothing', async () => {
  const rollout = await aRollout();
  const record = await records.append(records.empty(rollout, 4), [anEntry('started')], { step: '0' }, signal);
  const same = await records.append(record, [], { step: '0' }, signal);
  expect(same.metadata.resourceVersion).toBe(record.metadata.resourceVersion);
  expect((await stored(rollout))[0]?.metadata.resourceVersion).toBe(record.metadata.resourceVersion);
});

test('of two that append behind the same head one gets a conflict, and nothing is lost or doubled', async () => {
  const rollout = await aRollout();
  const record = await records.open(rollout, 4, signal);
  const results = await Promise.allSettled([
    records.append(record, [anEntry('stepReached', 'one')], {}, signal),
    records.append(record, [anEntry('stepReached', 'two')], {}, signal),
  ]);
  const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toHaveLength(1);
  expect(refused[0]).toBeInstanceOf(ConflictError);
  expect((await records.find(rollout.metadata, 4, signal))?.entries).toHaveLength(1);
});

test('acts of many people at once all get their line', async () => {
  const rollout = await aRollout();
  const people = ['U1', 'U2', 'U3', 'U4'];
  await Promise.all(
    people.map((by) => records.recordAct(rollout, { verb: 'abort', by, reason: `I am ${by}`, facts: {} }, 0, signal)),
  );
  const record = await records.find(rollout.metadata, 4, signal);
  expect(record?.entries.map(({ by }) => by).toSorted()).toEqual(people);
  expect(record?.entries.every(({ event }) => event === 'asked:abort')).toBe(true);
  expect(record === undefined || verifyChain(record, chainKey)).toEqual({ isWhole: true });
});

test('a claim to post goes to one of two; what was told is always written', async () => {
  const rollout = await aRollout();
  const record = await records.open(rollout, 4, signal);
  const claim = { state: 'claimed', channel: 'C1', claimedAt: '2026-11-20T10:00:00Z' } as const;
  const results = await Promise.allSettled([
    records.setLedger(record, 'card', claim, signal),
    records.setLedger(record, 'card', claim, signal),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await records.cardOf(rollout, signal)).toBeUndefined();
  const told = await records.setLedger(record, 'card', { state: 'told', channel: 'C1', ts: '1.2' }, signal);
  expect(told.ledger.card).toEqual({ state: 'told', channel: 'C1', ts: '1.2' });
  expect(await records.cardOf(rollout, signal)).toEqual({ channel: 'C1', ts: '1.2' });
});

test('a full record goes on in a next segment: read as one, chained as one, also for those who held the full one', async () => {
  const rollout = await aRollout();
  let record = await records.open(rollout, 4, signal);
  record = await records.setLedger(record, 'card', { state: 'told', channel: 'C1', ts: '1.2' }, signal);
  const late = record;
  const batch = Array.from({ length: 70 }, (_, n) => anEntry('stepReached', `${n}`));
  for (let times = 0; times < 7; times++) record = await records.append(record, batch, { times: `${times}` }, signal);
  record = await records.setLedger(record, '450', { state: 'told', channel: 'C1', ts: '9.9' }, signal);

  await expect(records.append(late, [anEntry('aborted')], {}, signal)).rejects.toThrow(ConflictError);
  const read = await records.find(rollout.metadata, 4, signal);
  expect(read?.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 490 }, (_, n) => n + 1));
  expect(read?.seen).toEqual({ times: '6' });
  expect(Object.keys(read?.ledger ?? {})).toEqual(expect.arrayContaining(['card', '450']));
  expect(read === undefined || verifyChain(read, chainKey)).toEqual({ isWhole: true });
  const sizes = (await stored(rollout)).map((one) => JSON.stringify(one).length);
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBeLessThan(80 * 1024);
});

test('lists the records of a rollout, and of a namespace, each revision once and the last first', async () => {
  const rollout = await aRollout();
  const { namespace, uid } = rollout.metadata;
  const other = Rollout.parse({ metadata: { ...rollout.metadata, name: 'cart', uid: crypto.randomUUID() } });
  for (const revision of [9, 10]) {
    let record = records.empty(rollout, revision);
    const batch = Array.from({ length: 150 }, () => ({
      ...anEntry('stepReached'),
      at: `2026-11-${String(revision).padStart(2, '0')}T10:00:00Z`,
    }));
    for (let times = 0; times < 2; times++) record = await records.append(record, batch, { times: `${times}` }, signal);
  }
  await records.append(records.empty(other, 1), [anEntry('started')], {}, signal);
  const own = await listRecords(world.cluster, { namespace, rolloutUid: uid }, signal);
  expect(own.map(({ spec, entries }) => [spec.rollout.revision, entries.length])).toEqual([
    [10, 300],
    [9, 300],
  ]);
  expect(own.map((record) => verifyChain(record, chainKey).isWhole)).toEqual([true, true]);
  const all = await listRecords(world.cluster, { namespace }, signal);
  expect(all.map(({ spec }) => spec.rollout.name)).toEqual(['cart', 'checkout', 'checkout']);
});

test('a record that was sealed by a process that then died goes on', async () => {
  const rollout = await aRollout();
  const record = await records.append(records.empty(rollout, 4), [anEntry('started')], {}, signal);
  const { namespace, name } = record.metadata;
  const seal = [{ op: 'replace', path: '/head', value: `${record.head}+` }] as const;
  await world.cluster.patchJson(resources.deliveryRecords, { namespace, name }, seal, { signal });
  await records.recordAct(rollout, { verb: 'abort', by: 'U1', reason: '', facts: {} }, 0, signal);
  const read = await records.find(rollout.metadata, 4, signal);
  expect(read?.entries.map(({ event }) => event)).toEqual(['started', 'asked:abort']);
  expect(read === undefined || verifyChain(read, chainKey)).toEqual({ isWhole: true });
});

test('an entry too large for a record is cut, not refused', async () => {
  const rollout = await aRollout();
  const facts = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`fact-${n}`, '😀'.repeat(1_000)]));
  const entry = { ...anEntry('aborted', '😀'.repeat(50_000)), facts };
  await records.append(records.empty(rollout, 4), [entry], {}, signal);
  const read = await records.find(rollout.metadata, 4, signal);
  expect(JSON.stringify(read).length).toBeLessThan(32 * 1024);
  expect(read?.entries[0]?.text).toMatch(/^😀+…$/u);
});

test('whoever changes, removes or moves an entry is found out', async () => {
  const rollout = await aRollout();
  const batch = [anEntry('started'), anEntry('stepReached'), anEntry('aborted')];
  const record = await records.append(records.empty(rollout, 4), batch, {}, signal);
  const [first, second, third] = record.entries;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three entries were written');
  const forged = [
    { ...record, entries: [first, { ...second, text: 'nothing happened' }, third] },
    { ...record, entries: [first, third] },
    { ...record, entries: [first, second] },
    { ...record, entries: [] },
    { ...record, spec: { rollout: { ...record.spec.rollout, revision: 5 } } },
  ];
  for (const one of forged) expect(verifyChain(one, chainKey).isWhole).toBe(false);
  expect(verifyChain(record, 'another key').isWhole).toBe(false);
  expect(verifyChain(record, chainKey).isWhole).toBe(true);
});
