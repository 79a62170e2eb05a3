import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createEmbeddedStore } from '../../src/queue-stores/index.ts';

/** Data folders for embedded stores. Making a database takes seconds, copying one does not. */
export interface EmbeddedFolders {
  /** A folder of its own in which a store was opened and closed once. */
  next(): string;
  remove(): void;
}

/** Makes the first folder. */
export async function createEmbeddedFolders(): Promise<EmbeddedFolders> {
  const root = mkdtempSync(join(tmpdir(), 'stepwise-embedded-'));
  const template = join(root, 'template');
  const store = createEmbeddedStore({ dataFolder: template, log: pino({ enabled: false }) });
  await store.start(async () => undefined);
  await store.stop();
  let count = 0;
  return {
    next() {
      const folder = join(root, `${count++}`);
      cpSync(template, folder, { recursive: true });
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
