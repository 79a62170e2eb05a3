import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorded } from './workspace.ts';

export interface Journal {
  /** What earlier lives recorded, oldest first. */
  readonly past: readonly Recorded[];
  append(change: Recorded): void;
  close(): void;
}

/** A journal longer than this loses the versions of messages that were edited since. */
const longBytes = 8_000_000;

/**
 * One JSON line per change, appended synchronously before anybody hears of it: after a SIGKILL nothing is missing that
 * was ever answered. A last line cut in half is dropped.
 */
export function openJournal(folder: string | undefined): Journal {
  if (folder === undefined) return { past: [], append: () => {}, close: () => {} };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'journal.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Danger: with the torn line left in, the next one would be glued to it, and both would be lost.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const all = whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Recorded => JSON.parse(line));
  const past = whole.length > longBytes ? dropSuperseded(all) : all;
  if (past !== all || whole.length < text.length) replace(path, past);
  const file = openSync(path, 'a');
  return {
    past,
    append: (change) => void writeSync(file, `${JSON.stringify(change)}\n`),
    close: () => closeSync(file),
  };
}

function dropSuperseded(all: readonly Recorded[]): Recorded[] {
  const last = new Map<string, Recorded>();
  for (const change of all) {
    if (change.kind === 'messageUpdated') last.set(`${change.channel} ${change.message.ts}`, change);
  }
  return all.filter((change) => {
    return change.kind !== 'messageUpdated' || last.get(`${change.channel} ${change.message.ts}`) === change;
  });
}

/** By a file beside it: a kill in the middle leaves the old journal whole. */
function replace(path: string, changes: readonly Recorded[]): void {
  const beside = `${path}.next`;
  const file = openSync(beside, 'w');
  writeSync(file, changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
  fsyncSync(file);
  closeSync(file);
  renameSync(beside, path);
}
