import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ServiceProcess } from '../../src/sandbox/service-process.ts';
import { round } from './statistics.ts';

/**
 * What stood between the replicas and their two cores: the stand-ins and the load, which share the bench process, and whatever else
 * ran on the machine. A main thread that waits for a core as long as it runs on one is twice as late as it would be alone.
 */
export function watchContention(replicas: readonly ServiceProcess[]) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startedAtMs = performance.now();
  const pids = replicas.map((replica) => replica.pid()).filter((pid) => pid !== undefined);
  const before = new Map([process.pid, ...pids].map((pid) => [pid, readSchedule(pid)]));
  const ofMainThread = (pid: number) => {
    const [then, now] = [before.get(pid), readSchedule(pid)];
    if (then === undefined || now === undefined) return undefined;
    return { ranMs: Math.round(now.ranMs - then.ranMs), waitedForACoreMs: Math.round(now.waitedMs - then.waitedMs) };
  };
  return {
    stop() {
      delay.disable();
      const { user, system } = process.cpuUsage(cpu);
      return {
        note: 'API server, pods, proxy, Prometheus, Slack and the load run in the bench process and share the cores with the replicas',
        benchShareOfOneCore: round((user + system) / 1000 / (performance.now() - startedAtMs)),
        benchEventLoopDelayMs: { p50: round(delay.percentile(50) / 1e6), p99: round(delay.percentile(99) / 1e6) },
        benchMainThread: ofMainThread(process.pid),
        replicaMainThreads: pids.map(ofMainThread),
        loadAverage: loadavg().map(round),
      };
    },
  };
}

/** Linux only: nanoseconds on a core, and nanoseconds ready but without one. */
function readSchedule(pid: number): { readonly ranMs: number; readonly waitedMs: number } | undefined {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
  } catch {
    return undefined;
  }
}
