import type { Logger } from 'pino';
import type { ObjectName } from '../kubernetes/index.ts';
import { AlreadyExistsError, ConflictError, NotNowError } from '../lib/index.ts';
import type { CardPlace, MessagePlace, Notice, NoticeEvent, Notifier } from '../notifications/index.ts';
import type { DeliveryRecord, LedgerLine, NewEntry } from '../records/index.ts';
import type { Delivery, Rollout } from '../rollout/index.ts';
import type { WithHistory } from './history.ts';
import type { Look } from './look.ts';
import { isNoticeEvent, noticesOf } from './notices.ts';
import { claimId, type PostTools, postOnce } from './post-once.ts';
import type { TurnOutcome } from './reconcile.ts';

export interface CardTools extends PostTools {
  /** What a person would see of this rollout now; undefined when it is gone or has no revision yet. */
  readonly look: (name: ObjectName, signal: AbortSignal) => Promise<Look | undefined>;
  /** What happened between the last look and this one: entries for the record, and what to remember as seen. */
  readonly derive: (
    record: DeliveryRecord,
    look: Look,
  ) => { readonly entries: readonly NewEntry[]; readonly seen: Readonly<Record<string, string>> };
  readonly deliver: (record: DeliveryRecord, look: Look) => Delivery;
  readonly withHistory: WithHistory;
  /** Looks whether a rollback is done; undefined where there is nothing to verify. */
  readonly verify: (
    record: DeliveryRecord,
    look: Look,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, string>>>;
  readonly channelOf: (rollout: Rollout) => string | undefined;
  /** Undefined: no Slack. The record is kept all the same. */
  readonly notifier: Notifier | undefined;
  /** By uid of the rollout the last revision whose end this process has seen written down. */
  readonly closed: Map<string, number>;
  readonly log: Logger;
}

/** Every change leads to a look. Beside that one is taken this often: what is verified at the end has no event of its own. */
const endingLookMs = 2000;
const movingLookMs = 15_000;

/**
 * One turn for the card of one rollout: writes down what happened since the last look, then tells what the record says should be told
 * and its ledger does not say was told. Level-based, so a kill, a doubled turn or a dead Slack loses nothing and doubles nothing.
 */
export async function takeCardTurn(name: ObjectName, tools: CardTools, signal: AbortSignal): Promise<TurnOutcome> {
  const look = await tools.look(name, signal);
  if (look === undefined || (look.revision === 0 && !isInvalid(look))) return {};
  try {
    // Written down before anything is told: a Slack that is down or slow must not cost a revision its record.
    const previous = await closePrevious(look, tools, signal);
    const record = await writeDown(look, tools, signal);
    const delivery = await tools.withHistory(tools.deliver(record, look), look, signal);
    const isNews = isToBeTold(record);
    // This revision first: a new card does not wait until everything of the last one was said.
    if (isNews) await tellAll(record, delivery, look, tools, signal);
    if (previous !== undefined) await tellPrevious(previous, look, tools, signal);
    if (isOver(record, delivery) || (!isNews && isEnding(delivery))) return {};
    return { wakeAfterMs: isEnding(delivery) ? endingLookMs : movingLookMs };
  } catch (error) {
    // Another replica wrote first, or the other side asks for patience: what remains to be told is still in the record.
    if (error instanceof ConflictError || error instanceof AlreadyExistsError) return { wakeAfterMs: 250 };
    if (error instanceof NotNowError) return { wakeAfterMs: error.retryAfterMs };
    throw error;
  }
}

/** The revision before this one, written down as overtaken when nobody wrote how it ended; undefined: all of it was told. */
async function closePrevious(look: Look, tools: CardTools, signal: AbortSignal): Promise<DeliveryRecord | undefined> {
  const { rollout } = look.world;
  const previous = look.revision - 1;
  if (previous < 0 || (tools.closed.get(rollout.metadata.uid) ?? -1) >= previous) return undefined;
  const found = await tools.records.find(rollout.metadata, previous, signal);
  const record = found ?? tools.records.empty(rollout, previous);
  const { entries, seen } = tools.derive(record, look);
  if (entries.length === 0 && !isToBeTold(record)) {
    close(look, tools);
    return undefined;
  }
  return tools.records.append(record, entries, seen, signal);
}

const mostClosed = 20_000;

function close({ world, revision }: Look, { closed }: CardTools): void {
  // It spares a look, no more: what is forgotten is looked at again.
  if (closed.size >= mostClosed) closed.clear();
  closed.set(world.rollout.metadata.uid, revision - 1);
}

/** Something happened to this revision while we looked. One that ended long before is remembered, and what people ask of it is no news. */
function isToBeTold({ entries, ledger }: DeliveryRecord): boolean {
  return ledger.card !== undefined || entries.some(({ event }) => isNoticeEvent(event));
}

/** Before its first revision a rollout has nothing to tell but that its spec is invalid. */
function isInvalid({ world }: Look): boolean {
  const { conditions = [] } = world.rollout.status;
  return conditions.some(({ type, status }) => type === 'InvalidSpec' && status === 'True');
}

async function tellPrevious(record: DeliveryRecord, look: Look, tools: CardTools, signal: AbortSignal): Promise<void> {
  // One that was live or rolled back keeps the card of its end; only what was not said yet is said.
  const keepsCard = record.entries.some(({ event }) => event === 'live' || event === 'rolledBack');
  await tellAll(record, tools.deliver(record, look), look, tools, signal, keepsCard);
  close(look, tools);
}

async function tellAll(
  record: DeliveryRecord,
  delivery: Delivery,
  look: Look,
  tools: CardTools,
  signal: AbortSignal,
  keepsCard = false,
): Promise<void> {
  const { notifier } = tools;
  const channel = tools.channelOf(look.world.rollout);
  if (notifier === undefined || channel === undefined) return;
  await tell({ record, delivery, channel, notifier, keepsCard }, tools, signal);
}

async function writeDown(look: Look, tools: CardTools, signal: AbortSignal): Promise<DeliveryRecord> {
  const record = await tools.records.open(look.world.rollout, look.revision, signal);
  const verified = await tools.verify(record, look, signal);
  const { entries, seen } = tools.derive({ ...record, seen: { ...record.seen, ...verified } }, look);
  return tools.records.append(record, entries, seen, signal);
}

/** In the ledger: this question was edited to say what was decided. */
const decidedDigest = 'decided';

interface Telling {
  readonly record: DeliveryRecord;
  readonly delivery: Delivery;
  readonly channel: string;
  readonly notifier: Notifier;
  /** The card that is there stays as it is. */
  readonly keepsCard: boolean;
}

/** The card first, because its place is the thread; then each notice that the ledger does not know, oldest first. */
async function tell(telling: Telling, tools: CardTools, signal: AbortSignal): Promise<void> {
  let { record } = telling;
  const { delivery, channel, notifier } = telling;
  const shown = record.ledger.card;
  const digest = notifier.digest(delivery);
  let card = placeOf(shown);
  if (card === undefined || (shown?.digest !== digest && !telling.keepsCard)) {
    const at = card;
    const thread = record.ledger.thread?.ts ?? at?.ts;
    const show = (mayBeThereSinceMs?: number) => {
      const where = { channel, at, thread, claim: claimId(record, 'card'), mayBeThereSinceMs };
      return notifier.showCard(delivery, where, signal);
    };
    let place: CardPlace;
    if (at === undefined) {
      ({ record, place } = await postOnce(record, 'card', { channel, digest, post: show }, tools, signal));
    } else {
      place = await show();
      record = await noteCard(record, place, digest, tools, signal);
    }
    // The first card opens the thread: it stays the thread even when the card has to move into it, unless somebody deleted it.
    if (record.ledger.thread === undefined || place.opensThread === true) {
      const { channel: itsChannel, ts } = place;
      record = await tools.records.setLedger(record, 'thread', { state: 'told', channel: itsChannel, ts }, signal);
    }
    card = place;
  }
  const thread = placeOf(record.ledger.thread) ?? card;
  const notices = noticesOf(record, delivery);
  for (const notice of notices) {
    if (record.ledger[notice.id]?.state === 'told') continue;
    record = await tellOne(record, notice, thread, { ...telling, record }, tools, signal);
  }
  // Last: a question that was answered asks nobody for attention.
  for (const notice of notices) {
    const at = placeOf(record.ledger[notice.id]);
    if (notice.decided === undefined || at === undefined || record.ledger[notice.id]?.digest === decidedDigest)
      continue;
    await notifier.tellDecided(delivery, notice, at, signal);
    const line = { state: 'told', ...at, digest: decidedDigest } as const;
    record = await tools.records.setLedger(record, notice.id, line, signal);
  }
}

async function noteCard(
  record: DeliveryRecord,
  { channel, ts, isLeft }: CardPlace,
  digest: string,
  tools: CardTools,
  signal: AbortSignal,
): Promise<DeliveryRecord> {
  if (isLeft === true) return record;
  return tools.records.setLedger(record, 'card', { state: 'told', channel, ts, digest }, signal);
}

async function tellOne(
  record: DeliveryRecord,
  notice: Notice,
  thread: MessagePlace,
  { delivery, notifier, channel }: Telling,
  tools: CardTools,
  signal: AbortSignal,
): Promise<DeliveryRecord> {
  const post = (mayBeThereSinceMs: number | undefined) =>
    notifier.tell(delivery, { ...notice, mayBeThereSinceMs }, thread, signal);
  const told = await postOnce(record, notice.id, { channel, post }, tools, signal);
  return told.record;
}

function placeOf(line: LedgerLine | undefined): MessagePlace | undefined {
  return line?.state === 'told' && line.ts !== undefined ? { channel: line.channel, ts: line.ts } : undefined;
}

/** Nothing more will happen to this revision by itself, and its end is written down. */
function isOver({ entries }: DeliveryRecord, { state }: Delivery): boolean {
  return endOf.some((end) => end.state === state && entries.some(({ event }) => event === end.event));
}

function isEnding({ state }: Delivery): boolean {
  return state === 'aborting' || endOf.some((end) => end.state === state);
}

const endOf: readonly { readonly state: Delivery['state']; readonly event: NoticeEvent }[] = [
  { state: 'live', event: 'live' },
  { state: 'rolledBack', event: 'rolledBack' },
  { state: 'notVerified', event: 'notVerified' },
  { state: 'superseded', event: 'superseded' },
];
