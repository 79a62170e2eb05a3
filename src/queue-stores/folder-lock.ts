import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { TerminalError } from '../lib/index.ts';

/** Who holds the folder. `startedAt` tells a process from a later one with its pid (in a container it is 1 each time). */
const Holder = z.object({ pid: z.number(), startedAt: z.string(), host: z.string(), id: z.string() });
type Holder = z.infer<typeof Holder>;

const TOUCH_MS = 2_000;
const FRESH_MS = 10_000;

/**
 * Takes the folder for this process alone, or throws a TerminalError that names who has it: two processes on one database both run
 * and both write, without an error, until it is torn. Returns the function that gives it back.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  const own: Holder = {
    pid: process.pid,
    startedAt: readStartOf(process.pid) ?? '',
    host: hostname(),
    id: randomUUID(),
  };
  const other = readHolder(file);
  if (other !== undefined && isAlive(other, file)) {
    throw new TerminalError(`already running, pid ${other.pid} on ${other.host} uses the folder ${folder}`);
  }
  if (other !== undefined) rmSync(file, { force: true });
  writeLock(file, own);
  // Two that found the same dead holder may have passed each other: the last writer has it, the other one goes.
  if (other !== undefined) await sleep(100);
  const holder = readHolder(file);
  if (holder?.id !== own.id) throw new TerminalError(`already running, pid ${holder?.pid} uses the folder ${folder}`);
  const touching = setInterval(() => touch(file), TOUCH_MS).unref();
  return () => {
    clearInterval(touching);
    if (readHolder(file)?.id === own.id) rmSync(file, { force: true });
  };
}

function writeLock(file: string, own: Holder): void {
  try {
    writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
  } catch (error) {
    // Someone was quicker; the caller reads who.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder, file: string): boolean {
  // Its pid means nothing on another machine or in another container: there the file's age tells.
  if (holder.host !== hostname()) return Date.now() - statSync(file).mtimeMs < FRESH_MS;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const startedAt = readStartOf(holder.pid);
  return startedAt === undefined ? holder.pid !== process.pid : startedAt === holder.startedAt;
}

/** When a process started, in ticks since the machine did (Linux); undefined where the system does not say. */
function readStartOf(pid: number): string | undefined {
  try {
    // The command in parentheses may hold spaces: the fields are counted from behind it. Field 22 is the start.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined;
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The folder was removed under us; the database says so louder.
  }
}
