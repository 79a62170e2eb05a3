import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorded } from './workspace.ts';

export interface Journal {
  read(): readonly Recorded[];
  append(change: Recorded): void;
  close(): void;
}

/**
 * One JSON line per change, appended synchronously before anybody hears of it: after a SIGKILL nothing is missing that
 * was ever answered. A last line cut in half is dropped.
 */
export function openJournal(folder: string | undefined): Journal {
  if (folder === undefined) return { read: () => [], append: () => {}, close: () => {} };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'journal.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const file = openSync(path, 'a');
  // Danger: without the cut, the next line would be glued to the torn one, and both would be lost.
  if (whole.length < text.length) ftruncateSync(file, Buffer.byteLength(whole));
  return {
    read: () =>
      whole
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Recorded => JSON.parse(line)),
    append: (change) => void writeSync(file, `${JSON.stringify(change)}\n`),
    close: () => closeSync(file),
  };
}
