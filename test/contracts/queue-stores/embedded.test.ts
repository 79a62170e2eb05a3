import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { createEmbeddedStore } from '../../../src/queue-stores/index.ts';
import { describeQueueStore } from './describe-queue-store.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describeQueueStore('embedded', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'stepwise-embedded-'));
  folders.push(dataFolder);
  return createEmbeddedStore({ dataFolder, log: pino({ enabled: false }) });
});
