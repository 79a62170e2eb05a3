import { Worker } from 'node:worker_threads';
import type { MetricSeries } from '../rollout/index.ts';
import type { Chart, Charts } from './chart.ts';
import { chartSize, zoom } from './chart-size.ts';
import type { DrawingAnswer, DrawingOrder } from './chart-thread.ts';
import { altTextOf } from './chart-words.ts';

export interface ChartsSettings {
  /** How long one picture may take, waiting included; default 10 s. */
  readonly timeoutMs?: number;
  /** The thread holds about 100 MB: it ends when nobody wanted a picture for so long. Default 60 s. */
  readonly idleMs?: number;
}

interface Drawing {
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Creates the drawer of charts. Its thread starts with the first picture, and again after it ended. */
export function createCharts(settings: ChartsSettings = {}): Charts {
  const { timeoutMs = 10_000, idleMs = 60_000 } = settings;
  const drawings = new Map<number, Drawing>();
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isStopped = false;
  let lastId = 0;

  function startThread(): Worker {
    const started = new Worker(new URL('./chart-thread.ts', import.meta.url), { execArgv: [] });
    started.on('message', answer);
    started.on('error', (error) =>
      lose(started, new Error(`charts cannot be drawn: ${error.message}`, { cause: error })),
    );
    started.on('exit', () => lose(started, new Error('the thread that draws charts ended')));
    // Nobody waits for a picture to stop.
    started.unref();
    return started;
  }

  function answer(message: DrawingAnswer): void {
    const drawing = take(message.id);
    if (drawing === undefined) return;
    if (message.kind === 'drawn') drawing.resolve(message.png);
    else drawing.reject(new Error('the chart could not be drawn', { cause: message.error }));
  }

  function take(id: number): Drawing | undefined {
    const drawing = drawings.get(id);
    drawings.delete(id);
    clearTimeout(drawing?.timer);
    if (drawings.size === 0 && !isStopped) idle = setTimeout(() => void endThread(), idleMs).unref();
    return drawing;
  }

  function lose(ended: Worker, error: Error): void {
    if (thread !== ended) return;
    thread = undefined;
    for (const id of [...drawings.keys()]) take(id)?.reject(error);
  }

  async function endThread(): Promise<void> {
    const ending = thread;
    thread = undefined;
    clearTimeout(idle);
    await ending?.terminate();
  }

  async function drawPng(series: MetricSeries, title: string): Promise<Uint8Array> {
    if (isStopped) throw new Error('charts are stopped');
    clearTimeout(idle);
    thread ??= startThread();
    const order: DrawingOrder = { id: ++lastId, series, title };
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const timer = setTimeout(() => {
      take(order.id)?.reject(new Error(`the chart was not drawn within ${timeoutMs} ms`));
      // It hangs: the next picture gets a new one.
      const hung = thread;
      if (hung === undefined) return;
      lose(hung, new Error('the thread that draws charts hung'));
      void hung.terminate();
    }, timeoutMs);
    drawings.set(order.id, { resolve, reject, timer });
    thread.postMessage(order);
    return await promise;
  }

  return {
    async draw(series, title): Promise<Chart> {
      const png = await drawPng(series, title);
      const { widthPx, heightPx } = chartSize;
      return { png, widthPx: widthPx * zoom, heightPx: heightPx * zoom, altText: altTextOf(series, title) };
    },
    async stop() {
      isStopped = true;
      const error = new Error('charts are stopped');
      for (const id of [...drawings.keys()]) take(id)?.reject(error);
      await endThread();
    },
  };
}
