import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createCharts } from '../../../src/charts/index.ts';
import { aFailingSeries } from '../../support/a-metric-series.ts';
import { against, round, spreadOf } from '../statistics.ts';

/** Pictures one after the other, as rollbacks ask for them; and what the main thread feels of them. */
export async function measureCharts(pictures: number) {
  const charts = createCharts();
  const series = aFailingSeries();
  const tookMs: number[] = [];
  try {
    await charts.draw(series, 'the first one starts the thread');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    for (let picture = 0; picture < pictures; picture++) {
      const startedAtMs = performance.now();
      await charts.draw(series, `checkout 3.0.${picture} · success-rate`);
      tookMs.push(performance.now() - startedAtMs);
    }
    delay.disable();
    const ms = spreadOf(tookMs);
    return {
      ...against(ms.p50, 60),
      how: `median of ${pictures} pictures, asked → PNG, thread warm`,
      ms,
      mainThreadDelayMs: { p99: round(delay.percentile(99) / 1e6), max: round(delay.max / 1e6) },
    };
  } finally {
    await charts.stop();
  }
}
