import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of our own, on a unix socket in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  /** Starts it again, empty, after it was killed. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Says loudly what is left out where Debian's `redis-server` is not installed. One file says it for all. */
export function sayWithoutRedis(): void {
  if (hasRedisServer()) return;
  process.stderr.write('\nLEFT OUT: no redis-server on the PATH, so nothing was tried on a real Redis.\n\n');
}

/** Starts a Redis and waits until it answers. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwise-redis-'));
  const socket = join(folder, 'redis.sock');
  let child = await spawnRedis(folder, socket);

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  return {
    url: socket,
    get pid() {
      return child.pid ?? 0;
    },
    async restart() {
      await kill();
      child = await spawnRedis(folder, socket);
    },
    kill,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function spawnRedis(folder: string, socket: string): Promise<ChildProcess> {
  rmSync(socket, { force: true });
  const settings = ['--port', '0', '--unixsocket', socket, '--save', '', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
  const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
  return child;
}
