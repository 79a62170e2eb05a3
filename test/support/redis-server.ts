import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { z } from 'zod';

/** A Redis of our own: on a unix socket in a folder of its own, or on a free port, for who needs an address. */
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
export async function startRedisServer(where: 'socket' | 'port' = 'socket'): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwise-redis-'));
  const port = where === 'port' ? await findFreePort() : 0;
  const url = port === 0 ? join(folder, 'redis.sock') : `redis://127.0.0.1:${port}`;
  let child = await spawnRedis(folder, url, port);

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    async restart() {
      await kill();
      child = await spawnRedis(folder, url, port);
    },
    kill,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function spawnRedis(folder: string, url: string, port: number): Promise<ChildProcess> {
  const socket = join(folder, 'redis.sock');
  rmSync(socket, { force: true });
  const where = port === 0 ? ['--port', '0', '--unixsocket', socket] : ['--port', `${port}`, '--bind', '127.0.0.1'];
  const settings = [...where, '--save', '', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
  return child;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}
