import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/queue-stores/embedded-engine.ts';
import { createEmbeddedStore, type TurnKey } from '../../../src/queue-stores/index.ts';
import { createEmbeddedFolders, type EmbeddedFolders } from '../../support/embedded-folders.ts';

const log = pino({ enabled: false });
const key = (name: string): TurnKey => ({ kind: 'rollout', namespace: 'shop', name });
let folders: EmbeddedFolders;
let dataFolder: string;
beforeAll(async () => {
  folders = await createEmbeddedFolders();
});
beforeEach(() => {
  dataFolder = folders.next();
});
afterAll(() => folders.remove());

test('a store that is stopped while it opens has closed its database when it has stopped', async () => {
  const store = createEmbeddedStore({ dataFolder, log });
  const starting = store.start(async () => undefined);
  await store.stop();
  await starting;
  const next = createEmbeddedStore({ dataFolder, log });
  await next.start(async () => undefined);
  expect(await next.counts()).toEqual({ waiting: 0, planned: 0, active: 0 });
  await next.stop();
});

test('a second process on the same folder is refused by name; after a kill the folder opens again, empty', async () => {
  const child = await startHolder(dataFolder);
  const second = createEmbeddedStore({ dataFolder, log });
  await expect(second.start(async () => undefined)).rejects.toThrow(`already running, pid ${child.pid}`);

  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const third = createEmbeddedStore({ dataFolder, log });
  const began: string[] = [];
  await third.start(async (one) => {
    began.push(one.name);
  });
  expect(await third.counts()).toEqual({ waiting: 0, planned: 0, active: 0 });
  await third.nudge(key('a'));
  await until(() => began.includes('a'));
  await third.stop();
});

test('a folder that cannot be read is emptied: it holds nothing that the cluster does not know', async () => {
  writeFileSync(join(dataFolder, 'queue/postgres/PG_VERSION'), 'torn');
  const store = createEmbeddedStore({ dataFolder, log });
  const began: string[] = [];
  await store.start(async (one) => {
    began.push(one.name);
  });
  await store.nudge(key('a'));
  await until(() => began.includes('a'));
  await store.stop();
});

test('when its thread ends, it is opened again, tells the loss, and goes on', async () => {
  const engines: { engine: Engine; onEnd: (error: Error) => void }[] = [];
  const store = createEmbeddedStore({
    dataFolder,
    log,
    openEngine: async (settings) => {
      const engine = await openEngine(settings);
      engines.push({ engine, onEnd: settings.onEnd });
      return engine;
    },
  });
  const began: string[] = [];
  const losses: string[] = [];
  store.onLoss((why) => losses.push(why));
  await store.start(async (one) => {
    began.push(one.name);
  });
  await store.nudge(key('before'));
  await until(() => began.includes('before'));
  await engines[0]?.engine.close();
  engines[0]?.onEnd(new Error('ended by a test'));
  expect(store.isHealthy()).toBe(false);
  await until(() => losses.length > 0);
  await store.nudge(key('after'));
  await until(() => began.includes('after') && store.isHealthy());
  await store.wake(key('later'), 250);
  await until(() => began.includes('later'));
  await store.stop();
});

/** A process that holds the folder, with one wake planned. */
async function startHolder(folder: string): Promise<ChildProcess> {
  const script = new URL('../../support/embedded-holder.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
