import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { z } from 'zod';
import type { EngineAnswer } from './embedded-engine.ts';

// The thread of the embedded store: Postgres runs here synchronously, so that the service's own event loop does not (measured: delay
// p99 162 ms on the main thread, 7 ms from here). One question at a time comes in; answers and notifications go out.

const Question = z.object({ id: z.number(), text: z.string(), parameters: z.array(z.unknown()).optional() });
/** int8 as text, as node-postgres gives it: BullMQ expects that. */
const PARSERS = { parsers: { 20: (value: string) => value } };

function send(answer: EngineAnswer): void {
  parentPort?.postMessage(answer);
}

/**
 * Compiles Postgres with the simple compiler only. The optimizing one takes half a gigabyte and two seconds of CPU for it at the first
 * start, to make a turn a fifth cheaper. V8 has this for the whole process, so it is taken back for all other modules.
 */
async function openSimply(folder: string): Promise<PGlite> {
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
  try {
    return await open(folder);
  } finally {
    setFlagsFromString('--wasm-dynamic-tiering');
    setFlagsFromString('--wasm-tier-up');
  }
}

async function open(folder: string): Promise<PGlite> {
  // What the queue holds may be lost at any time, so nothing waits for the disk.
  const options = { relaxedDurability: true, dataDir: folder };
  try {
    return await PGlite.create(options);
  } catch (error) {
    // A folder of another version, or torn by a crash. It holds nothing that the cluster does not know.
    send({ kind: 'discarded', why: String(error) });
    await rm(folder, { recursive: true, force: true });
    return await PGlite.create(options);
  }
}

const { folder } = z.object({ folder: z.string() }).parse(workerData);
const database = await openSimply(folder);
database.onNotification((channel, payload) => send({ kind: 'notification', channel, payload }));
parentPort?.on('message', (message: unknown) => void answer(message));
send({ kind: 'opened' });

async function answer(message: unknown): Promise<void> {
  if (message === 'ping') return send({ kind: 'pong' });
  if (message === 'close') {
    await database.close().catch(() => undefined);
    return send({ kind: 'closed' });
  }
  const { id, text, parameters } = Question.parse(message);
  try {
    const { rows, affectedRows } = await ask(text, parameters);
    send({ kind: 'rows', id, rows, rowCount: affectedRows ?? rows.length });
  } catch (error) {
    // A trap or an overflow inside WebAssembly leaves Postgres torn: it answers nothing sensible any more. End; the store opens another.
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) throw error;
    send({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) });
  }
}

async function ask(text: string, parameters: readonly unknown[] | undefined) {
  if (parameters !== undefined && parameters.length > 0) return await database.query(text, [...parameters], PARSERS);
  // Migrations are many statements in one text, which only `exec` takes.
  const results = await database.exec(text, PARSERS);
  return results.at(-1) ?? { rows: [], affectedRows: 0 };
}
