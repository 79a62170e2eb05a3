/**
 * charts: numbers to SVG to PNG, in a worker thread. Never fetches numbers. Begin reading at create-charts.ts, then render-svg.ts.
 */
export type { Chart, Charts } from './chart.ts';
export { type ChartsSettings, createCharts } from './create-charts.ts';
