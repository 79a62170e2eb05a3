/**
 * sandbox/prometheus-api: a Prometheus for the sandbox. It scrapes /metrics addresses into memory and answers the query
 * API with PromQL read by Prometheus' own grammar and evaluated by its rules. Knows nothing of what it measures.
 * Begin with prometheus-api.ts, then promql/evaluate.ts.
 */
export {
  createPrometheusApi,
  type PrometheusApi,
  type PrometheusApiOptions,
  type PrometheusFault,
} from './prometheus-api.ts';
export type { Target } from './scraper.ts';
