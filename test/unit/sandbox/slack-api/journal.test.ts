import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal } from '../../../../src/sandbox/slack-api/journal.ts';
import type { Recorded } from '../../../../src/sandbox/slack-api/workspace.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function aChange(kind: 'messagePosted' | 'messageUpdated', ts: string, text: string): Recorded {
  return { kind, channel: 'C1', message: { type: 'message', ts, user: 'U1', team: 'T1', text }, atMs: 1 };
}

test('a line cut in half by a kill is dropped, and the next one is whole', () => {
  const first = openJournal(folder);
  first.append(aChange('messagePosted', '1.0', 'grüße'));
  first.close();
  appendFileSync(join(folder, 'journal.jsonl'), '{"kind":"messagePos');
  const second = openJournal(folder);
  expect(second.past).toEqual([aChange('messagePosted', '1.0', 'grüße')]);
  second.append(aChange('messagePosted', '2.0', 'two'));
  second.close();
  expect(openJournal(folder).past).toHaveLength(2);
});

test('a long journal forgets the versions in between, never a message', () => {
  const long = 'x'.repeat(1_000_000);
  const journal = openJournal(folder);
  journal.append(aChange('messagePosted', '1.0', 'one'));
  for (let version = 0; version < 10; version += 1)
    journal.append(aChange('messageUpdated', '1.0', `${version} ${long}`));
  journal.append(aChange('messagePosted', '2.0', 'two'));
  journal.close();
  const again = openJournal(folder);
  again.close();
  expect(again.past.map((change) => change.kind)).toEqual(['messagePosted', 'messageUpdated', 'messagePosted']);
  expect(again.past[1]).toEqual(aChange('messageUpdated', '1.0', `9 ${long}`));
  expect(statSync(join(folder, 'journal.jsonl')).size).toBeLessThan(1_100_000);
  expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n')).toHaveLength(4);
});
