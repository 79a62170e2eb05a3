import type { Logger } from 'pino';
import { formatTimestamp } from '../analysis/index.ts';
import { apiVersionOf, type Cluster, type JsonPatch, resources } from '../kubernetes/index.ts';
import { AlreadyExistsError, ConflictError, type JsonObject } from '../lib/index.ts';
import { type Rollout, revisionAnnotation } from '../rollout/index.ts';
import { linkEntries } from './chain.ts';
import { DeliveryRecord, type RecordEntry } from './delivery-record.ts';
import type { CountedDenial } from './denials.ts';
import { fitEntry } from './fit-entry.ts';
import type { NewEntry, RecordedAct, Records } from './records.ts';
import { hasRoomFor, headOf, isSealed, joinSegments, lastSegmentOf, nameSegment, sealOf } from './segments.ts';

export interface RecordsSettings {
  readonly cluster: Cluster;
  /** Whoever does not hold it cannot change an entry unseen. */
  readonly chainKey: string;
  readonly log: Logger;
}

type RolloutName = Rollout['metadata'];

const resource = resources.deliveryRecords;
const MOST_TRIES = 5;
const uidLabel = 'stepwise.dev/rollout-uid';

/** Creates the keeper of DeliveryRecords in one cluster. */
export function createRecords(settings: RecordsSettings): Records {
  const { cluster, chainKey, log } = settings;

  async function readSegment(rollout: NameAndUid, revision: number, segment: number, signal: AbortSignal) {
    const name = nameSegment(rollout, revision, segment);
    const object = await cluster.get(resource, { namespace: rollout.namespace, name }, signal);
    if (object === undefined) return undefined;
    const record = DeliveryRecord.parse(object);
    // The name holds six characters of the uid: another rollout's record may stand there once in 16 million.
    if (record.spec.rollout.uid !== rollout.uid) {
      throw new ConflictError(`DeliveryRecord ${name} belongs to a rollout with uid ${record.spec.rollout.uid}`);
    }
    return record;
  }

  async function find(rollout: NameAndUid, revision: number, signal: AbortSignal): Promise<DeliveryRecord | undefined> {
    const segments: DeliveryRecord[] = [];
    for (;;) {
      const segment = await readSegment(rollout, revision, segments.length + 1, signal);
      if (segment === undefined) break;
      segments.push(segment);
      if (!isSealed(segment)) break;
    }
    return joinSegments(segments);
  }

  async function create(record: DeliveryRecord, signal: AbortSignal): Promise<DeliveryRecord> {
    const { metadata, spec, head, entries, ledger, seen } = record;
    const { name, namespace, labels } = metadata;
    const object = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name, namespace, labels },
      ...toJson({ spec, head, entries, ledger, seen }),
    };
    return DeliveryRecord.parse(await cluster.create(resource, object, { signal }));
  }

  async function patch(record: DeliveryRecord, operations: JsonPatch, signal: AbortSignal): Promise<DeliveryRecord> {
    const { name, namespace } = record.metadata;
    return DeliveryRecord.parse(await cluster.patchJson(resource, { namespace, name }, operations, { signal }));
  }

  function link(record: DeliveryRecord, entries: readonly NewEntry[]): RecordEntry[] {
    return linkEntries(entries.map(fitEntry), {
      key: chainKey,
      of: record.spec.rollout,
      head: headOf(record),
      lastSeq: record.entries.at(-1)?.seq ?? 0,
    });
  }

  /** One write: entries, head and what was seen, on the condition that the head is still the one that was read. */
  async function appendHere(
    record: DeliveryRecord,
    linked: readonly RecordEntry[],
    seen: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<DeliveryRecord> {
    const head = linked.at(-1)?.hash ?? record.head;
    if (record.metadata.uid === '') return create({ ...record, head, entries: [...linked], seen: { ...seen } }, signal);
    const written = await patch(
      record,
      [
        { op: 'test', path: '/head', value: record.head },
        ...linked.map((entry) => ({ op: 'add' as const, path: '/entries/-', value: toJson(entry) })),
        { op: 'replace', path: '/head', value: head },
        { op: 'add', path: '/seen', value: { ...seen } },
      ],
      signal,
    );
    return { ...written, entries: [...record.entries, ...linked], ledger: { ...record.ledger, ...written.ledger } };
  }

  /** Seals the last segment, unless it is, and goes on in the next. */
  async function appendToNext(
    record: DeliveryRecord,
    linked: readonly RecordEntry[],
    seen: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<DeliveryRecord> {
    if (!isSealed(record)) {
      const seal: JsonPatch = [
        { op: 'test', path: '/head', value: record.head },
        { op: 'replace', path: '/head', value: sealOf(record.head) },
      ];
      await patch(record, seal, signal);
    }
    const segment = lastSegmentOf(record).number + 1;
    const { name, uid, revision } = record.spec.rollout;
    const next: DeliveryRecord = {
      ...record,
      metadata: { ...record.metadata, name: nameSegment({ name, uid }, revision, segment) },
      spec: { ...record.spec, segment, firstSeq: (record.entries.at(-1)?.seq ?? 0) + 1 },
      head: linked.at(-1)?.hash ?? headOf(record),
      entries: [...linked],
      ledger: {},
      seen: { ...seen },
    };
    const written = await create(next, signal);
    log.info(
      { record: written.metadata.name, namespace: written.metadata.namespace },
      'record goes on in a next segment',
    );
    return { ...written, entries: [...record.entries, ...written.entries], ledger: record.ledger };
  }

  async function append(
    record: DeliveryRecord,
    entries: readonly NewEntry[],
    seen: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<DeliveryRecord> {
    if (entries.length === 0 && isSame(record.seen, seen)) return record;
    const linked = link(record, entries);
    try {
      if (!isSealed(record) && hasRoomFor(record, linked)) return await appendHere(record, linked, seen, signal);
      return await appendToNext(record, linked, seen, signal);
    } catch (error) {
      if (error instanceof AlreadyExistsError) {
        throw new ConflictError('someone else wrote to the record first', { cause: error });
      }
      throw error;
    }
  }

  async function open(rollout: Rollout, revision: number, signal: AbortSignal): Promise<DeliveryRecord> {
    const found = await find(rollout.metadata, revision, signal);
    if (found !== undefined) return found;
    try {
      return await create(empty(rollout, revision), signal);
    } catch (error) {
      const other = error instanceof AlreadyExistsError ? await find(rollout.metadata, revision, signal) : undefined;
      if (other === undefined) throw error;
      return other;
    }
  }

  /** To whatever the record is by now: an append that came first is no obstacle. */
  async function appendSoon(rollout: Rollout, entries: readonly NewEntry[], signal: AbortSignal): Promise<void> {
    const revision = revisionOf(rollout);
    for (let tries = 1; ; tries++) {
      const record = (await find(rollout.metadata, revision, signal)) ?? empty(rollout, revision);
      try {
        await append(record, entries, record.seen, signal);
        return;
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === MOST_TRIES) throw error;
      }
    }
  }

  return {
    open,
    find,
    append,
    empty,
    recordAct: (rollout, act, nowMs, signal) => appendSoon(rollout, [entryOfAct(act, nowMs)], signal),
    recordDenials: (rollout, denials, signal) => appendSoon(rollout, denials.map(entryOfDenial), signal),
    async cardOf(rollout, signal) {
      const record = await find(rollout.metadata, revisionOf(rollout), signal);
      const card = record?.ledger.card;
      return card?.state === 'told' && card.ts !== undefined ? { channel: card.channel, ts: card.ts } : undefined;
    },
    async setLedger(record, key, line, signal) {
      const { name, namespace, resourceVersion } = record.metadata;
      // A claim is a right to post: two that read the same record must not both get it. What is told is a fact, and always written.
      const precondition =
        line.state === 'claimed' && resourceVersion !== undefined ? { metadata: { resourceVersion } } : {};
      const change = { ...precondition, ledger: { [key]: { ...emptyLine, ...toJson(line) } } };
      const written = DeliveryRecord.parse(await cluster.patchMerge(resource, { namespace, name }, change, { signal }));
      return { ...record, metadata: written.metadata, ledger: { ...record.ledger, ...written.ledger } };
    },
  };
}

type NameAndUid = Pick<RolloutName, 'namespace' | 'name' | 'uid'>;

/** A merge patch changes a line key by key: what the next line does not say must go. */
const emptyLine = { ts: null, digest: null, claimedAt: null };

/** A record that is not stored yet: it has no uid. */
function empty(rollout: Rollout, revision: number): DeliveryRecord {
  const { namespace, name, uid } = rollout.metadata;
  return DeliveryRecord.parse({
    metadata: { namespace, name: nameSegment({ name, uid }, revision, 1), labels: { [uidLabel]: uid } },
    spec: { rollout: { name, uid, revision } },
  });
}

/** The present revision; a rollout that nobody has looked at yet becomes its first. */
function revisionOf(rollout: Rollout): number {
  return Number(rollout.metadata.annotations[revisionAnnotation] ?? 1);
}

function entryOfAct(act: RecordedAct, nowMs: number): NewEntry {
  const { verb, event = `asked:${verb}`, by, reason, facts } = act;
  return { at: formatTimestamp(nowMs), event, by, text: reason, facts: { ...facts } };
}

function entryOfDenial({ verb, by, reason, times, firstAtMs, lastAtMs }: CountedDenial): NewEntry {
  const until = times === 1 ? {} : { until: formatTimestamp(lastAtMs) };
  const facts = { reason, times: String(times), ...until };
  return { at: formatTimestamp(firstAtMs), event: `denied:${verb}`, ...(by === '' ? {} : { by }), text: '', facts };
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** The same, as the wire carries it: without what is undefined. */
function toJson(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value));
  return json;
}
