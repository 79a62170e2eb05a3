import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../../lib/index.ts';
import { isObject, isStored, numberAt, objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';

/** One line of the journal. */
export type JournalEntry =
  | { readonly collection: string; readonly put: StoredObject }
  | {
      readonly collection: string;
      readonly remove: { readonly namespace: string; readonly name: string; readonly resourceVersion: number };
    };

/** Everything needed to be here again after SIGKILL: what was written is in the kernel's hands before the write is answered. */
export interface Journal {
  /** As found at opening. */
  readonly resourceVersion: number;
  readonly objects: ReadonlyMap<string, readonly StoredObject[]>;
  append(entry: JournalEntry): void;
  isLong(): boolean;
  compact(resourceVersion: number, everything: () => Iterable<readonly [string, StoredObject]>): void;
  close(): void;
}

const longBytes = 32_000_000;

/** Opens `snapshot.jsonl` and `journal.jsonl` of a folder. A last line cut short by a kill is dropped, and cut from the file. */
export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true });
  const snapshotFile = join(folder, 'snapshot.jsonl');
  const journalFile = join(folder, 'journal.jsonl');
  const state = { resourceVersion: 0, objects: new Map<string, Map<string, StoredObject>>() };
  for (const line of readLines(snapshotFile)) replay(line, state, 0);
  const snapshotVersion = state.resourceVersion;
  for (const line of readLines(journalFile)) replay(line, state, snapshotVersion);
  let file = openSync(journalFile, 'a');
  let sizeBytes = 0;
  return {
    resourceVersion: state.resourceVersion,
    objects: new Map([...state.objects].map(([collection, objects]) => [collection, [...objects.values()]])),
    append(entry) {
      sizeBytes += writeSync(file, `${JSON.stringify(entry)}\n`);
    },
    isLong: () => sizeBytes > longBytes,
    compact(resourceVersion, everything) {
      writeSnapshot(snapshotFile, resourceVersion, everything());
      // A kill right here leaves old lines in the journal: they are at or below the snapshot's resourceVersion, and are skipped.
      closeSync(file);
      file = openSync(journalFile, 'w');
      sizeBytes = 0;
    },
    close: () => closeSync(file),
  };
}

function writeSnapshot(
  snapshotFile: string,
  resourceVersion: number,
  everything: Iterable<readonly [string, StoredObject]>,
): void {
  const draft = openSync(`${snapshotFile}.draft`, 'w');
  let lines = [JSON.stringify({ resourceVersion })];
  for (const [collection, put] of everything) {
    lines.push(JSON.stringify({ collection, put }));
    if (lines.length < 500) continue;
    writeSync(draft, `${lines.join('\n')}\n`);
    lines = [];
  }
  writeSync(draft, `${lines.join('\n')}\n`);
  fsyncSync(draft);
  closeSync(draft);
  renameSync(`${snapshotFile}.draft`, snapshotFile);
}

function readLines(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length) truncateSync(file, end);
  return bytes
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function replay(
  line: string,
  state: { resourceVersion: number; objects: Map<string, Map<string, StoredObject>> },
  skipUpTo: number,
): void {
  const entry = parseEntry(JSON.parse(line));
  if (typeof entry === 'number') {
    state.resourceVersion = entry;
    return;
  }
  const version = 'put' in entry ? Number(entry.put.metadata.resourceVersion) : entry.remove.resourceVersion;
  if (skipUpTo > 0 && version <= skipUpTo) return;
  const objects = state.objects.get(entry.collection) ?? new Map<string, StoredObject>();
  state.objects.set(entry.collection, objects);
  if ('put' in entry) objects.set(`${entry.put.metadata.namespace ?? ''}/${entry.put.metadata.name}`, entry.put);
  else objects.delete(`${entry.remove.namespace}/${entry.remove.name}`);
  state.resourceVersion = Math.max(state.resourceVersion, version);
}

/** A whole line that is none of ours is a broken file, not a torn write: better not to start than to forget. */
function parseEntry(line: Json): JournalEntry | number {
  if (!isObject(line))
    throw new Error(`the journal holds a line that is no entry: ${JSON.stringify(line).slice(0, 80)}`);
  const { collection, put, remove, resourceVersion } = line;
  if (typeof resourceVersion === 'number') return resourceVersion;
  if (typeof collection === 'string' && isStored(put)) return { collection, put };
  if (typeof collection === 'string' && isObject(remove)) {
    const version = numberAt(objectAt(line, 'remove'), 'resourceVersion') ?? 0;
    const named = { namespace: textAt(remove, 'namespace'), name: textAt(remove, 'name') };
    return { collection, remove: { ...named, resourceVersion: version } };
  }
  throw new Error(`the journal holds a line that is no entry: ${JSON.stringify(line).slice(0, 80)}`);
}
