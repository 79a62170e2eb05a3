/**
 * charts: numbers to SVG to PNG, in a worker thread. Never fetches numbers.
 */
export type { Chart, Charts } from './chart.ts';
