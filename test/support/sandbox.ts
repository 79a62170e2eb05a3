import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseOptions, type SandboxOptions } from '../../src/sandbox/options.ts';
import { type ServiceProcess, startServiceProcess } from '../../src/sandbox/service-process.ts';
import { type StandIns, startStandIns } from '../../src/sandbox/stand-ins.ts';

/** A whole world on free ports in a folder of its own, and as many service processes as a test wants. */
export interface TestSandbox {
  readonly standIns: StandIns;
  /** Starts one more replica, as a process of its own. */
  startService(environment?: Readonly<Record<string, string>>): ServiceProcess;
  /** Everything the replicas logged, as parsed lines. */
  logs(): readonly LogLine[];
  get<T>(schema: z.ZodType<T>, path: string): Promise<T>;
  /** GET, PATCH, … as the machine's admin; throws with the API's message on an error. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
  /** Waits until `look` returns something; throws with `what` and the last look after `timeoutMs`. */
  eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined, timeoutMs?: number): Promise<T>;
  stop(): Promise<void>;
}

const LogLine = z.looseObject({ level: z.number(), msg: z.string().default('') });
export type LogLine = z.infer<typeof LogLine>;

export async function startSandbox(
  options: Partial<SandboxOptions> & { readonly redisUrl?: string | undefined } = {},
): Promise<TestSandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwise-test-'));
  const standIns = await startStandIns(
    { ...parseOptions([]), port: 0, dataFolder: folder, ...options },
    { redisUrl: options.redisUrl, slackBotToken: undefined, slackAppToken: undefined, channels: undefined },
  );
  const services: ServiceProcess[] = [];
  const lines: LogLine[] = [];
  const url = standIns.kubeConfig.getCurrentCluster()?.server ?? '';

  async function request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  return {
    standIns,
    startService(environment = {}) {
      const service = startServiceProcess({
        environment: { ...standIns.environment, POD_NAME: `replica-${services.length + 1}`, ...environment },
        onState: () => undefined,
        onLog: (line) => {
          try {
            lines.push(LogLine.parse(JSON.parse(line)));
          } catch {
            lines.push({ level: 60, msg: line });
          }
        },
      });
      services.push(service);
      return service;
    },
    logs: () => lines,
    get: async (schema, path) => schema.parse(await request('GET', path)),
    request,
    async eventually(what, look, timeoutMs = 60_000) {
      const endAt = performance.now() + timeoutMs;
      let last: unknown;
      while (performance.now() < endAt) {
        try {
          const found = await look();
          if (found !== undefined) return found;
        } catch (error) {
          last = error;
        }
        await sleep(50);
      }
      const complaints = lines.filter(({ level }) => level >= 40).slice(-10);
      const logged = complaints.map((line) => `\n${JSON.stringify(line).slice(0, 400)}`).join('');
      throw new Error(`${what}: not within ${timeoutMs} ms; logged last:${logged}`, { cause: last });
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await standIns.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
