import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { MetricSeries } from '../rollout/index.ts';
import { checkFont, renderPng } from './render-png.ts';
import { renderSvg } from './render-svg.ts';

// The thread that draws: 30 to 60 ms of CPU for each picture, in which the service could not answer a click.

/** What the thread is asked; it comes from create-charts.ts alone. */
export interface DrawingOrder {
  readonly id: number;
  readonly series: MetricSeries;
  readonly title: string;
}

export type DrawingAnswer =
  | { readonly kind: 'drawn'; readonly id: number; readonly png: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown };

yieldToTurns();
checkFont();
parentPort?.on('message', ({ id, series, title }: DrawingOrder) => {
  parentPort?.postMessage(draw(id, series, title));
});

/** On Linux this is the priority of the calling thread alone: where cores are short, a picture waits for turns, never a turn for a picture. */
function yieldToTurns(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, 10);
  } catch {
    // A sandbox that forbids it: pictures are then drawn at the service's own priority.
  }
}

function draw(id: number, series: MetricSeries, title: string): DrawingAnswer {
  try {
    return { kind: 'drawn', id, png: renderPng(renderSvg(series, title)) };
  } catch (error) {
    return { kind: 'failed', id, error };
  }
}
