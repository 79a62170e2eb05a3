import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ServiceProcess {
  /** SIGKILL, as a machine would die; it is started again after `restartAfterMs`. */
  kill(restartAfterMs: number): void;
  /** SIGTERM and wait; SIGKILL after 10 s. */
  stop(): Promise<void>;
  /** Undefined while it is dead. */
  pid(): number | undefined;
  /** Resolves when it ended with exit code 2, and stays so: only a person can put right what it has just said. */
  readonly gaveUp: Promise<void>;
}

export interface ServiceProcessOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** One line per change of state, for the page and the terminal. */
  readonly onState: (state: {
    readonly isAlive: boolean;
    readonly pid: number | undefined;
    readonly why: string;
  }) => void;
  /** Lines that the service logs. */
  readonly onLog: (line: string) => void;
}

/** As the image starts it. */
export const heapFlags = ['--max-semi-space-size=16', '--heap-growing-percent=50'];

const entry = fileURLToPath(new URL('service-entry.ts', import.meta.url));

const gaveUpCode = 2;

/** Runs Stepwise as a process of its own, so that it can be killed like one. A crash by itself is restarted after a second. */
export function startServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  let child: ChildProcess | undefined;
  let isStopping = false;
  let restartAfterMs = 1000;
  let timer: NodeJS.Timeout | undefined;
  const gaveUp = Promise.withResolvers<void>();

  function start(): void {
    const started = spawn(process.execPath, [...heapFlags, entry], {
      env: { ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) forwardLines(stream, options.onLog);
    options.onState({ isAlive: true, pid: started.pid, why: 'started' });
    started.once('exit', (code, signal) => {
      child = undefined;
      options.onState({ isAlive: false, pid: started.pid, why: signal ?? `exit code ${code}` });
      if (isStopping) return;
      if (code === gaveUpCode) return gaveUp.resolve();
      timer = setTimeout(start, restartAfterMs);
      restartAfterMs = 1000;
    });
  }
  start();

  return {
    kill(afterMs) {
      restartAfterMs = afterMs;
      child?.kill('SIGKILL');
    },
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return;
      const exited = once(running, 'exit');
      running.kill('SIGTERM');
      const lastResort = setTimeout(() => running.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(lastResort);
    },
    pid: () => child?.pid,
    gaveUp: gaveUp.promise,
  };
}

function forwardLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
