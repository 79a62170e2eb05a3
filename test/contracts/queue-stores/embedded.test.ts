import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { createEmbeddedStore } from '../../../src/queue-stores/index.ts';
import { createEmbeddedFolders, type EmbeddedFolders } from '../../support/embedded-folders.ts';
import { describeQueueStore } from './describe-queue-store.ts';

let folders: EmbeddedFolders;
beforeAll(async () => {
  folders = await createEmbeddedFolders();
});
afterAll(() => folders.remove());

describeQueueStore('embedded', async () =>
  createEmbeddedStore({ dataFolder: folders.next(), log: pino({ enabled: false }) }),
);
