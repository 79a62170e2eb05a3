import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What `/metrics` says of ourselves. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const turns = new Histogram({
    name: 'stepwise_turn_seconds',
    help: 'How long turns take, by kind of key and result.',
    labelNames: ['kind', 'result'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const answers = new Counter({
    name: 'stepwise_kubernetes_answers_total',
    help: 'Answers of the API server, by method, kind and status code; 0 is no answer, and a watch counts when it opens.',
    labelNames: ['method', 'kind', 'code'],
    registers: [registry],
  });
  return {
    registry,
    onAnswer: ({ method, plural, statusCode }: { method: string; plural: string; statusCode: number }) =>
      answers.inc({ method, kind: plural, code: String(statusCode) }),
    observeTurn: (turn: { kind: string; seconds: number; result: string }) =>
      turns.observe({ kind: turn.kind, result: turn.result }, turn.seconds),
  };
}
